"""A composed message as RFC 5322 bytes, put together from pieces that are encoded once where messages share them.

Per message remain the date, the recipients, the subject and the texts. Everything is 7-bit but mailboxes with a
non-ASCII local part, which are written as they are (RFC 6532): the transport knows whether the server takes them.
Bcc is never written.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from notifications.contracts import Address
from notifications.delivery.mime_headers import address_header, text_header
from notifications.delivery.mime_parts import content_id, file_part, text_part
from notifications.header_names import check_header
from notifications.parcel import Composed


def build(composed: Composed, *, now: float | None = None) -> bytes:
    """The message with CRLF line ends, dated ``now`` (POSIX time; None: this moment).

    Raises InvalidField when a header may not be set or an address cannot be written.
    """
    pieces = [
        _date(int(time.time() if now is None else now)),
        text_header("Message-ID", composed.rfc_message_id),
        address_header("To", composed.to) if composed.to else b"",
        address_header("Cc", composed.cc) if composed.cc else b"",
        b"" if composed.to or composed.cc else b"To: undisclosed-recipients:;\r\n",
        text_header("Subject", composed.subject),
        *(text_header(name, value) for name, value in composed.own_headers.items()),
        _shared_headers(composed.sender, composed.reply_to, tuple(composed.headers.items())),
    ]
    return b"".join([*pieces, *_content(composed)])


def _content(composed: Composed) -> list[bytes]:
    """The body from its Content-Type on. A message without any text has an empty one."""
    texts = []
    if composed.text is not None or composed.html is None:
        texts.append(text_part(composed.text or "", b"plain"))
    if composed.html is not None:
        texts.append(text_part(composed.html, b"html"))
    content = texts[0] if len(texts) == 1 else _multipart(b"alternative", texts)
    if composed.files:
        inline = [file for file in composed.files if composed.html is not None and content_id(file)]
        attached = [file for file in composed.files if file not in inline]
        if inline:
            content = _multipart(b"related", [content, *map(file_part, inline)])
        if attached:
            content = _multipart(b"mixed", [content, *map(file_part, attached)])
    return content


def _multipart(subtype: bytes, parts: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Parts one level deeper. Each subtype nests once, so its name makes a boundary of its own.

    "=_" cannot occur in base64 or quoted-printable, and our 7-bit texts avoid it: no boundary is ever inside a part.
    """
    boundary = b"=_" + subtype
    pieces = [b"Content-Type: multipart/", subtype, b'; boundary="', boundary, b'"\r\n']
    for part in parts:
        pieces += (b"\r\n--", boundary, b"\r\n", *part)
    pieces += (b"\r\n--", boundary, b"--\r\n")
    return pieces


@lru_cache(maxsize=1024)
def _shared_headers(sender: Address, reply_to: tuple[Address, ...], headers: tuple[tuple[str, str], ...]) -> bytes:
    for name, _ in headers:
        check_header(name)
    return b"".join(
        [
            address_header("From", [sender]),
            address_header("Reply-To", reply_to) if reply_to else b"",
            *(text_header(name, value) for name, value in headers),
            b"MIME-Version: 1.0\r\n",
        ]
    )


@lru_cache(maxsize=4)
def _date(second: int) -> bytes:
    return f"Date: {format_datetime(datetime.fromtimestamp(second, UTC))}\r\n".encode()
