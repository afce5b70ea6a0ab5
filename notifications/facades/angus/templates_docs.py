"""What the OpenAPI page says about templates: answers, parameters, examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from notifications.facades.angus import openapi
from notifications.facades.angus.openapi import ENVELOPE_NOTE, REFUSALS, Named, parameter
from notifications.facades.angus.templates_bodies import (
    PreviewBody,
    PublishBody,
    TemplateBody,
    TemplateChanges,
    TextBody,
)

_TAGS = ["Templates"]
_OWN_COPY = "A template of the platform becomes the tenant's own by it, under the same id. "


class TemplateShown(serializers.Serializer[Any]):
    """One language of a template: the tenant's own, or the platform's."""

    id = serializers.CharField(help_text="Stays the same over versions, and when a tenant makes it its own.")
    code = serializers.CharField()
    name = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    content = serializers.CharField(allow_blank=True, help_text="HTML, or plain text where it has no tags.")
    text = serializers.CharField(required=False, help_text="The plain-text part beside HTML, where somebody wrote it.")
    dialect = serializers.CharField(help_text="JINJA: {{ name }}. DOLLAR: ${name}. BRACE: {name}.")
    verificationCode = serializers.BooleanField()
    verificationCodeValidSecond = serializers.CharField(help_text="-1: not said here.")
    remark = serializers.CharField(allow_blank=True, help_text="The subject, as in AngusGM.")
    language = Named()
    version = serializers.CharField(required=False, help_text="The one that is sent; absent: none is.")
    hasDraft = serializers.BooleanField()
    variables = serializers.ListField(child=serializers.CharField(), help_text="Of the text that is sent.")
    bizKeys = serializers.ListField(child=serializers.CharField(), help_text="What chooses it.")
    platform = serializers.BooleanField(help_text="The platform's; a change makes it the tenant's own.")


class VersionShown(serializers.Serializer[Any]):
    version = serializers.CharField()
    current = serializers.BooleanField(help_text="It is the one that is sent.")
    draft = serializers.BooleanField()
    createdDate = serializers.CharField()
    publishedDate = serializers.CharField(required=False)
    subject = serializers.CharField(allow_blank=True)


class WholeVersionShown(VersionShown):
    content = serializers.CharField(allow_blank=True)
    text = serializers.CharField(required=False)
    dialect = serializers.CharField()


_NUMBER = inline_serializer("TemplateVersionNumber", {"version": serializers.CharField()})
_PREVIEW = inline_serializer(
    "TemplatePreview",
    {
        "subject": serializers.CharField(),
        "html": serializers.CharField(required=False),
        "text": serializers.CharField(),
        "variables": serializers.ListField(child=serializers.CharField()),
    },
)
_NOT_FOUND = openapi.not_found("EmailTemplate")
_REFUSED = openapi.refusal(
    "The text cannot be a template; each problem names its line.",
    code="E0",
    msg="The template was refused. Line 3: HTML: 'include' is not allowed.",
    e_key="param_validation_error",
    data={"problems": [{"line": "3", "message": "HTML: 'include' is not allowed."}]},
)
_EXISTS = openapi.refusal(
    "The template speaks this language already.",
    code="E0",
    msg="There is a template 'ORDER_PAID' in en already.",
    e_key="resource_already_exists",
)
_WRITES = {**REFUSALS, 400: _REFUSED, 404: _NOT_FOUND}
_ID = openapi.path_parameter("template_id", "Its id.")


def _example(name: str, body: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, body, request_only=True)


LIST: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_list",
    "summary": "List templates",
    "description": "The tenant's, and those of the platform that it has not made its own. " + ENVELOPE_NOTE,
    "parameters": openapi.list_parameters(
        [
            parameter("id", "Exactly this one.", OpenApiTypes.INT64),
            parameter("code", "Exactly this code."),
            parameter("name", "Exactly this name."),
            parameter("verificationCode", "Those that carry a code only, or the others.", OpenApiTypes.BOOL),
            parameter("subject", "Exactly this subject, as it is typed."),
            parameter("language", "For example en."),
        ],
        orders=["id", "code"],
    ),
    "responses": {200: openapi.page("Template", TemplateShown(many=True)), **REFUSALS},
}

CREATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_create",
    "summary": "Add a template, or a language of one",
    "description": "It is sent from now on. Ours: AngusGM has templates from its installer only. " + ENVELOPE_NOTE,
    "request": TemplateBody,
    "responses": {
        201: openapi.envelope("TemplateCreated", TemplateShown()),
        **REFUSALS,
        400: _REFUSED,
        409: _EXISTS,
    },
    "examples": [
        _example(
            "HTML",
            {
                "code": "ORDER_PAID",
                "name": "Order paid",
                "language": "en",
                "subject": "Order {{ number }} is paid",
                "content": "<p>Dear {{ name }}, we have received your payment.</p>",
                "bizKeys": ["ORDER_PAY_SUCCESS"],
            },
        )
    ],
}

DETAIL: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_detail",
    "summary": "Show one template",
    "description": ENVELOPE_NOTE,
    "parameters": [_ID],
    "responses": {200: openapi.envelope("TemplateDetail", TemplateShown()), **REFUSALS, 404: _NOT_FOUND},
}

UPDATE: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_update",
    "summary": "Change a template",
    "description": "Another text is a new version, sent from now on. " + _OWN_COPY + ENVELOPE_NOTE,
    "parameters": [_ID],
    "request": TemplateChanges,
    "responses": {200: openapi.nothing("Stored and published."), **_WRITES, 409: _EXISTS},
    "examples": [
        _example(
            "As AngusGM's clients write it", {"subjectPrefix": "Test of a channel", "content": "From ${channelType}"}
        ),
        _example("A longer life for codes", {"verificationCodeValidSecond": "600"}),
    ],
}

DRAFT: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_draft",
    "summary": "Save a draft",
    "description": "There is one at most; nothing sends it before it is published. " + _OWN_COPY + ENVELOPE_NOTE,
    "parameters": [_ID],
    "request": TextBody,
    "responses": {
        200: openapi.success("TemplateDrafted", _NUMBER, description="Saved.", example={"version": "2"}),
        **_WRITES,
    },
    "examples": [_example("Another subject", {"subject": "Can {{ channelType }} send?"})],
}

PUBLISH: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_publish",
    "summary": "Publish the draft, or roll back to a version",
    "description": "Mail that was accepted before keeps the version that it was accepted with. " + ENVELOPE_NOTE,
    "parameters": [_ID],
    "request": PublishBody,
    "responses": {
        200: openapi.success(
            "TemplatePublished", _NUMBER, description="It is sent from now on.", example={"version": "2"}
        ),
        **_WRITES,
    },
    "examples": [_example("Back to the first", {"version": "1"})],
}

VERSIONS: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_versions",
    "summary": "List the versions of a template",
    "description": "The newest first, all on one page. " + ENVELOPE_NOTE,
    "parameters": [_ID],
    "responses": {200: openapi.page("TemplateVersion", VersionShown(many=True)), **REFUSALS, 404: _NOT_FOUND},
}

VERSION: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_version",
    "summary": "Show one version of a template",
    "description": ENVELOPE_NOTE,
    "parameters": [_ID, openapi.path_parameter("number", "As in the list of versions.")],
    "responses": {200: openapi.envelope("TemplateVersionDetail", WholeVersionShown()), **REFUSALS, 404: _NOT_FOUND},
}

PREVIEW: dict[str, Any] = {
    "tags": _TAGS,
    "operation_id": "template_preview",
    "summary": "Show what a recipient would read",
    "description": "Nothing is stored or sent. " + ENVELOPE_NOTE,
    "parameters": [_ID],
    "request": PreviewBody,
    "responses": {
        200: openapi.success(
            "TemplatePreviewed",
            _PREVIEW,
            description="Rendered.",
            example={
                "subject": "Test message",
                "html": "<p>From Main</p>",
                "text": "From Main",
                "variables": ["channelType"],
            },
        ),
        **_WRITES,
    },
    "examples": [
        _example("What is sent, with sample data", {"params": {"channelType": "Main"}}),
        _example("Something new", {"subject": "Hello", "content": "<p>From {{ channelType }}</p>"}),
    ],
}
