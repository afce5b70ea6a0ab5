"""Header fields as bytes: folded, encoded (RFC 5322, 2047, 2231), and never more of them than were asked for. Pure.

No character of a value can end its line: control characters become spaces before anything is written.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from notifications.contracts import Address
from tenants.errors import InvalidField

_FOLD_AT = 78
#: RFC 5322 2.1.1; a word that is longer cannot be written as it stands.
_LINE_LIMIT = 998
#: Octets in one encoded word: with base64 and "=?utf-8?b??=" 68 characters, so "Subject: " fits before it.
_WORD_OCTETS = 42
_SECTION_LENGTH = 56

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LIKE_ENCODED_WORD = re.compile(r"=\?[^?]*\?[qQbB]\?")
_SINGLE_SPACE = re.compile(r"(?<=[^ ]) (?=[^ ])")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_PHRASE = re.compile(rf"{_ATEXT}+(?: {_ATEXT}+)*")
_LONG_WORD = re.compile(r"[^ ]{300}")
_QUOTED = re.compile(r'(["\\])')
_MAILBOX = re.compile(r"[^\x00-\x20\x7f-\xa0()<>\[\]:;,\\\"@\u2028\u2029\ud800-\udfff]{1,64}@[A-Za-z0-9.-]{1,255}")
_PLAIN_PARAMETER = re.compile(r"[A-Za-z0-9_.()+-]+(?: [A-Za-z0-9_.()+-]+)*")


def one_line(value: str) -> str:
    """``value`` without control characters and surrounding blanks: what a header can hold of it."""
    return value.strip() if value.isprintable() else _UNPRINTABLE.sub(" ", value).strip()


def text_header(name: str, value: str) -> bytes:
    """An unstructured header. ASCII stays readable, and intact for whoever parses it; all else is encoded words."""
    value = one_line(value)
    if value.isascii() and not _LIKE_ENCODED_WORD.search(value):
        if len(name) + 2 + len(value) <= _FOLD_AT:
            return f"{name}: {value}\r\n".encode()
        lines = _folded(name, value)
        if max(map(len, lines)) < _LINE_LIMIT:
            return "\r\n ".join(lines).encode() + b"\r\n"
    return f"{name}: {_encoded_words(value)}\r\n".encode()


def address_header(name: str, addresses: Iterable[Address]) -> bytes:
    """Mailboxes, one a line. Raises InvalidField for an address that is none."""
    return (f"{name}: " + ",\r\n ".join(map(_mailbox, addresses)) + "\r\n").encode()


def parameter(name: str, value: str) -> str:
    """``name=value`` of a MIME header, after RFC 2231 where it is not simple; a long one continues on further lines."""
    value = one_line(value)
    if len(value) <= _SECTION_LENGTH and _PLAIN_PARAMETER.fullmatch(value):
        return f'{name}="{value}"'
    sections = [""]
    for ch in value:
        escaped = quote(ch, safe="")
        # Readers decode section by section, so a character must not be divided.
        if len(sections[-1]) + len(escaped) > _SECTION_LENGTH:
            sections.append("")
        sections[-1] += escaped
    if len(sections) == 1:
        return f"{name}*=utf-8''{sections[0]}"
    sections[0] = "utf-8''" + sections[0]
    return ";\r\n ".join(f"{name}*{number}*={section}" for number, section in enumerate(sections))


def _mailbox(address: Address) -> str:
    if not _MAILBOX.fullmatch(address.email):
        raise InvalidField(field="address", reason="it cannot be written in a message.")
    display = _display(one_line(address.name)) if address.name else ""
    if not display:
        return address.email
    gap = " " if len(display) + len(address.email) < _FOLD_AT - 10 else "\r\n "
    return f"{display}{gap}<{address.email}>"


def _display(name: str) -> str:
    """A name as a phrase: bare, quoted, or encoded. A long one is folded at its spaces."""
    if not name.isascii() or _LIKE_ENCODED_WORD.search(name) or _LONG_WORD.search(name):
        return _encoded_words(name)
    phrase = name if not name or _PHRASE.fullmatch(name) else '"' + _QUOTED.sub(r"\\\1", name) + '"'
    return "\r\n ".join(_folded("", phrase)) if len(phrase) > _SECTION_LENGTH else phrase


def _folded(name: str, value: str) -> list[str]:
    """Lines that give ``value`` again when they are unfolded.

    The first word stays beside the name of the header: readers differ on whether a fold before it belongs to the value.
    """
    first, *words = _SINGLE_SPACE.split(value)
    lines = [f"{name}: {first}" if name else first]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= _FOLD_AT:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _encoded_words(value: str) -> str:
    """Base64 words of whole characters (RFC 2047 5), one a line."""
    octets = value.encode()
    words, start = [], 0
    while start < len(octets):
        end = min(start + _WORD_OCTETS, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(octets[start:end]).decode()}?=")
        start = end
    return "\r\n ".join(words)
