"""AngusGM's words for templates, and ours; pure (angus.md 5).

Oddities of the contract: ``subjectPrefix`` overwrites the whole subject, and answers show the subject as ``remark``;
what is called a template is one language of one. Its ``content`` was plain text with ``${name}``, put into a page; ours
may be either, told apart by whether it has a tag.
"""

import re
from collections.abc import Mapping
from typing import Any

from notifications.facades.angus.locale import named_language
from notifications.facades.angus.templates_bodies import (
    PreviewBody,
    PublishBody,
    TemplateBody,
    TemplateChanges,
    TextBody,
)
from templates_app.catalogue import TemplateRow, VersionRow
from templates_app.engine import Rendered
from templates_app.own_templates import Change
from templates_app.publishing import Source

_CHANGES, _NEW, _TEXT, _PUBLISH, _PREVIEW = TemplateChanges(), TemplateBody(), TextBody(), PublishBody(), PreviewBody()
#: Tags, comments, and what else an HTML parser takes for markup.
_TAG = re.compile(r"<[a-zA-Z/!]")
_NO_VALIDITY = -1


def parse_new(data: Any) -> tuple[str, str, Change]:
    """Code, language, and the rest. Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _NEW.members(data)
    columns = {"name": body["code"], **_columns(body)}
    return body["code"], body["language"], _change(body, columns)


def parse_changes(data: Any) -> Change:
    body = _CHANGES.members(data)
    return _change(body, _columns(body), language=body.get("language"))


def parse_text(data: Any) -> Change:
    return _change(_TEXT.members(data), {})


def parse_publication(data: Any) -> int | None:
    """The version's number; None: the open draft."""
    number: int | None = _PUBLISH.members(data).get("version")
    return number


def parse_preview(data: Any) -> tuple[int | None, Change, dict[str, Any]]:
    """The version to begin with, the parts that differ, and the sample data."""
    body = _PREVIEW.members(data)
    return body.get("version"), _change(body, {}), body.get("params") or {}


def present_template(row: TemplateRow) -> dict[str, Any]:
    """The template VO; null members are left out by the envelope."""
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        **_present_source(row.source),
        "verificationCode": row.verification_code,
        "verificationCodeValidSecond": row.code_validity_s or _NO_VALIDITY,
        "remark": row.source.subject,
        "language": named_language(row.language),
        "version": row.version,
        "hasDraft": row.has_draft,
        "variables": row.variables,
        "bizKeys": row.biz_keys,
        "platform": row.is_platform,
    }


def present_version(row: VersionRow) -> dict[str, Any]:
    return {
        "version": row.number,
        "current": row.is_current,
        "draft": row.published_at is None,
        "createdDate": row.created_at,
        "publishedDate": row.published_at,
        "subject": row.source.subject,
    }


def present_whole_version(row: VersionRow) -> dict[str, Any]:
    return {**present_version(row), **_present_source(row.source)}


def present_preview(rendered: Rendered, variables: list[str]) -> dict[str, Any]:
    return {
        "subject": rendered.subject,
        "html": rendered.html or None,
        "text": rendered.text,
        "variables": variables,
    }


def _change(body: Mapping[str, Any], columns: Mapping[str, Any], *, language: str | None = None) -> Change:
    parts = _parts(body)
    keys = body.get("bizKeys")
    return Change(
        columns=columns,
        language=language,
        parts=parts,
        dialect=(body.get("dialect") or dialect_of("\n".join(parts.values()))).lower(),
        biz_keys=None if keys is None else list(dict.fromkeys(keys)),
    )


def _columns(body: Mapping[str, Any]) -> dict[str, Any]:
    columns = {}
    if body.get("name"):
        columns["name"] = body["name"]
    if body.get("verificationCode") is not None:
        columns["verification_code"] = body["verificationCode"]
    if (seconds := body.get("verificationCodeValidSecond")) is not None:
        columns["code_validity_s"] = seconds if seconds > 0 else None
    return columns


def _parts(body: Mapping[str, Any]) -> dict[str, str]:
    parts: dict[str, str] = {}
    subject = body.get("subject") or body.get("subjectPrefix")
    if subject:
        parts["subject"] = subject
    content, text = body.get("content"), body.get("text")
    if content is not None and _TAG.search(content):
        parts |= {"html": content, "text": text or ""}
    elif content is not None:
        parts |= {"html": "", "text": content}
    elif text is not None:
        parts["text"] = text
    return parts


def dialect_of(written: str) -> str:
    """How variables are written in a text that does not say: AngusGM's way where it shows."""
    return "DOLLAR" if "${" in written and "{{" not in written and "{%" not in written else "JINJA"


def _present_source(source: Source) -> dict[str, Any]:
    return {
        "subject": source.subject,
        "content": source.html or source.text,
        "text": source.text if source.html and source.text else None,
        "dialect": source.dialect.upper(),
    }
