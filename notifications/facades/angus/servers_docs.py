"""What the OpenAPI page says about mail servers: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS, Named, parameter
from notifications.facades.angus.servers_bodies import MASK, EnabledBody, ServerBody, ServerChanges, TrialBody

_TAGS = ["Mail servers"]


class ShownAccount(serializers.Serializer[Any]):
    account = serializers.CharField()
    password = serializers.CharField(required=False, help_text=f"{MASK} when one is stored.")


class ShownRates(serializers.Serializer[Any]):
    perSecond = serializers.CharField(required=False)
    perDay = serializers.CharField(required=False)


class MailServerShown(serializers.Serializer[Any]):
    """A server of the tenant, or of the platform, whose login is not shown. Members that have no value are left out."""

    id = serializers.CharField()
    name = serializers.CharField()
    protocol = Named()
    remark = serializers.CharField(allow_blank=True)
    enabled = serializers.BooleanField(help_text="Mail leaves through it: at most one of each owner.")
    host = serializers.CharField(required=False)
    port = serializers.CharField(required=False)
    startTlsEnabled = serializers.BooleanField()
    sslEnabled = serializers.BooleanField()
    authEnabled = serializers.BooleanField()
    authAccount = ShownAccount(required=False)
    subjectPrefix = serializers.CharField(allow_blank=True)
    kind = serializers.CharField(help_text="SMTP or SERVICE.")
    service = serializers.CharField(required=False)
    options = serializers.DictField(required=False)
    credentials = serializers.CharField(required=False, help_text=f"{MASK} when some are stored.")
    verifyCertificate = serializers.BooleanField()
    fromAddress = serializers.CharField(required=False)
    fromName = serializers.CharField(required=False)
    allowedSenders = serializers.ListField(child=serializers.CharField(), required=False)
    failoverRank = serializers.CharField(required=False)
    rates = ShownRates(required=False)
    maxConnections = serializers.CharField()
    platform = serializers.BooleanField(help_text="Shared by all tenants; theirs to use, not to change.")


_PLACE = inline_serializer(
    "MailServerPlace", {"id": serializers.CharField(), "key": serializers.CharField(help_text="host:port")}
)
_NAME_TAKEN = openapi.refusal(
    "The name is taken.",
    code="E0",
    msg="There is a server with the name 'Main' already.",
    e_key="resource_already_exists",
)
_NOT_FOUND = openapi.not_found("MailServer")
_WRITES = {**REFUSALS, 404: _NOT_FOUND, 409: _NAME_TAKEN}

_SMTP_EXAMPLE = {
    "name": "Main",
    "protocol": "SMTP",
    "host": "smtp.example.com",
    "port": 465,
    "startTlsEnabled": False,
    "sslEnabled": True,
    "authEnabled": True,
    "authAccount": {"account": "noreply@example.com", "password": "s3cret"},
    "subjectPrefix": "ACME",
}
_SERVICE_EXAMPLE = {
    "name": "Mailgun",
    "protocol": "SMTP",
    "kind": "SERVICE",
    "service": "mailgun",
    "options": {"sender_domain": "mg.example.com"},
    "credentials": {"api_key": "key-1234"},
    "fromAddress": "noreply@mg.example.com",
    "allowedSenders": ["@mg.example.com"],
    "failoverRank": 1,
    "rates": {"perSecond": 10, "perDay": 50_000},
}

LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_list",
    "summary": "List mail servers",
    "description": "The tenant's and the platform's. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this server.", OpenApiTypes.INT64),
            parameter("name", "Exactly this name."),
            parameter("protocol", "Only SMTP finds any.", enum=["SMTP"]),
        ],
        orders=["id", "name"],
    ),
    "responses": {200: openapi.page("MailServer", MailServerShown(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_detail",
    "summary": "Show one mail server",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("server_id", "Its id.")],
    "responses": {200: openapi.envelope("MailServerDetail", MailServerShown()), **REFUSALS, 404: _NOT_FOUND},
}

ADD: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_add",
    "summary": "Add a mail server",
    "description": "It is enabled when the tenant has no enabled one. At most ten: the eleventh is refused with HTTP "
    "200 and the code BEM103. " + ENVELOPE_NOTE,
    "request": ServerBody,
    "responses": {
        201: openapi.success(
            "MailServerAdded", _PLACE, description="Stored.", example={"id": "7001", "key": "smtp.example.com:465"}
        ),
        **REFUSALS,
        409: _NAME_TAKEN,
    },
    "examples": [
        OpenApiExample("An SMTP server", _SMTP_EXAMPLE, request_only=True),
        OpenApiExample("An e-mail service", _SERVICE_EXAMPLE, request_only=True),
    ],
}

REPLACE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_replace",
    "summary": "Replace a mail server, or add one",
    "description": "What is left out gets its default; masked secrets and `enabled` stay. Without an id it adds. "
    "Secrets do not move to another host: name them again. " + ENVELOPE_NOTE,
    "request": ServerBody,
    "responses": {
        200: openapi.success(
            "MailServerReplaced", _PLACE, description="Stored.", example={"id": "7001", "key": "smtp.example.com:465"}
        ),
        **_WRITES,
    },
    "examples": [
        OpenApiExample(
            "The same, with its password kept",
            {"id": "7001", **_SMTP_EXAMPLE, "authAccount": {"account": "noreply@example.com", "password": MASK}},
            request_only=True,
        )
    ],
}

UPDATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_update",
    "summary": "Change a mail server",
    "description": "What is absent or null stays. Secrets do not move to another host: name them again. "
    + ENVELOPE_NOTE,
    "request": ServerChanges,
    "responses": {200: openapi.nothing("Stored."), **_WRITES},
    "examples": [
        OpenApiExample("Another prefix", {"id": "7001", "subjectPrefix": "ACME Ltd"}, request_only=True),
        OpenApiExample("A limit", {"id": "7001", "rates": {"perDay": 2_000}}, request_only=True),
    ],
}

DELETE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_delete",
    "summary": "Delete mail servers",
    "description": "Also the enabled one: mail then waits, or takes another server.",
    "parameters": [openapi.ids_parameter(at_most=10)],
    "responses": {204: openapi.DELETED, **REFUSALS},
}

ENABLED: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_enabled",
    "summary": "Enable a mail server, or switch it off",
    "description": ENVELOPE_NOTE,
    "request": EnabledBody,
    "responses": {200: openapi.nothing("Done."), **REFUSALS, 404: _NOT_FOUND},
    "examples": [OpenApiExample("Send through this one", {"id": "7001", "enabled": True}, request_only=True)],
}

CHECK: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_check",
    "summary": "Is there a server to send through?",
    "description": "Looks at what is configured; connects to nothing. " + ENVELOPE_NOTE,
    "parameters": [parameter("protocol", "Of this protocol.", enum=["SMTP", "POP3", "IMAP"])],
    "responses": {200: openapi.nothing("There is one."), **REFUSALS},
}

TEST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "server_test",
    "summary": "Send a test mail",
    "description": "At once and through exactly this server, enabled or not; the answer waits for the server's own, "
    "and is HTTP 200 with the code BEM305 and the server's words when it refuses. It leaves a record like all mail. "
    + ENVELOPE_NOTE,
    "request": TrialBody,
    "responses": {200: openapi.nothing("The server took it."), **REFUSALS, 404: _NOT_FOUND},
    "examples": [OpenApiExample("To one", {"serverId": "7001", "toAddress": ["ann@example.org"]}, request_only=True)],
}
