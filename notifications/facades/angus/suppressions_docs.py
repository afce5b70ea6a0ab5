"""What the OpenAPI page says about suppressions: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from notifications.contracts import SuppressionSource
from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS, parameter
from notifications.facades.angus.suppressions_wire import AddBody, RemoveBody

_TAGS = ["Suppressions"]
_SOURCES = [source.value.upper() for source in SuppressionSource]
_CHANNEL = parameter("channel", "Default EMAIL.", enum=["EMAIL", "SMS"])


class SuppressionShown(serializers.Serializer[Any]):
    """An address that gets nothing. Members that have no value are left out."""

    id = serializers.CharField()
    channel = serializers.CharField(help_text="EMAIL or SMS.")
    address = serializers.CharField(help_text="In lower case; a number in E.164.")
    category = serializers.CharField(allow_blank=True, help_text="What it no longer gets; empty: everything.")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text=f"What put it there: {', '.join(_SOURCES)}."
    )
    note = serializers.CharField(required=False)
    createdDate = serializers.CharField()
    expireDate = serializers.CharField(required=False, help_text="Absent: until somebody takes it off.")


_ADDED = inline_serializer(
    "SuppressionsAdded",
    {
        "added": serializers.CharField(help_text="New on the list."),
        "known": serializers.CharField(help_text="On it before; their end was put off where the new one is later."),
    },
)
_REMOVED = inline_serializer("SuppressionsRemoved", {"removed": serializers.CharField(help_text="Entries taken off.")})

LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_list",
    "summary": "List suppressed addresses",
    "description": "Newest first. The search for how an address begins is `filters[0].key=address`, "
    "`filters[0].op=MATCH_END`. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this one.", OpenApiTypes.INT64),
            parameter("channel", "EMAIL or SMS.", enum=["EMAIL", "SMS"]),
            parameter("address", "Exactly this address."),
            parameter("category", "Exactly this category."),
            parameter("source", "What put it there.", enum=_SOURCES),
            parameter("active", "true: those that count now. false: those whose time is over.", OpenApiTypes.BOOL),
            parameter("createdDate", "yyyy-MM-dd HH:mm:ss"),
            parameter("expireDate", "yyyy-MM-dd HH:mm:ss"),
        ],
        orders=["id", "address", "createdDate"],
    ),
    "responses": {200: openapi.page("Suppression", SuppressionShown(many=True)), **REFUSALS},
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_detail",
    "summary": "Show one suppression",
    "description": ENVELOPE_NOTE,
    "parameters": [openapi.path_parameter("suppression_id", "Its id.")],
    "responses": {
        200: openapi.envelope("SuppressionDetail", SuppressionShown()),
        **REFUSALS,
        404: openapi.not_found("Suppression"),
    },
}

ADD: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_add",
    "summary": "Suppress addresses",
    "description": "They get nothing more, from now: mail that waits for its time as well. May be repeated. "
    "Without a category not even verification codes; with one, only mail of that category stops. " + ENVELOPE_NOTE,
    "request": AddBody,
    "responses": {
        201: openapi.success("SuppressionsStored", _ADDED, description="Stored.", example={"added": "1", "known": "0"}),
        **REFUSALS,
    },
    "examples": [
        OpenApiExample("Everything, for good", {"addresses": ["ann@example.org"]}, request_only=True),
        OpenApiExample(
            "One category, for a time",
            {
                "addresses": ["ann@example.org", "bob@example.org"],
                "category": "newsletter",
                "note": "asked by phone",
                "expireDate": "2035-06-15 18:00:00",
            },
            request_only=True,
        ),
        OpenApiExample("A number", {"channel": "SMS", "addresses": ["+8613800138000"]}, request_only=True),
    ],
}

REMOVE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_remove",
    "summary": "Take addresses off the list",
    "description": "Whatever put them there. Addresses that are not on it do no harm. " + ENVELOPE_NOTE,
    "request": RemoveBody,
    "responses": {
        200: openapi.success("SuppressionsTakenOff", _REMOVED, description="Done.", example={"removed": "1"}),
        **REFUSALS,
    },
    "examples": [
        OpenApiExample("From every category", {"addresses": ["ann@example.org"]}, request_only=True),
        OpenApiExample("From one", {"addresses": ["ann@example.org"], "category": "newsletter"}, request_only=True),
    ],
}

DELETE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_delete",
    "summary": "Take entries off the list by their ids",
    "description": "See also `POST /api/v1/suppressions/remove`, by address.",
    "parameters": [openapi.ids_parameter(at_most=1_000)],
    "responses": {204: openapi.DELETED, **REFUSALS},
}

IMPORT: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "suppression_import",
    "summary": "Suppress the addresses of a CSV file",
    "description": "All of it or nothing; the same file again changes nothing. The first line names the columns: "
    "`address`, and where wanted `category`, `note`, `expires_at`. At most 100,000 lines. A refusal names wrong lines "
    "in `data.problems`: `{line, column, message}`. " + ENVELOPE_NOTE,
    "parameters": [_CHANNEL, parameter("dryRun", "true: say what would happen, store nothing.", OpenApiTypes.BOOL)],
    "request": {"text/csv": OpenApiTypes.STR},
    "responses": {
        200: openapi.success(
            "SuppressionsImported", _ADDED, description="Stored.", example={"added": "2", "known": "0"}
        ),
        **REFUSALS,
    },
    "examples": [
        OpenApiExample(
            "Two addresses",
            "address,category,note,expires_at\nann@example.org,newsletter,by phone,\nbob@example.org,,,2035-12-31",
            request_only=True,
            media_type="text/csv",
        )
    ],
}
