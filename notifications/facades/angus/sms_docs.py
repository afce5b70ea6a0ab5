"""What the OpenAPI page says about the SMS endpoints: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.docs import SUPPRESSED
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS, Named, parameter
from notifications.facades.angus.sms_bodies import MAX_CODE, SmsBody

_TAGS = ["SMS"]
_BUSINESS = (
    "Some refusals are HTTP 200 or 500 with a code of their own, as AngusGM's clients expect: BSM000 no channel is "
    "enabled (500), BSM030 no template is bound to the key (500), BSM042 a code was sent a moment ago (200). "
)


class SmsInput(serializers.Serializer[Any]):
    """What was asked for."""

    mobiles = serializers.ListField(child=serializers.CharField(), help_text="The number, in E.164.")
    bizKey = serializers.CharField()
    expire = serializers.CharField(required=False, help_text="Seconds that the code lives, as requested.")
    templateParams = serializers.DictField(required=False, help_text="Codes are masked.")


class SmsRecord(serializers.Serializer[Any]):
    """What became of one message. Members that have no value are left out."""

    id = serializers.CharField(help_text="Newer messages have higher ids.")
    templateCode = serializers.CharField(required=False)
    language = Named(required=False)
    bizKey = serializers.CharField(required=False)
    outId = serializers.CharField(help_text="The caller's id, or one made by the server (INNER-…).")
    thirdOutputParam = serializers.CharField(required=False, help_text="The gateway's id of the message.")
    failureReason = serializers.CharField(required=False, help_text="The gateway's own words.")
    inputParam = SmsInput()
    content = serializers.CharField(help_text="The text; empty for SMS with a code.")
    segments = serializers.CharField(help_text="What it is billed as.")
    verificationCode = serializers.BooleanField()
    batch = serializers.BooleanField(help_text="The call was to several numbers.")
    sendTenantId = serializers.CharField()
    sendUserId = serializers.CharField()
    urgent = serializers.BooleanField()
    sendStatus = Named(help_text="PENDING, SUCCESS or FAILURE.")
    actualSendDate = serializers.CharField(required=False, help_text="When it ended, well or badly.")
    expectedSendDate = serializers.CharField(required=False, help_text="yyyy-MM-dd HH:mm:ss")
    createdDate = serializers.CharField()


_RECEIPT = inline_serializer(
    "SmsReceipt",
    {
        "ids": serializers.ListField(child=serializers.CharField(), help_text="One per number, in their order."),
        "submissionId": serializers.CharField(),
        "outId": serializers.CharField(),
        "suppressed": SUPPRESSED,
    },
)
_RECEIPT_EXAMPLE = {"ids": ["301222970049691648"], "submissionId": "301222970049691647", "outId": "login-4711"}

SEND: dict[str, Any] = {
    "tags": _TAGS,
    "summary": "Send SMS",
    "description": "Stores a message for each number and answers; workers deliver them. " + _BUSINESS + ENVELOPE_NOTE,
    "request": SmsBody,
    "responses": {
        200: openapi.success("SmsSent", _RECEIPT, description="Stored.", example=_RECEIPT_EXAMPLE),
        **REFUSALS,
    },
    "examples": [
        OpenApiExample(
            "A verification code",
            {"bizKey": "SIGNIN", "language": "en", "mobiles": ["+8613800138000"], "verificationCode": True},
            request_only=True,
        ),
        OpenApiExample(
            "A notice",
            {
                "bizKey": "EVENT_NOTICE",
                "mobiles": ["13800138000", "+4915112345678"],
                "verificationCode": False,
                "templateParams": {"date": "2025-06-15", "description": "The nightly build has failed."},
            },
            request_only=True,
        ),
    ],
}

LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_list",
    "summary": "List SMS records",
    "description": "Newest first unless ordered otherwise. All conditions must hold. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this message.", OpenApiTypes.INT64),
            parameter("outId", "The caller's own id of the call."),
            parameter("templateCode", "The template's code."),
            parameter("language", "For example en."),
            parameter("bizKey", "The business key, in either spelling of the renamed ones."),
            parameter("sendStatus", "What became of it.", enum=["PENDING", "SUCCESS", "FAILURE"]),
            parameter("verificationCode", "SMS with a code only, or none.", OpenApiTypes.BOOL),
            parameter("batch", "Of calls to several numbers only, or none.", OpenApiTypes.BOOL),
            parameter("urgent", "Urgent SMS only, or none.", OpenApiTypes.BOOL),
            parameter("sendTenantId", "Another tenant's id matches nothing.", OpenApiTypes.INT64),
            parameter("sendUserId", "The user recorded with the call.", OpenApiTypes.INT64),
            parameter("expectedSendDate", "yyyy-MM-dd HH:mm:ss, to the second."),
            parameter("actualSendDate", "yyyy-MM-dd HH:mm:ss, to the second."),
        ],
        orders=["id", "expectedSendDate", "actualSendDate"],
    ),
    "responses": {200: openapi.page("Sms", SmsRecord(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_detail",
    "summary": "Show one SMS record",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("message_id", "Its id.")],
    "responses": {200: openapi.envelope("SmsShown", SmsRecord()), **REFUSALS, 404: openapi.not_found("Sms")},
}

DELETE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_delete",
    "summary": "Delete SMS records",
    "description": "What still waits is cancelled by it. What is leaving at this moment stays.",
    "parameters": [openapi.ids_parameter(at_most=200)],
    "responses": {204: openapi.DELETED, **REFUSALS},
}

CHECK: dict[str, Any] = {
    "tags": ["Verification codes"],
    "summary": "Check a verification code that was sent by SMS",
    "description": "The right code is used up by it. Five wrong ones kill it; so does its time. The refusal is the "
    "same for a code that is wrong, used or expired and for a number that was never sent one. " + ENVELOPE_NOTE,
    "parameters": [
        parameter("bizKey", "What the code was sent for.", required=True),
        parameter("mobile", "Where it was sent to.", required=True),
        parameter("verificationCode", f"What the person typed; 1 to {MAX_CODE} characters.", required=True),
    ],
    "responses": {
        200: openapi.nothing("It was the right one, and cannot be used again."),
        400: openapi.refusal(
            "Not the right one.",
            code="E0",
            msg="The verification code is wrong or has expired.",
            e_key="protocol_error",
            data="xcm.gm.sms.verifyCode.error",
        ),
        401: openapi.UNAUTHORIZED,
        403: openapi.FORBIDDEN,
    },
}
