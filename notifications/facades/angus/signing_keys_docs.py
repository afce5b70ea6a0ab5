"""What the OpenAPI page says about signing keys: answers, parameters, examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS
from notifications.facades.angus.signing_keys_wire import SigningKeyBody

_TAGS = ["Signing keys"]


class SigningKeyShown(serializers.Serializer[Any]):
    """A pair for requests that are signed. Members that have no value are left out."""

    id = serializers.CharField()
    name = serializers.CharField()
    secretId = serializers.CharField(help_text="Sent with every request.")
    scopes = serializers.ListField(child=serializers.CharField())
    createdDate = serializers.CharField()
    expireDate = serializers.CharField(required=False)
    revokedDate = serializers.CharField(required=False, help_text="Since then nobody can use it.")
    lastUsedDate = serializers.CharField(required=False, help_text="To the minute.")


class SigningKeyCreated(SigningKeyShown):
    secretKey = serializers.CharField(help_text="Signs requests, and is never sent. Shown this once.")


LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "signing_key_list",
    "summary": "List signing keys",
    "description": "Newest first; those that were revoked or have expired too. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters([], orders=["id"])[:4],
    "responses": {200: openapi.page("SigningKey", SigningKeyShown(many=True)), **REFUSALS},
}

CREATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "signing_key_create",
    "summary": "Create a signing key",
    "description": "For clients of Tencent Cloud SES, which sign their requests. The secret key is in this answer and "
    "nowhere else. " + ENVELOPE_NOTE,
    "request": SigningKeyBody,
    "responses": {
        201: openapi.success(
            "SigningKeyStored",
            SigningKeyCreated(),
            description="Stored. Keep the secret key.",
            example={
                "id": "7",
                "name": "shop",
                "secretId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                "scopes": ["email.send"],
                "createdDate": "2025-06-15 14:49:56",
                "secretKey": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            },
        ),
        **REFUSALS,
    },
    "examples": [
        OpenApiExample("One that sends", {"name": "shop", "scopes": ["email.send", "email.read"]}, request_only=True),
    ],
}

DELETE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "signing_key_revoke",
    "summary": "Revoke a signing key",
    "description": "At once and for good; it stays in the list.",
    "parameters": [openapi.path_parameter("key_id", "Its id.")],
    "responses": {204: openapi.DELETED, **REFUSALS, 404: openapi.not_found("SigningKey")},
}
