"""Templates in Autional's words, and ours; pure (autional.md 9).

Oddities of the contract: what it calls a template is one language of ours, so one code may have several; an update is
partial, and deleting only switches off. Placeholders are ``{name}``, ``{{name}}`` or ``{{.name}}``, whatever ``format``
says; which variables there are is read from the text, whatever ``variables`` says. ``tenant_id`` is left out of the
platform's own; ``locale`` is our addition, because copies to other locales are told apart by nothing else.
"""

import json
from dataclasses import dataclass
from typing import Any

from notifications.contracts import Channel
from notifications.facades.autional import ids
from notifications.facades.autional.envelope import moment
from notifications.facades.autional.members import Members
from templates_app import publishing
from templates_app.catalogue import TemplateRow, VersionRow
from templates_app.own_templates import Change
from templates_app.publishing import Source
from tenants.errors import DomainError, InvalidField

_MAX_CODE = 80
_MAX_NAME = 100
_MAX_DESCRIPTION = 200
_MAX_SUBJECT = 400
_MAX_TEXT = 200_000
_BRACE = "brace"
_FORMATS = ("simple", "go-template")


@dataclass(frozen=True, slots=True)
class Update:
    change: Change
    #: None: as it was.
    is_active: bool | None


@dataclass(frozen=True, slots=True)
class NewTemplate:
    code: str
    channel: Channel
    change: Change
    #: Empty: the tenant's.
    locale: str


def parse_new(data: Any) -> NewTemplate:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = Members(data)
    channel = Channel(body.choice("channel", tuple(Channel), is_required=True))
    body.text("content", is_required=True, at_most=_MAX_TEXT)
    name = body.line("name", is_required=True, at_most=_MAX_NAME)
    columns = {"name": name, "remark": body.line("description", at_most=_MAX_DESCRIPTION)}
    return NewTemplate(
        code=body.line("code", is_required=True, at_most=_MAX_CODE),
        channel=channel,
        change=Change(columns=columns, parts=_parts(body, Source(), channel), dialect=_BRACE),
        locale=body.line("locale", at_most=20),
    )


def parse_update(data: Any, row: TemplateRow) -> Update:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = Members(data)
    columns = {}
    if body.has("name"):
        columns["name"] = body.line("name", is_required=True, at_most=_MAX_NAME)
    if body.has("description"):
        columns["remark"] = body.line("description", at_most=_MAX_DESCRIPTION)
    parts = _parts(body, row.source, Channel(row.channel))
    return Update(Change(columns=columns, parts=parts, dialect=_BRACE), body.flag("is_active"))


def parse_clone(data: Any, row: TemplateRow) -> tuple[str, Change]:
    """The target locale, and the text in it: the source's where the body brings none.

    Raises InvalidField, FieldUnparsable, BodyUnreadable, TemplateRefused.
    """
    body = Members(data)
    locale = body.line("target_locale", is_required=True, at_most=20)
    parts = _parts(body, row.source, Channel(row.channel))
    text = publishing.merged(row.source, parts, dialect=_BRACE) if parts else row.source
    columns = {"name": row.name, "remark": row.remark}
    whole = {"subject": text.subject, "html": text.html, "text": text.text}
    return locale, Change(columns=columns, parts=whole, dialect=text.dialect)


def present_template(row: TemplateRow, tenant_id: int) -> dict[str, Any]:
    return {
        "id": ids.show("tpl", row.id),
        **({} if row.is_platform else {"tenant_id": ids.show("tnt", tenant_id)}),
        "code": row.code,
        "name": row.name,
        "channel": row.channel,
        "subject": row.source.subject,
        "content": _content(row.source),
        "content_type": _content_type(row.source),
        "variables": _variables(row.source),
        "description": row.remark,
        "is_active": row.version is not None,
        "version": row.version or 0,
        "locale": shown_locale(row.language),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.changed_at or row.created_at),
    }


def present_detail(row: TemplateRow, tenant_id: int) -> dict[str, Any]:
    example = publishing.example_params(publishing.check(row.source))
    rendered = _rendered(_content(row.source), row.source, is_html=bool(row.source.html), params=example)
    return {**present_template(row, tenant_id), "render_example": rendered["rendered"]}


def present_available(row: TemplateRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "channel": row.channel,
        "subject": row.source.subject,
        "variables": _variables(row.source),
        "locale": shown_locale(row.language),
        "is_active": row.version is not None,
        "source": "platform" if row.is_platform else "tenant",
        "is_customized": row.is_copy,
    }


def present_preview(row: TemplateRow, params: dict[str, Any]) -> dict[str, Any]:
    """Each part by itself, with what is wrong with it."""
    source, is_html = row.source, bool(row.source.html)
    return {
        "code": row.code,
        "name": row.name,
        "channel": row.channel,
        "content_type": _content_type(source),
        "subject": _rendered(source.subject, source, is_html=False, params=params),
        "content": _rendered(_content(source), source, is_html=is_html, params=params),
        "text_content": _rendered(source.text if is_html else "", source, is_html=False, params=params),
    }


def present_version(version: VersionRow, row: TemplateRow) -> dict[str, Any]:
    source = version.source
    return {
        "id": f"{ids.show('tv', row.id)}_{version.number}",
        "template_id": ids.show("tpl", row.id),
        "version": version.number,
        "code": row.code,
        "name": row.name,
        "channel": row.channel,
        "subject": source.subject,
        "content": _content(source),
        "text_content": source.text if source.html else "",
        "content_type": _content_type(source),
        # A text with JSON in it, as the contract has it.
        "variables": json.dumps(_variables(source), ensure_ascii=False),
        "created_at": moment(version.created_at),
    }


def shown_locale(language: str) -> str:
    """zh-CN for our zh_CN."""
    return language.replace("_", "-")


def _content(source: Source) -> str:
    return source.html or source.text


def _content_type(source: Source) -> str:
    return "html" if source.html else "text"


def _variables(source: Source) -> list[str]:
    try:
        return [variable.name for variable in publishing.check(source)]
    except DomainError:
        # A text from before a rule that refuses it now.
        return []


def _parts(body: Members, current: Source, channel: Channel) -> dict[str, str]:
    """The parts that the body changes. Text that was HTML stays HTML unless ``content_type`` says otherwise."""
    body.choice("format", _FORMATS)
    body.texts("variables")
    content_type = body.choice("content_type", ("text", "html", "text/plain", "text/html"))
    is_html = content_type.endswith("html") if content_type else bool(current.html)
    if channel is Channel.SMS and is_html:
        raise InvalidField(field="content_type", reason="an SMS is plain text.")
    parts = {}
    if body.has("subject") and channel is Channel.EMAIL:
        parts["subject"] = body.line("subject", at_most=_MAX_SUBJECT)
    if body.has("content") or (content_type and is_html != bool(current.html) and _content(current)):
        content = body.text("content", at_most=_MAX_TEXT) or _content(current)
        parts |= {"html": content, "text": ""} if is_html else {"html": "", "text": content}
    if body.has("text_content") and is_html:
        parts["text"] = body.text("text_content", at_most=_MAX_TEXT)
    return parts


def _rendered(text: str, source: Source, *, is_html: bool, params: dict[str, Any]) -> dict[str, str]:
    if not text.strip():
        return {"rendered": text, "error": ""}
    part = Source(html=text, dialect=source.dialect) if is_html else Source(text=text, dialect=source.dialect)
    try:
        rendered = publishing.preview(part, params)
    except DomainError as error:
        return {"rendered": "", "error": str(error)}
    return {"rendered": rendered.html if is_html else rendered.text, "error": ""}
