"""Reads what the catcher kept. Mail is hostile: nothing in it, however broken, may raise, run or take long."""

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

_NAME = re.compile(r"[0-9]{1,20}[0-9A-Za-z._-]{0,80}\.eml")
_HEAD_BYTES = 64 * 1024
_HEADERS_SHOWN, _VALUE_CHARS = 200, 2_000
_TEXT_CHARS = 2_000_000
_DEPTH = 30
#: Python offers these under the same roof; mail does not use them, and some take very long.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list."""

    name: str
    arrived_at: datetime
    sender: str
    recipients: list[str]
    subject: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """Something attached, or shown inside the HTML when it has a ``content_id``."""

    filename: str
    content_type: str
    content_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    summary: Summary
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    parts: list[Part]


class Mailbox:
    def __init__(self, maildir: Path) -> None:
        self._folder = maildir / "new"

    def names(self) -> list[str]:
        """All messages, newest first."""
        if not self._folder.is_dir():
            return []
        return sorted((name for name in os.listdir(self._folder) if _NAME.fullmatch(name)), reverse=True)

    def find(self, name: str) -> Path | None:
        """The file of a message; None when there is none, whatever the name tries."""
        path = self._folder / name
        return path if _NAME.fullmatch(name) and path.is_file() else None


def summarise(path: Path) -> Summary:
    """Reads only the head of the file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return _summary(path, _parse(head.partition(b"\r\n\r\n")[0]))


def read(path: Path) -> Mail:
    """Takes the whole message apart. What cannot be taken apart is missing; the file itself never is."""
    message = _parse(path.read_bytes())
    text, html = None, None
    parts: list[Part] = []
    for leaf in _leaves(message):
        is_body = leaf.get_content_maintype() == "text" and not _filename(leaf)
        if is_body and leaf.get_content_subtype() == "plain" and text is None:
            text = _words(leaf)
        elif is_body and leaf.get_content_subtype() == "html" and html is None:
            html = _words(leaf)
        else:
            parts.append(_part(leaf, number=len(parts) + 1))
    headers = [(name, _clear(value)) for name, value in _raw_headers(message)[:_HEADERS_SHOWN]]
    return Mail(_summary(path, message), headers, text, html, parts)


def _parse(content: bytes) -> "Message[str, str]":
    try:
        # The old policy on purpose: the new one parses addresses on access and raises on some broken ones.
        return message_from_bytes(content)
    except RecursionError:
        return BytesHeaderParser().parsebytes(content)


def _raw_headers(message: "Message[str, str]") -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in message.raw_items()]


def _summary(path: Path, message: "Message[str, str]") -> Summary:
    headers = [(name.lower(), value) for name, value in _raw_headers(message)]

    def values(wanted: str) -> list[str]:
        return [_clear(value) for name, value in headers if name == wanted]

    seconds = int(path.name.partition(".")[0]) / 1e9
    return Summary(
        name=path.name,
        arrived_at=datetime.fromtimestamp(min(seconds, 4e9), UTC),
        sender=next(iter(values("from") or values("return-path")), ""),
        recipients=values("delivered-to"),
        subject=next(iter(values("subject")), ""),
        size_bytes=path.stat().st_size,
    )


def _leaves(message: "Message[str, str]", depth: int = 0) -> Iterator["Message[str, str]"]:
    content = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(content, list) and depth < _DEPTH:
        for part in content:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _part(leaf: "Message[str, str]", *, number: int) -> Part:
    content_type = _printable(leaf.get_content_type())[:100]
    return Part(
        filename=_filename(leaf) or f"part-{number}",
        content_type=content_type,
        content_id=_printable(str(leaf.get("Content-ID", ""))).strip("<> "),
        content=_bytes(leaf),
    )


def _bytes(leaf: "Message[str, str]") -> bytes:
    content = leaf.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    try:
        return b"\r\n".join(part.as_bytes() for part in leaf.get_payload() if isinstance(part, Message))
    except (LookupError, ValueError, TypeError, RecursionError):
        return b""


def _words(leaf: "Message[str, str]") -> str:
    content = _bytes(leaf)[: 4 * _TEXT_CHARS]
    try:
        codec = codecs.lookup(leaf.get_content_charset("utf-8")).name
        words = content.decode("utf-8" if codec in _NO_CHARSETS else codec, "replace")
    except (LookupError, ValueError):
        words = content.decode("utf-8", "replace")
    return _encodable(words[:_TEXT_CHARS])


def _filename(leaf: "Message[str, str]") -> str:
    try:
        name = leaf.get_filename() or ""
    except (LookupError, ValueError):
        return "attachment"
    return _clear(name).replace("/", "_").replace("\\", "_").strip(". ")[:120]


def _clear(raw: str) -> str:
    """A header as people read it: encoded words decoded, raw UTF-8 understood, on one line."""
    raw = raw[:_VALUE_CHARS].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        clear = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        clear = raw
    return _printable(clear)


def _printable(text: str) -> str:
    return _CONTROL.sub(" ", _encodable(text)).strip()


def _encodable(text: str) -> str:
    """Without lone surrogates, which no reply could carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
