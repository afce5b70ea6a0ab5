"""What may be sent to the SMS endpoints, member by member (angus.md 13); the OpenAPI page is made of it. Pure."""

from rest_framework import serializers

from notifications.facades.angus import fields, sms_fields
from notifications.facades.angus.bodies import RECEIVER_KINDS

_MAX_RECIPIENTS = 500
#: AngusGM's own check endpoint takes no longer ones.
MAX_CODE = 6


class SmsBody(fields.Members):
    """One call: an SMS by template to up to 500 numbers, each a message of its own."""

    outId = fields.Text(
        max_length=80, help_text="Your own id of this call, by which lists find it. Need not be unique."
    )
    bizKey = fields.BizKey(
        **fields.REQUIRED,
        help_text="What the SMS is for: a key such as SIGNIN, or one of your own. Chooses the template.",
    )
    language = fields.Language(
        help_text="Language of the template. Absent: the language of the request, then the tenant's."
    )
    mobiles = sms_fields.PhoneSet(
        limit=_MAX_RECIPIENTS, help_text="Recipients. Write numbers of other countries than our own with a plus."
    )
    verificationCode = fields.Flag(required=True, help_text="Send a verification code, the same to all numbers.")
    verificationCodeValidSecond = fields.Whole(max_value=1_440, help_text="How long the code lives, in seconds.")
    templateParams = sms_fields.FlatVariables(
        limit=50,
        help_text="Template variables: {name: value}. With a code, `verificationCode` may bring your own, of 4 to 6 "
        "letters or digits.",
    )
    expectedSendDate = fields.LocalTime(help_text="Not before this time, yyyy-MM-dd HH:mm:ss. Past or absent: at once.")
    urgent = fields.Flag(help_text="Leaves before everything that is not. Absent: false.")
    receiveObjectType = fields.LenientChoice(
        choices=RECEIVER_KINDS, **fields.OPTIONAL, help_text="Recipients from the tenant's directory, by kind."
    )
    receiveObjectIds = serializers.ListField(
        child=fields.Whole(), max_length=500, **fields.OPTIONAL, help_text="Which of that kind. `mobiles` wins."
    )
    receivePolicyCodes = serializers.ListField(
        child=fields.Text(), max_length=500, **fields.OPTIONAL, help_text="Which policies, by code."
    )


class CheckParameters(fields.Members):
    bizKey = fields.BizKey(**fields.REQUIRED, help_text="What the code was sent for.")
    mobile = sms_fields.Phone(required=True, help_text="Where it was sent to, in any spelling of the number.")
    verificationCode = fields.Text(**fields.REQUIRED, max_length=MAX_CODE, help_text="What the person typed.")


class ChannelChanges(fields.Members):
    """Members that are absent or null stay as they are."""

    id = fields.Whole(required=True, allow_null=False, help_text="Which channel.")
    accessKeyId = fields.Text(max_length=100, help_text="The account, or the id of its key.")
    accessKeySecret = fields.Text(max_length=160, write_only=True, help_text="****** or null keeps the stored one.")
    endpoint = fields.Text(max_length=200, help_text="The gateway's URL.")
    thirdChannelNo = fields.Text(max_length=80, help_text="The sender: a number or a name.")


class ChannelTrial(fields.Members):
    """A test SMS."""

    channelId = fields.Whole(required=True, allow_null=False, help_text="Through which channel, enabled or not.")
    mobiles = sms_fields.PhoneSet(
        limit=_MAX_RECIPIENTS, required=True, allow_null=False, help_text="Recipients; each gets an SMS of its own."
    )
