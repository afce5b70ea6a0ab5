"""JSON members as Autional's bodies have them. Pure.

Oddities: null is as good as absent, and members that nobody knows are ignored, because clients of either published
revision send what the other one does not have (autional.md 5).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notifications.facades.refusals import BodyUnreadable, FieldUnparsable
from tenants.errors import InvalidField

MAX_TEXT = 1_000_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: RFC 3339, 5.6: an instant, never a local time.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_MAX_VARIABLES = 200


class Members:
    """One JSON object. Raises BodyUnreadable when it is none."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise BodyUnreadable(reason="an object is expected.")
        self._data = data

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def text(self, name: str, *, is_required: bool = False, at_most: int = MAX_TEXT) -> str:
        """Empty where it is absent. Raises FieldUnparsable, InvalidField."""
        value = self._data.get(name)
        if value is None or value == "":
            if is_required:
                raise InvalidField(field=name, reason="it is required.")
            return ""
        if not isinstance(value, str):
            raise FieldUnparsable(field=name, reason="text is expected.")
        if len(value) > at_most:
            raise InvalidField(field=name, reason=f"at most {at_most} characters are allowed.")
        return value

    def line(self, name: str, *, is_required: bool = False, at_most: int = 200) -> str:
        """As ``text``, on one line: what ends up in a header must not be able to start another."""
        text = self.text(name, is_required=is_required, at_most=at_most)
        if _CONTROL.search(text):
            raise InvalidField(field=name, reason="line breaks and control characters are not allowed.")
        return text

    def texts(self, name: str) -> list[str]:
        """Raises FieldUnparsable."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise FieldUnparsable(field=name, reason="a list of texts is expected.")
        return value

    def flag(self, name: str) -> bool | None:
        """Raises FieldUnparsable."""
        value = self._data.get(name)
        if value is not None and not isinstance(value, bool):
            raise FieldUnparsable(field=name, reason="true or false is expected.")
        return value

    def choice(self, name: str, choices: tuple[str, ...], *, is_required: bool = False) -> str:
        """Raises FieldUnparsable, InvalidField."""
        text = self.text(name, is_required=is_required)
        if text and text not in choices:
            raise InvalidField(field=name, reason=f"one of {', '.join(choices)} is expected.")
        return text

    def variables(self, name: str) -> dict[str, str]:
        """Texts by name; numbers and booleans are written out. Raises FieldUnparsable, InvalidField."""
        value = self._data.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise FieldUnparsable(field=name, reason="an object is expected.")
        if len(value) > _MAX_VARIABLES:
            raise InvalidField(field=name, reason=f"at most {_MAX_VARIABLES} are allowed.")
        return {key: _written(f"{name}.{key[:60]}", item) for key, item in value.items()}

    def instant(self, name: str) -> datetime | None:
        """Raises FieldUnparsable."""
        text = self.text(name)
        if not text:
            return None
        try:
            if not _INSTANT.fullmatch(text):
                raise ValueError
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            reason = "an instant is written 2026-06-07T10:00:00Z (RFC 3339)."
            raise FieldUnparsable(field=name, reason=reason) from error


def _written(name: str, value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case None:
            return ""
    raise FieldUnparsable(field=name, reason="text is expected.")
