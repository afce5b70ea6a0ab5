"""What the OpenAPI page says about SMS templates: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS, Named, parameter
from notifications.facades.angus.sms_templates_wire import SmsTemplateChanges

_TAGS = ["SMS templates"]
_NOT_FOUND = openapi.not_found("SmsTemplate")


class SmsTemplateShown(serializers.Serializer[Any]):
    """One language of a template: the tenant's own, or the platform's. Members without a value are left out."""

    id = serializers.CharField(help_text="Stays the same when a tenant makes it its own.")
    code = serializers.CharField()
    name = serializers.CharField()
    channelId = serializers.CharField(help_text="Always -1: templates serve all channels.")
    content = serializers.CharField(help_text="Plain text with variables.")
    thirdCode = serializers.CharField(required=False, help_text="How the provider calls it, where somebody filed it.")
    language = Named()
    verificationCode = serializers.BooleanField()
    verificationCodeValidSecond = serializers.CharField(help_text="-1: not said here.")
    version = serializers.CharField(required=False, help_text="The one that is sent; absent: none is.")
    platform = serializers.BooleanField(help_text="The platform's; a change makes it the tenant's own.")


LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_template_list",
    "summary": "List SMS templates",
    "description": "The tenant's, and those of the platform that it has not made its own; the oldest first unless "
    "ordered otherwise. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this one.", OpenApiTypes.INT64),
            parameter("code", "Exactly this code."),
            parameter("name", "Exactly this name."),
            parameter("thirdCode", "Exactly this code of the provider's."),
            parameter("language", "For example en."),
            parameter("channelId", "-1 finds all, another none.", OpenApiTypes.INT64),
        ],
        orders=["id", "createdDate"],
    ),
    "responses": {200: openapi.page("SmsTemplate", SmsTemplateShown(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_template_detail",
    "summary": "Show one SMS template",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("template_id", "Its id.")],
    "responses": {200: openapi.envelope("SmsTemplateDetail", SmsTemplateShown()), **REFUSALS, 404: _NOT_FOUND},
}

UPDATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "sms_template_update",
    "summary": "Change an SMS template",
    "description": "Another text is a new version, sent from now on. A template of the platform becomes the tenant's "
    "own by it, under the same id. " + ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("template_id", "Its id.")],
    "request": SmsTemplateChanges,
    "responses": {200: openapi.nothing("Stored and published."), **REFUSALS, 404: _NOT_FOUND},
    "examples": [
        OpenApiExample("Another text", {"content": "Acme: ${verificationCode} is your code."}, request_only=True)
    ],
}
