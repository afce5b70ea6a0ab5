"""What the OpenAPI page says about SMS channels: answers, parameters, examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS
from notifications.facades.angus.servers_bodies import MASK, EnabledBody
from notifications.facades.angus.sms_bodies import ChannelChanges, ChannelTrial

_TAGS = ["SMS channels"]


class SmsChannelShown(serializers.Serializer[Any]):
    """A gateway of the tenant, or of the platform, whose login is not shown. Members without a value are left out."""

    id = serializers.CharField()
    name = serializers.CharField()
    enabled = serializers.BooleanField(help_text="SMS leave through it: at most one of each owner.")
    accessKeyId = serializers.CharField(required=False)
    accessKeySecret = serializers.CharField(required=False, help_text=f"{MASK} when one is stored.")
    endpoint = serializers.CharField(required=False, help_text="The gateway's URL.")
    thirdChannelNo = serializers.CharField(required=False, help_text="The sender: a number or a name.")
    kind = serializers.CharField(help_text="HTTP, TWILIO or CAPTURE.")
    platform = serializers.BooleanField(help_text="Shared by all tenants; theirs to use, not to change.")


_NOT_FOUND = openapi.not_found("SmsChannel")
_WRITES = {**REFUSALS, 404: _NOT_FOUND}

LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_channel_list",
    "summary": "List SMS channels",
    "description": "The tenant's and the platform's. They are made in the admin. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters([], orders=["id"])[:5],
    "responses": {200: openapi.page("SmsChannel", SmsChannelShown(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_channel_detail",
    "summary": "Show one SMS channel",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("channel_id", "Its id.")],
    "responses": {200: openapi.envelope("SmsChannelDetail", SmsChannelShown()), **REFUSALS, 404: _NOT_FOUND},
}

UPDATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_channel_update",
    "summary": "Change an SMS channel",
    "description": "What is absent or null stays. The secret does not move to another host or account: name it again. "
    + ENVELOPE_NOTE,
    "request": ChannelChanges,
    "responses": {200: openapi.nothing("Stored."), **_WRITES},
    "examples": [OpenApiExample("A new key", {"id": "7", "accessKeySecret": "s3cret"}, request_only=True)],
}

ENABLED: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_channel_enabled",
    "summary": "Enable an SMS channel, or switch it off",
    "description": ENVELOPE_NOTE,
    "request": EnabledBody,
    "responses": {200: openapi.nothing("Done."), **_WRITES},
    "examples": [OpenApiExample("Send through this one", {"id": "7", "enabled": True}, request_only=True)],
}

TEST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_channel_test",
    "summary": "Send a test SMS",
    "description": "At once and through exactly this channel, enabled or not; the answer waits for the gateway's own, "
    "and is HTTP 200 with the code BSM043 and the gateway's words when it refuses. It leaves a record like all SMS. "
    + ENVELOPE_NOTE,
    "request": ChannelTrial,
    "responses": {200: openapi.nothing("The gateway took it."), **_WRITES},
    "examples": [OpenApiExample("To one number", {"channelId": "7", "mobiles": ["+8613800138000"]}, request_only=True)],
}
