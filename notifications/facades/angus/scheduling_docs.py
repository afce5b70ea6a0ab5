"""What the OpenAPI page says about cancelling and rescheduling."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.docs import EmailRecord
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS
from notifications.facades.angus.scheduling_wire import CancelBody, RescheduleBody
from notifications.scheduling import MAX_MESSAGES, Stop

_TAGS = ["Email"]
_ID = "301222970049691648"

_STOPPED = inline_serializer(
    "EmailStopped",
    {
        "id": serializers.CharField(),
        "result": serializers.ChoiceField(
            choices=[stop.value for stop in Stop],
            help_text="CANCELLED: it does not leave, as of now or of an earlier call. TOO_LATE: it has begun to leave, "
            "or has ended. NOT_FOUND: no such record.",
        ),
    },
    many=True,
)
_STOPS = inline_serializer(
    "EmailStops",
    {
        "total": serializers.CharField(help_text="Entries in the list."),
        "list": _STOPPED,
        "more": serializers.BooleanField(
            required=False,
            help_text=f"True where {MAX_MESSAGES} were reached. Those that waited came first: call again.",
        ),
    },
)

CANCEL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "email_cancel",
    "summary": "Cancel e-mail that has not begun to leave",
    "description": "Scheduled or just waiting its turn, by the ids of messages, the `outId` of a call, or the "
    "`cancelKey` of many. May be repeated. " + ENVELOPE_NOTE,
    "request": CancelBody,
    "responses": {
        200: openapi.success(
            "EmailCancelled",
            _STOPS,
            description="What became of each.",
            example={"total": "1", "list": [{"id": _ID, "result": "CANCELLED"}]},
        ),
        **REFUSALS,
        404: openapi.not_found("Email"),
    },
    "examples": [
        OpenApiExample("One message", {"ids": [_ID]}, request_only=True),
        OpenApiExample("A campaign", {"cancelKey": "summer-2025"}, request_only=True),
    ],
}

RESCHEDULE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "email_reschedule",
    "summary": "Move an e-mail that waits for its time",
    "description": "Refused once it has begun to leave. " + ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("message_id", "Its id.")],
    "request": RescheduleBody,
    "responses": {
        200: openapi.envelope("EmailRescheduled", EmailRecord()),
        **REFUSALS,
        404: openapi.not_found("Email"),
        409: openapi.refusal(
            "It has begun to leave, or has ended.",
            code="E0",
            msg="The message is SENT, so it cannot be rescheduled.",
            e_key="protocol_error",
        ),
    },
}
