"""What may be sent to the e-mail endpoints, member by member (angus.md 3.1); the OpenAPI page is made of it. Pure."""

from typing import Any

from rest_framework import serializers

from notifications.facades.angus import fields, mail_fields
from notifications.suppression import MAX_CATEGORY
from notifications.unsubscribe_words import WORDS, find_language

_MAX_RECIPIENTS = 500
MAX_FILES = 10
MAX_FILE_NAME = 200
RECEIVER_KINDS = ("TENANT", "DEPT", "GROUP", "USER", "POLICY", "TO_POLICY", "ALL")


class AttachmentBody(fields.Members):
    """A file that travels with the mail."""

    name = fields.Text(
        required=True, allow_null=False, max_length=MAX_FILE_NAME, help_text="File name, shown to the recipient."
    )
    content = fields.LongText(help_text="The bytes of the file in base64.")
    contentType = fields.Text(max_length=127, help_text="Media type; application/octet-stream when absent.")
    contentId = fields.Text(max_length=120, help_text="Content-ID without angle brackets, for images inside HTML.")
    url = fields.Text(
        max_length=800,
        help_text="Instead of `content`: a public https address, from which the file is fetched at once.",
    )


class FooterLanguage(fields.Text):
    default_error_messages = {"language": "One of these is expected: {known}."}

    def to_internal_value(self, data: Any) -> str:
        language = find_language(super().to_internal_value(data))
        if language is None:
            self.fail("language", known=", ".join(WORDS))
        return language


class UnsubscribeBody(fields.Members):
    """How recipients leave this kind of mail."""

    footerLanguage = FooterLanguage(
        max_length=20,
        allow_blank=False,
        help_text=f"Of the sentence below the mail: {', '.join(WORDS)}. Absent: no sentence, headers only.",
    )


class SendBody(fields.Members):
    """One call: a mail by template or with content of your own, to up to 500 addresses or people of your directory."""

    outId = fields.Text(
        max_length=80, help_text="Your own id of this call, by which lists find it. Need not be unique."
    )
    bizKey = fields.BizKey(
        help_text="What the mail is for: a key such as SIGNUP, or one of your own. Chooses the template of TEMPLATE "
        "mails, labels CUSTOM ones."
    )
    language = fields.Language(
        help_text="Language of the template: zh_CN, en, or another one that it is written in. Absent: the language of "
        "the request (`lang`, cookies, X-Lang, Accept-Language), then the tenant's."
    )
    type = fields.Choice(choices=["TEMPLATE", "CUSTOM"], required=True, help_text="By template, or your own content.")
    subject = fields.Text(max_length=200, help_text="Required for CUSTOM; replaces the template's subject otherwise.")
    fromAddress = fields.Text(max_length=100, help_text="Sender, if the tenant may use it. Absent: the server's own.")
    toAddress = mail_fields.AddressSet(limit=_MAX_RECIPIENTS, help_text="Recipients. Repeated ones get one mail.")
    ccAddress = mail_fields.AddressSet(limit=_MAX_RECIPIENTS, help_text="Copied on every message of the call.")
    verificationCode = fields.Flag(required=True, help_text="Send each recipient a six-digit code of its own.")
    verificationCodeValidSecond = fields.Whole(max_value=86_400, help_text="How long the code lives, in seconds.")
    sendTenantId = fields.Whole(help_text="Checked on /innerapi; elsewhere the API key's tenant stands.")
    sendUserId = fields.Whole(help_text="Recorded on /innerapi; elsewhere the API key's user stands.")
    html = fields.Flag(required=True, help_text="Is `content` HTML? Templates always are.")
    content = fields.LongText(max_length=200_000, help_text="Body of a CUSTOM mail.")
    templateParams = mail_fields.Variables(
        limit=_MAX_RECIPIENTS,
        help_text="Template variables: {recipient: {name: value}}. A single entry is for all recipients.",
    )
    attachments = fields.Objects(
        child=AttachmentBody(), limit=MAX_FILES, help_text="Files that travel with every message."
    )
    expectedSendDate = fields.LocalTime(help_text="Not before this time, yyyy-MM-dd HH:mm:ss. Past or absent: at once.")
    urgent = fields.Flag(help_text="Leaves before everything that is not. Absent: false.")
    receiveObjectType = fields.LenientChoice(
        choices=RECEIVER_KINDS,
        **fields.OPTIONAL,
        help_text="Without `toAddress`: active contacts of your own directory. ALL and TENANT: everybody. DEPT, GROUP, "
        "USER: those of `receiveObjectIds`. POLICY, TO_POLICY: those of `receivePolicyCodes`. Any other value is none.",
    )
    receiveObjectIds = serializers.ListField(
        child=fields.Whole(),
        max_length=_MAX_RECIPIENTS,
        **fields.OPTIONAL,
        help_text="Numbers of departments, groups or users. One that your directory does not have refuses the call.",
    )
    receivePolicyCodes = serializers.ListField(
        child=fields.Text(max_length=80),
        max_length=_MAX_RECIPIENTS,
        **fields.OPTIONAL,
        help_text="Whoever has one of these policies.",
    )
    batch = fields.Flag(
        help_text="CUSTOM: one message with everybody in To, 500 at most each. False: one message per recipient, as "
        "always for ALL. Absent: true."
    )
    category = fields.Text(
        max_length=MAX_CATEGORY,
        help_text="What kind of mail it is, where people can leave one kind and keep another, for example newsletter. "
        "Absent: transactional, which only a suppression of the address as a whole stops.",
    )
    unsubscribe = UnsubscribeBody(
        **fields.OPTIONAL,
        help_text="Every recipient gets a mail of its own, with a link to leave the category (newsletter where none is "
        "named): as List-Unsubscribe in one click, and below the mail.",
    )
    cancelKey = fields.Text(
        max_length=80, help_text="Your own key, shared by any number of calls, to cancel what still waits of them."
    )
    expireDate = fields.LocalTime(
        help_text="Not after this time: what has not left by then ends as FAILURE. Absent: retries decide."
    )
