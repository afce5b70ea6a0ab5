"""AngusGM's words for SMS templates, and ours; pure (angus.md 13).

Oddities of the contract: its templates belong to a channel, ours serve all of them, which it calls -1, its prototypes;
there is no subject; ``thirdCode`` is kept and shown for those who file it, and nothing here depends on it.
"""

from collections.abc import Mapping
from typing import Any

from notifications.facades.angus import fields
from notifications.facades.angus.locale import named_language
from notifications.facades.angus.templates_bodies import SpokenLanguage
from notifications.facades.angus.templates_wire import dialect_of
from templates_app.catalogue import TemplateRow
from templates_app.own_templates import Change

#: Of what serves all channels.
EVERY_CHANNEL = -1
_NO_VALIDITY = -1
_IGNORED = "Ignored: answers have it."


class SmsTemplateChanges(fields.Members):
    """Members that are absent or null stay as they are. Name, code flag and validity count for all languages."""

    name = fields.Text(allow_blank=False, max_length=100, help_text="What people call it.")
    content = fields.LongText(
        allow_blank=False, max_length=2_000, help_text="Plain text; variables as ${name} or {{ name }}."
    )
    verificationCode = fields.Flag(help_text="Its messages carry a code, in the variable verificationCode.")
    verificationCodeValidSecond = fields.Whole(
        min_value=-1, max_value=1_440, help_text="How long codes live. Zero and less: not said here."
    )
    thirdCode = fields.Text(max_length=80, help_text="How the provider calls it.")
    language = SpokenLanguage(help_text="Moves this text to another language.")
    id = fields.Whole(help_text=_IGNORED)
    code = fields.Text(help_text=_IGNORED)
    channelId = fields.Whole(help_text=_IGNORED)
    signature = fields.Text(help_text=_IGNORED)
    version = fields.Whole(help_text=_IGNORED)
    platform = fields.Flag(help_text=_IGNORED)


_CHANGES = SmsTemplateChanges()


def parse_changes(data: Any) -> Change:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _CHANGES.members(data)
    content = body.get("content")
    return Change(
        columns=_columns(body),
        language=body.get("language"),
        parts={} if content is None else {"text": content},
        dialect=dialect_of(content or "").lower(),
        third_code=body.get("thirdCode"),
    )


def present_template(row: TemplateRow) -> dict[str, Any]:
    """The template VO; null members are left out by the envelope."""
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "channelId": EVERY_CHANNEL,
        "content": row.source.text,
        "thirdCode": row.third_code or None,
        "language": named_language(row.language),
        "verificationCode": row.verification_code,
        "verificationCodeValidSecond": row.code_validity_s or _NO_VALIDITY,
        "version": row.version,
        "platform": row.is_platform,
    }


def _columns(body: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if body.get("name"):
        columns["name"] = body["name"]
    if body.get("verificationCode") is not None:
        columns["verification_code"] = body["verificationCode"]
    if (seconds := body.get("verificationCodeValidSecond")) is not None:
        columns["code_validity_s"] = seconds if seconds > 0 else None
    return columns
