"""Body parts as bytes: texts, encoded per message, and files, encoded once however many messages carry them."""

import re
import threading
from binascii import b2a_base64, b2a_qp
from collections import OrderedDict
from io import BytesIO

from notifications.contracts import FileIn
from notifications.delivery.mime_headers import one_line, parameter

#: Of encoded files in memory. The latest stays whatever its size, so one large file is not encoded a thousand times.
CACHE_BYTES = 16 * 1024 * 1024

_LINE = 76
#: Octets that make whole lines.
_BLOCK = 1000 * (_LINE // 4 * 3)
#: RFC 5322 2.1.1.
_LINE_LIMIT = 998
_CONTROL = bytes([*range(9), *range(11, 32), 127])
_TYPE = re.compile(r"(?!message/|multipart/)[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]")


def text_part(text: str, subtype: bytes) -> list[bytes]:
    """A text/* part with its header, in pieces. Its line ends become CRLF and it ends with one.

    No line of it can be one of our boundaries, which all begin with "--=_".
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.endswith("\n"):
        text += "\n"
    data = text.encode("utf-8", "replace")
    encoding, encoded = _encoded_text(data, is_ascii=len(data) == len(text), extra=len(data) - len(text))
    return [
        b"Content-Type: text/",
        subtype,
        b'; charset="utf-8"\r\nContent-Transfer-Encoding: ',
        encoding,
        b"\r\n\r\n",
        encoded,
    ]


def content_type(file: FileIn) -> str:
    """A plain type/subtype. Composite ones must not be base64 (RFC 2046 5), so those files go as mere bytes."""
    kind = file.content_type.strip().lower()
    return kind if _TYPE.fullmatch(kind) else "application/octet-stream"


def content_id(file: FileIn) -> str:
    """What the HTML calls an inline file, without angle brackets; empty for a file that it does not show."""
    return _NOT_IN_ID.sub("", file.content_id or "")[:120]


def file_part(file: FileIn) -> list[bytes]:
    """A file with its header, in pieces; base64."""
    return [_file_header(file), _files.encoded(file.data)]


def base64_lines(data: bytes) -> bytes:
    """Block by block: the lines of a large file as so many objects would take more memory than the file."""
    encoded = BytesIO()
    for start in range(0, len(data), _BLOCK):
        block = b2a_base64(data[start : start + _BLOCK], newline=False)
        encoded.write(b"\r\n".join([block[at : at + _LINE] for at in range(0, len(block), _LINE)]))
        encoded.write(b"\r\n")
    return encoded.getvalue()


def _encoded_text(data: bytes, *, is_ascii: bool, extra: int) -> tuple[bytes, bytes]:
    """The shortest encoding that keeps the text readable in transit, and the text in it."""
    if is_ascii and b"=_" not in data and len(data.translate(None, _CONTROL)) == len(data):
        lines = data.split(b"\n")
        if max(map(len, lines)) <= _LINE_LIMIT:
            return b"7bit", b"\r\n".join(lines)
    data = data.replace(b"\n", b"\r\n")
    # Quoted-printable triples every octet that is not ASCII; beyond a sixth of them base64 is shorter. ``extra`` is
    # about half of those octets.
    if extra * 12 > len(data):
        return b"base64", base64_lines(data)
    return b"quoted-printable", b2a_qp(data, istext=True)


def _file_header(file: FileIn) -> bytes:
    cid = content_id(file)
    disposition = "inline" if cid else "attachment"
    lines = [
        f"Content-Type: {content_type(file)}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {disposition};\r\n {parameter('filename', one_line(file.name) or 'attachment')}",
    ]
    if cid:
        lines.append(f"Content-ID: <{cid}>")
    return "\r\n".join([*lines, "", ""]).encode()


class _EncodedFiles:
    """Least recently used first out. Keyed by the bytes themselves: where they are shared a look-up costs nothing."""

    def __init__(self) -> None:
        self._encoded: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def encoded(self, data: bytes) -> bytes:
        with self._lock:
            if data in self._encoded:
                self._encoded.move_to_end(data)
                return self._encoded[data]
        encoded = base64_lines(data)
        with self._lock:
            if data not in self._encoded:
                self._encoded[data] = encoded
                self._size += len(encoded)
            while self._size > CACHE_BYTES and len(self._encoded) > 1:
                self._size -= len(self._encoded.popitem(last=False)[1])
        return encoded


_files = _EncodedFiles()
