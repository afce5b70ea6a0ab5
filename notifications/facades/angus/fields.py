"""AngusGM's typing rules for JSON members, as DRF fields (angus.md 1.4). Pure.

Oddities: scalars may come as strings; enums in any case, or as an object with a ``value``; some enums turn unknown
values into null and others refuse them; local times have a blank, never a ``T``.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField

from notifications.facades.angus.envelope import DATE_FORMAT
from notifications.facades.angus.locale import canonical_language
from notifications.facades.refusals import BodyUnreadable, FieldUnparsable
from templates_app.biz_keys import stored_spelling
from tenants.errors import DomainError, InvalidField

MAX_LONG = 2**63 - 1
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}
#: Of texts.
REQUIRED: dict[str, Any] = {"required": True, "allow_null": False, "allow_blank": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LANGUAGE_CHARS = 20
_DATE = re.compile(r"(?:19[7-9]|[2-9]\d\d)\d-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
#: DRF's error codes for a value of the right type in the wrong amount; all others mean that it cannot be read at all.
_VALIDATION_CODES = frozenset({"required", "null", "blank", "max_length", "max_value", "min_value", "control"})


class Members(serializers.Serializer[Any]):
    """A JSON object with known members. The first bad one ends the reading; one that nobody knows is a bad one."""

    def members(self, data: Any, *, path: str = "") -> dict[str, Any]:
        """The values of the members that were sent. ``path`` goes before the names of members in refusals.

        Raises InvalidField, FieldUnparsable, BodyUnreadable.
        """
        if not isinstance(data, Mapping):
            reason = "an object is expected."
            raise FieldUnparsable(field=path.rstrip("."), reason=reason) if path else BodyUnreadable(reason=reason)
        unknown = next((name for name in data if name not in self.fields), None)
        if unknown is not None:
            raise InvalidField(field=f"{path}{unknown[:60]}", reason="there is no such member.")
        return dict(self._values(data, path))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """As a member of another object: known members of its own, or null."""
        is_empty, data = self.validate_empty_values(data)
        return data if is_empty else self.members(data, path=f"{self.field_name}.")

    def _values(self, data: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
        for name, field in self.fields.items():
            try:
                yield name, field.run_validation(field.get_value(data))
            except SkipField:
                continue
            except ValidationError as error:
                raise _refusal(f"{path}{name}", error.detail) from error


class LongText(serializers.CharField):
    """Text of any lines, blanks kept. Null is no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**OPTIONAL | {"allow_blank": True, "trim_whitespace": False} | options)


class Text(LongText):
    """As LongText, on one line: what ends up in a header must not be able to start another."""

    default_error_messages = {"control": "Line breaks and control characters are not allowed."}

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if _CONTROL.search(text):
            self.fail("control")
        return text


class Flag(serializers.BooleanField):
    """``true``, ``"true"``, ``1`` and their opposites."""

    TRUE_VALUES = {True, "true", "1"}
    FALSE_VALUES = {False, "false", "0"}
    NULL_VALUES = {None, ""}

    def __init__(self, **options: Any) -> None:
        required = options.pop("required", False)
        super().__init__(required=required, allow_null=not required, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.strip().lower() if isinstance(data, str) else data)


class Whole(serializers.IntegerField):
    """A whole number, also as a string of its digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**OPTIONAL | {"min_value": -MAX_LONG - 1, "max_value": MAX_LONG} | options)

    def to_internal_value(self, data: Any) -> int:
        text = data.strip() if isinstance(data, str) else data
        if isinstance(text, bool) or not (isinstance(text, int) or (isinstance(text, str) and _WHOLE.fullmatch(text))):
            self.fail("invalid")
        return int(text)


class Choice(serializers.ChoiceField):
    """A plain enum: in any case, or as ``{"value": …}``; an unknown value cannot be read."""

    def to_internal_value(self, data: Any) -> Any:
        text = _enum_text(data)
        if text == "" and self.allow_null:
            return None
        known = {str(name).upper(): name for name in self.choices}
        if text is None or text.upper() not in known:
            self.fail("invalid_choice", input=str(data)[:60])
        return known[text.upper()]


class BizKey(Text):
    """What a message is for: a key of the vendor's, in any case or as ``{"value": …}``, or one of a tenant's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, trim_whitespace=True, **options)

    def to_internal_value(self, data: Any) -> str:
        text = _enum_text(data)
        if text is None:
            self.fail("invalid")
        return stored_spelling(super().to_internal_value(text))


class LenientChoice(Choice):
    """A message enum: an unknown value is null."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            return None


class Language(serializers.CharField):
    """A language tag, in the spelling of our templates; what is no tag is null. Templates know what to fall back to."""

    default_error_messages = {"max_length": "At most {max_length} characters are allowed."}

    def __init__(self, **options: Any) -> None:
        super().__init__(**OPTIONAL | {"allow_blank": True} | options)

    def to_internal_value(self, data: Any) -> Any:
        text = _enum_text(data) or ""
        if len(text) > _LANGUAGE_CHARS:
            self.fail("max_length", max_length=_LANGUAGE_CHARS)
        return canonical_language(text)


class LocalTime(serializers.CharField):
    """``yyyy-MM-dd HH:mm:ss`` in the server's zone, since 1970."""

    default_error_messages = {"form": "A time is written yyyy-MM-dd HH:mm:ss."}

    def __init__(self, **options: Any) -> None:
        super().__init__(**OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not _DATE.fullmatch(data):
            self.fail("form")
        try:
            naive = datetime.strptime(data, DATE_FORMAT)  # noqa: DTZ007 - the zone is given to it below
        except ValueError:
            self.fail("form")
        return timezone.make_aware(naive)


class Objects(serializers.ListField):
    """A list of objects with known members."""

    def __init__(self, *, limit: int, child: Members, **options: Any) -> None:
        self.limit = limit
        self.item = child
        super().__init__(child=child, **OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > self.limit:
            raise ValidationError(f"At most {self.limit} are allowed.", code="max_length")
        return [self.item.members(item, path=f"{self.field_name}[{n}].") for n, item in enumerate(data)]


def _enum_text(data: Any) -> str | None:
    text = data.get("value") if isinstance(data, Mapping) else data
    return text.strip() if isinstance(text, str) else None


def _refusal(field: str, detail: Any) -> DomainError:
    """The first of DRF's complaints. Too much and too little is invalid, anything else cannot be parsed."""
    while not isinstance(detail, ErrorDetail):
        detail = next(iter(detail.values() if isinstance(detail, Mapping) else detail))
    kind = InvalidField if detail.code in _VALIDATION_CODES else FieldUnparsable
    return kind(field=field, reason=str(detail))
