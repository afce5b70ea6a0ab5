"""Request bodies: read up to a limit, then parsed as strict JSON, with files beside it where a view takes them.

Knows HTTP and JSON, nothing of mail. What a lenient parser would let through, and a database, a template or a stack
would choke on later, is refused here: duplicate names, NaN, NUL, lone surrogates, bombs of nesting. Bodies are never
decompressed.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http.request import UnreadablePostError
from django.utils.http import parse_header_parameters
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from rest_framework.request import Request

from notifications.facades.multipart import Part, split
from notifications.facades.refusals import BodyTooLarge, BodyUnreadable, MediaTypeUnsupported
from tenants.errors import InvalidField

MAX_DEPTH = 20
#: Commas and opening brackets in the raw text. 30 MB of ``{},`` would unfold into a gigabyte of empty dictionaries.
_MAX_TOKENS = 1_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
#: What the part with the JSON may be called.
JSON_PARTS = ("body", "request")


@dataclass(frozen=True, slots=True)
class Body:
    """What came: the JSON as it was written, and the files beside it in their order."""

    json: bytes
    files: tuple[Part, ...] = ()

    @property
    def identity(self) -> bytes:
        """Equal for equal requests, though clients choose another boundary each time."""
        told = [(file.name, file.file_name, file.content_type, file.content_id) for file in self.files]
        digests = [hashlib.sha256(file.data).hexdigest() for file in self.files]
        return self.json + (repr((told, digests)).encode() if self.files else b"")


def read_json(request: Request, *, limit_bytes: int) -> Body:
    """Raises MediaTypeUnsupported, BodyTooLarge, BodyUnreadable (it ended early)."""
    if _media_type(request)[0] != "application/json":
        raise MediaTypeUnsupported
    return Body(read_bytes(request, limit_bytes=limit_bytes))


def read_json_and_files(request: Request, *, limit_bytes: int) -> Body:
    """As ``read_json``, or multipart/form-data: one part with the JSON, and parts with a file name.

    The limit is for all of them together.
    """
    media_type, options = _media_type(request)
    if media_type != "multipart/form-data":
        return read_json(request, limit_bytes=limit_bytes)
    return _assemble(split(read_bytes(request, limit_bytes=limit_bytes), options.get("boundary", "")))


def read_csv(request: Request, *, limit_bytes: int) -> bytes:
    """A file that is the whole body. Raises InvalidField, BodyTooLarge, BodyUnreadable (it ended early)."""
    if not str(request.META.get("CONTENT_TYPE", "")).strip().lower().startswith("text/csv"):
        raise InvalidField(field="Content-Type", reason="a file of the type text/csv is expected.")
    return read_bytes(request, limit_bytes=limit_bytes)


def parse_json(raw: bytes) -> Any:
    """Plain JSON values: finite numbers, storable text, at most ``MAX_DEPTH`` levels. Raises BodyUnreadable."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BodyUnreadable(reason="it is not UTF-8.") from error
    if text.count(",") + text.count("[") + text.count("{") > _MAX_TOKENS:
        raise BodyUnreadable(reason="it has too many members.")
    value = _parse(text)
    check_values(value)
    return value


def _media_type(request: Request) -> tuple[str, dict[str, str]]:
    """The type and its parameters, of a body in UTF-8 that is not compressed."""
    try:
        media_type, options = parse_header_parameters(str(request.META.get("CONTENT_TYPE", "")))
    except (ValueError, LookupError) as error:
        raise MediaTypeUnsupported from error
    charset = options.get("charset", "utf-8").strip().lower()
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if charset not in _CHARSETS or encoding not in ("", "identity"):
        raise MediaTypeUnsupported
    return media_type, options


def _assemble(parts: tuple[Part, ...]) -> Body:
    texts = [part for part in parts if part.name in JSON_PARTS]
    files = tuple(part for part in parts if part.name not in JSON_PARTS)
    if len(texts) != 1:
        raise BodyUnreadable(reason="exactly one part, named 'body' or 'request', holds the JSON.")
    stray = next((part for part in files if part.file_name is None), None)
    if stray is not None:
        raise BodyUnreadable(reason=f"the part {stray.name[:60]!a} is no file: it has no filename.")
    return Body(texts[0].data, files)


def read_bytes(request: Request, *, limit_bytes: int) -> bytes:
    """The body as it came, whatever it is. Raises BodyTooLarge, BodyUnreadable (it ended early)."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared and request.META.get("wsgi.input_terminated"):
        return _read_chunked(request, limit_bytes)
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limit_bytes):
        raise BodyTooLarge(limit_bytes=limit_bytes)
    try:
        return bytes(request.body)
    except RequestDataTooBig as error:
        raise BodyTooLarge(limit_bytes=limit_bytes) from error
    except UnreadablePostError as error:
        raise BodyUnreadable(reason="it ended early.") from error


def _read_chunked(request: Request, limit_bytes: int) -> bytes:
    """Django takes a body without Content-Length for empty; servers that mark its end let us read to it."""
    try:
        raw: bytes = request.META["wsgi.input"].read(limit_bytes + 1)
    except (OSError, ParseException) as error:
        raise BodyUnreadable(reason="it ended early.") from error
    if len(raw) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    return raw


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant, parse_float=_finite_float
        )
    except RecursionError as error:
        raise BodyUnreadable(reason=f"it is nested deeper than {MAX_DEPTH} levels.") from error
    except json.JSONDecodeError as error:
        raise BodyUnreadable(reason=f"it is not JSON (line {error.lineno}, column {error.colno}).") from error
    except ValueError as error:
        # Integers of thousands of digits: Python refuses to convert them.
        raise BodyUnreadable(reason="it has a number that is too long.") from error


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BodyUnreadable(reason="an object has two members of the same name.")
    return members


def _refuse_constant(name: str) -> Any:
    raise BodyUnreadable(reason=f"{name} is not JSON.")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BodyUnreadable(reason="it has a number that is too large.")
    return number


def check_values(value: Any) -> None:
    """Every text can be stored, and nothing is nested too deep. Raises BodyUnreadable.

    Iterative: depth is what is being judged.
    """
    todo = [([value], 0)]
    while todo:
        items, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise BodyUnreadable(reason=f"it is nested deeper than {MAX_DEPTH} levels.")
        for item in items:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, list):
                todo.append((item, depth + 1))
            elif isinstance(item, dict):
                todo.append(([*item, *item.values()], depth + 1))


def _check_text(text: str) -> None:
    # Neither PostgreSQL's text nor UTF-8 has room for these two.
    if "\0" in text or (not text.isascii() and _SURROGATE.search(text)):
        raise BodyUnreadable(reason="it has text with NUL or half of a surrogate pair.")
