"""What the OpenAPI page says about the e-mail endpoints: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse, inline_serializer
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.bodies import SendBody
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSAL, REFUSALS, Named, parameter

_TAGS = ["Email"]


class RecordFile(serializers.Serializer[Any]):
    name = serializers.CharField()
    contentType = serializers.CharField()
    contentId = serializers.CharField(required=False)
    size = serializers.CharField(help_text="Bytes.")


class EmailRecord(serializers.Serializer[Any]):
    """What became of one message. Members that have no value are left out."""

    id = serializers.CharField(help_text="Newer messages have higher ids.")
    templateCode = serializers.CharField(required=False, help_text="TEMPLATE mails only.")
    language = Named(required=False)
    bizKey = serializers.CharField(required=False)
    outId = serializers.CharField(help_text="The caller's id, or one made by the server (INNER-…).")
    emailType = serializers.CharField(help_text="TEMPLATE or CUSTOM.")
    subject = serializers.CharField(help_text="As sent, with the server's prefix.")
    fromAddr = serializers.CharField(required=False, help_text="The sender, once it is known.")
    verificationCode = serializers.BooleanField()
    verificationCodeValidSecond = serializers.CharField(required=False, help_text="As requested.")
    toAddress = serializers.ListField(child=serializers.CharField())
    ccAddress = serializers.ListField(child=serializers.CharField(), required=False)
    html = serializers.BooleanField()
    sendStatus = Named(help_text="PENDING, SUCCESS or FAILURE.")
    failureReason = serializers.CharField(required=False, help_text="The mail server's own words.")
    content = serializers.CharField(required=False, help_text="Of CUSTOM mails; empty for mails with a code.")
    templateParams = serializers.DictField(child=serializers.DictField(), required=False, help_text="Codes are masked.")
    attachments = RecordFile(many=True, required=False)
    expectedSendDate = serializers.CharField(required=False, help_text="yyyy-MM-dd HH:mm:ss")
    actualSendDate = serializers.CharField(required=False, help_text="When it ended, well or badly.")
    createdDate = serializers.CharField()
    urgent = serializers.BooleanField()
    batch = serializers.BooleanField()
    sendTenantId = serializers.CharField()


SUPPRESSED = inline_serializer(
    "SuppressedRecipient",
    {
        "address": serializers.CharField(),
        "reason": serializers.CharField(help_text="MANUAL, IMPORT, UNSUBSCRIBE, BOUNCE or COMPLAINT."),
    },
    many=True,
    required=False,
    help_text="Recipients that get nothing, where there are any. Their records say FAILURE, and why.",
)
_RECEIPT = inline_serializer(
    "EmailReceipt",
    {
        "ids": serializers.ListField(
            child=serializers.CharField(), help_text="One per message, in the recipients' order."
        ),
        "submissionId": serializers.CharField(),
        "outId": serializers.CharField(),
        "suppressed": SUPPRESSED,
    },
)

_CUSTOM_EXAMPLE = {
    "type": "CUSTOM",
    "outId": "order-4711",
    "subject": "Your order is on its way",
    "html": True,
    "content": "<p>It left our house this morning.</p>",
    "toAddress": ["ann@example.org", "bob@example.org"],
    "batch": False,
    "verificationCode": False,
    "attachments": [{"name": "note.txt", "content": "SGVsbG8=", "contentType": "text/plain"}],
}
_TEMPLATE_EXAMPLE = {
    "type": "TEMPLATE",
    "bizKey": "TESTING_EXEC_FINISHED",
    "language": "en",
    "html": True,
    "toAddress": ["ann@example.org"],
    "templateParams": {"ann@example.org": {"name": "Nightly", "no": "17"}},
    "verificationCode": False,
    "expectedSendDate": "2025-06-15 18:00:00",
}
_CODE_EXAMPLE = {
    "type": "TEMPLATE",
    "bizKey": "SIGNUP",
    "language": "en",
    "html": True,
    "toAddress": ["ann@example.org"],
    "verificationCode": True,
    "verificationCodeValidSecond": 300,
    "urgent": True,
}


_NEWSLETTER_EXAMPLE = {
    "type": "CUSTOM",
    "subject": "What is new in June",
    "html": True,
    "content": "<p>A great deal.</p>",
    "toAddress": ["ann@example.org", "bob@example.org"],
    "verificationCode": False,
    "category": "newsletter",
    "unsubscribe": {"footerLanguage": "en"},
}


def _example(name: str, body: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, body, request_only=True, media_type="application/json")


_UPLOAD = inline_serializer(
    "EmailUpload",
    {
        "body": SendBody(help_text="The JSON; the part may also be called `request`."),
        "files": serializers.ListField(
            child=serializers.FileField(),
            required=False,
            help_text="Attachments, at most ten with those that the JSON names. The parts may have any name; each has "
            "a filename, and with a Content-ID header it is an image inside the HTML.",
        ),
    },
)

SEND: dict[str, Any] = {
    "tags": _TAGS,
    "summary": "Send e-mail",
    "description": "Stores the mail and answers; workers deliver it. A mail that was answered with `S` is not lost. "
    + ENVELOPE_NOTE,
    "request": {
        "application/json": SendBody,
        "multipart/form-data": OpenApiRequest(_UPLOAD, encoding={"body": {"contentType": "application/json"}}),
    },
    "responses": {
        200: openapi.success(
            "EmailSent",
            _RECEIPT,
            description="Stored; or a business refusal, told by `code` and `XC-E-Key` (for example BEM4001: no "
            "template is bound to the key).",
            example={
                "ids": ["301222970049691648"],
                "submissionId": "301222970049691647",
                "outId": "order-4711",
            },
        ),
        **REFUSALS,
        413: OpenApiResponse(REFUSAL, description="The body or its attachments are too large."),
        429: OpenApiResponse(REFUSAL, description="A code was sent to the address a moment ago; see Retry-After."),
        503: OpenApiResponse(REFUSAL, description="Nothing was stored; try again after Retry-After seconds."),
    },
    "examples": [
        _example("Your own content", _CUSTOM_EXAMPLE),
        _example("By template", _TEMPLATE_EXAMPLE),
        _example("A verification code", _CODE_EXAMPLE),
        _example("A newsletter", _NEWSLETTER_EXAMPLE),
    ],
}


LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "email_list",
    "summary": "List e-mail records",
    "description": "Newest first unless ordered otherwise. All conditions must hold. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this message.", OpenApiTypes.INT64),
            parameter("outId", "The caller's own id of the call."),
            parameter("templateCode", "The template's code."),
            parameter("language", "For example en."),
            parameter("bizKey", "The business key, in either spelling of the renamed ones."),
            parameter("emailType", "How the content came about.", enum=["TEMPLATE", "CUSTOM"]),
            parameter("sendStatus", "What became of it.", enum=["PENDING", "SUCCESS", "FAILURE"]),
            parameter("html", "HTML mails only, or none.", OpenApiTypes.BOOL),
            parameter("verificationCode", "Mails with a code only, or none.", OpenApiTypes.BOOL),
            parameter("batch", "Mails with all recipients in To only, or none.", OpenApiTypes.BOOL),
            parameter("urgent", "Urgent mails only, or none.", OpenApiTypes.BOOL),
            parameter("sendTenantId", "Another tenant's id matches nothing.", OpenApiTypes.INT64),
            parameter("sendUserId", "The user recorded with the call.", OpenApiTypes.INT64),
            parameter("expectedSendDate", "yyyy-MM-dd HH:mm:ss, to the second."),
            parameter("actualSendDate", "yyyy-MM-dd HH:mm:ss, to the second."),
        ],
        orders=["id", "expectedSendDate", "actualSendDate"],
    ),
    "responses": {200: openapi.page("Email", EmailRecord(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "email_detail",
    "summary": "Show one e-mail record",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("message_id", "Its id.")],
    "responses": {
        200: openapi.envelope("EmailShown", EmailRecord()),
        401: openapi.UNAUTHORIZED,
        403: openapi.FORBIDDEN,
        404: openapi.not_found("Email"),
    },
}

DELETE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "email_delete",
    "summary": "Delete e-mail records",
    "description": "For good, with content, files and attempts. What still waits is cancelled by it; what is leaving "
    "at this moment stays.",
    "parameters": [openapi.ids_parameter(at_most=200)],
    "responses": {204: openapi.DELETED, **REFUSALS},
}
