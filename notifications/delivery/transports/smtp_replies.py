"""SMTP replies, parsed as their bytes arrive and bounded before they are complete. Pure.

A peer that sends something else than replies, or more than any reply may hold, is not believed for another byte.
"""

import re
from dataclasses import dataclass

from notifications.delivery.classify import clean_words

#: RFC 5321 4.5.3.1.5 allows 512 octets a line; real servers send longer ones, nobody sends these.
LINE_CAP = 4096
#: Of one reply with all its lines. The longest EHLO replies in the wild are below 2 KiB.
REPLY_CAP = 64 * 1024

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class NotSmtp(Exception):
    """The peer broke the protocol. Its words are not kept: they may be megabytes, or another protocol's secrets."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    #: The lines without code and line end, as sent.
    lines: tuple[bytes, ...]

    @property
    def words(self) -> str:
        """For a human: one line, without control characters, cut to what we store."""
        return clean_words(" ".join(line.decode("utf-8", "replace") for line in self.lines))


class ReplyParser:
    """``feed`` it what the socket gives, ``take`` complete replies off it."""

    __slots__ = ("_at", "_buffer", "_code", "_lines", "_size")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._lines: list[bytes] = []
        self._code = 0
        self._size = 0

    @property
    def is_empty(self) -> bool:
        """False while there are bytes that belong to no reply taken so far."""
        return self._at == len(self._buffer) and not self._lines

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data
        self._at = 0

    def take(self) -> Reply | None:
        """The next complete reply, None when more bytes are needed. Raises NotSmtp, after which nothing else works."""
        while True:
            newline = self._buffer.find(b"\n", self._at)
            end = newline if newline >= 0 else len(self._buffer)
            if end - self._at > LINE_CAP:
                raise NotSmtp("a line of the reply is too long")
            if newline < 0:
                return None
            line = self._buffer[self._at : newline].removesuffix(b"\r")
            self._at = newline + 1
            if self._is_last(line):
                reply = Reply(self._code, tuple(self._lines))
                self._lines, self._size = [], 0
                return reply

    def _is_last(self, line: bytes) -> bool:
        found = _LINE.fullmatch(line)
        if found is None:
            raise NotSmtp("the server sent something that is no SMTP reply")
        code = int(found[1])
        if self._lines and code != self._code:
            raise NotSmtp("the lines of one reply have different codes")
        self._code = code
        self._lines.append(found[3] or b"")
        self._size += len(line)
        if self._size > REPLY_CAP:
            raise NotSmtp("the reply is too long")
        return found[2] != b"-"
