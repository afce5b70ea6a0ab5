"""Contacts as CSV: what a line may say, and all that is wrong with a file (see ``sheets``).

A column that is not there leaves what it would change as it is; an empty cell clears it. Pure but for the reading.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from tenants import sheets
from tenants.directory import clean_codes, clean_email, clean_phone
from tenants.errors import FileRefused, InvalidField
from tenants.models import Contact
from tenants.sheets import MAX_BYTES, Line, LineError, written

__all__ = ["COLUMNS", "MAX_BYTES", "MAX_ROWS", "Line", "LineError", "Sheet", "read", "write"]

MAX_ROWS = 100_000
_MAX_NAME = 200
_MAX_GROUPS = 50
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_BETWEEN_NUMBERS = re.compile(r"[\s,;|]+")
_TRUTH = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Sheet:
    columns: frozenset[str]
    lines: tuple[Line, ...]
    errors: tuple[LineError, ...]


def read(data: bytes) -> Sheet:
    """Every line that can be read and everything that is wrong with the others.

    Raises FileRefused where the file as a whole is of no use: size, encoding, header, broken quotes.
    """
    columns, rows = sheets.read(data, _READERS, max_rows=MAX_ROWS)
    if not {"user_id", "email"} & columns:
        raise FileRefused(reason="it has neither user_id nor email, by which contacts are told apart.")
    lines: list[Line] = []
    errors: list[LineError] = []
    for line in rows:
        if isinstance(line, LineError):
            errors.append(line)
        elif line.values.get("user_id") is None and line.values.get("email") is None:
            errors.append(LineError(line.number, "", "neither user_id nor email is given."))
        else:
            lines.append(line)
    return Sheet(columns, tuple(lines), tuple(errors))


def write(contacts: Iterable[Contact], groups: Mapping[int, Mapping[str, list[int]]]) -> Iterator[str]:
    """The file that ``read`` takes back, line by line. ``groups``: numbers by contact's pk and column."""
    yield "\ufeff" + written(COLUMNS)
    for contact in contacts:
        of_one = groups.get(contact.pk, {})
        cells = {
            "user_id": contact.user_id,
            "name": contact.name,
            "email": contact.email,
            "phone": contact.phone,
            "language": contact.language,
            "policies": " ".join(contact.policies),
            "depts": " ".join(map(str, of_one.get("depts", []))),
            "groups": " ".join(map(str, of_one.get("groups", []))),
            "is_active": "yes" if contact.is_active else "no",
        }
        yield written("" if cells[column] is None else str(cells[column]) for column in COLUMNS)


def _read_name(text: str) -> str:
    if len(text) > _MAX_NAME:
        raise InvalidField(field="name", reason=f"longer than {_MAX_NAME} characters.")
    return text


def _read_number(text: str) -> int | None:
    if text and not _NUMBER.fullmatch(text):
        raise InvalidField(field="user_id", reason="a number of at most 18 digits is expected.")
    return int(text) if text else None


def _read_numbers(text: str) -> list[int]:
    written = [number for number in _BETWEEN_NUMBERS.split(text) if number]
    if len(written) > _MAX_GROUPS or not all(_NUMBER.fullmatch(number) for number in written):
        raise InvalidField(field="groups", reason=f"at most {_MAX_GROUPS} numbers are expected, parted by blanks.")
    return list(dict.fromkeys(map(int, written)))


def _read_language(text: str) -> str:
    try:
        Contact._meta.get_field("language").run_validators(text)
    except ValidationError as error:
        raise InvalidField(field="language", reason=" ".join(error.messages)) from error
    return text


def _read_truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise InvalidField(field="is_active", reason="yes or no is expected.")
    return _TRUTH[text.lower()]


_READERS: dict[str, Callable[[str], Any]] = {
    "user_id": _read_number,
    "name": _read_name,
    "email": clean_email,
    "phone": clean_phone,
    "language": _read_language,
    "policies": clean_codes,
    "depts": _read_numbers,
    "groups": _read_numbers,
    "is_active": _read_truth,
}
COLUMNS = tuple(_READERS)
