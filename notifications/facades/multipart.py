"""multipart/form-data (RFC 7578) taken apart. Pure; what the parts are for is for ``body`` to say.

Strict where leniency would cut a file short: the end must be there, a delimiter inside a part ends the reading, and
nothing is decoded on the way. Written because Django's parser hides the headers of a part, folds the case of those
it shows, and takes a body that breaks off for a whole one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.http import parse_header_parameters

from notifications.facades.refusals import BodyUnreadable

MAX_PARTS = 32
_MAX_HEADERS = 8192
#: RFC 2046, 5.1.1.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", re.ASCII)
_UNENCODED = ("", "7bit", "8bit", "binary")


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    #: None where the part is no file.
    file_name: str | None
    #: Without parameters; empty where none is given.
    content_type: str
    #: Without angle brackets.
    content_id: str | None
    data: bytes


def split(raw: bytes, boundary: str) -> tuple[Part, ...]:
    """The parts in their order. Raises BodyUnreadable."""
    if not _BOUNDARY.fullmatch(boundary):
        raise BodyUnreadable(reason="its Content-Type has no valid boundary.")
    return tuple(_parts(raw, b"--" + boundary.encode()))


def _parts(raw: bytes, delimiter: bytes) -> Iterator[Part]:
    first = 0 if raw.startswith(delimiter) else raw.find(b"\r\n" + delimiter)
    if first < 0:
        raise BodyUnreadable(reason="it does not have the boundary that its Content-Type names.")
    start = first + 2 if first else 0
    for _ in range(MAX_PARTS + 1):
        start += len(delimiter)
        if raw.startswith(b"--", start):
            return
        line_end = raw.find(b"\r\n", start)
        end = raw.find(b"\r\n" + delimiter, line_end)
        if line_end < 0 or end < 0:
            raise BodyUnreadable(reason="it ended early.")
        if raw[start:line_end].strip(b" \t"):
            raise BodyUnreadable(reason="a part holds the boundary.")
        yield _part(raw, line_end + 2, end)
        start = end + 2
    raise BodyUnreadable(reason=f"it has more than {MAX_PARTS} parts.")


def _part(raw: bytes, start: int, end: int) -> Part:
    # The blank line's own break may be the one before the delimiter, where a part is empty.
    headers_end = raw.find(b"\r\n\r\n", start, min(end + 2, start + _MAX_HEADERS))
    if headers_end < 0:
        raise BodyUnreadable(reason="a part has no headers, or too many.")
    headers = dict(_headers(raw[start:headers_end]))
    disposition, options = _parameters(headers.get("content-disposition", ""))
    if disposition != "form-data" or "name" not in options:
        raise BodyUnreadable(reason="a part has no 'Content-Disposition: form-data' with a name.")
    if headers.get("content-transfer-encoding", "").lower() not in _UNENCODED:
        raise BodyUnreadable(reason="a part has a Content-Transfer-Encoding; send its bytes as they are.")
    content_id = headers.get("content-id")
    return Part(
        name=options["name"],
        file_name=options.get("filename"),
        content_type=headers.get("content-type", "").partition(";")[0].strip(),
        content_id=content_id.removeprefix("<").removesuffix(">") if content_id is not None else None,
        data=raw[headers_end + 4 : end],
    )


def _headers(block: bytes) -> Iterator[tuple[str, str]]:
    try:
        lines = block.decode().split("\r\n")
    except UnicodeDecodeError as error:
        raise BodyUnreadable(reason="the headers of a part are not UTF-8.") from error
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.isascii() or not name.strip() or name[0] in " \t":
            raise BodyUnreadable(reason="a part has a header that is none.")
        yield name.strip().lower(), value.strip()


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    try:
        return parse_header_parameters(value)
    except (ValueError, LookupError) as error:
        raise BodyUnreadable(reason="a part has an encoded name that cannot be read.") from error
