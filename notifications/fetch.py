"""Files from foreign addresses, fetched at accept and guarded against the use of our network position (SSRF).

The address that a socket connects to is what is judged, after name resolution and for each redirect anew, so neither a
name that resolves to an inner address nor one that changes its mind (DNS rebinding) gets through. No credentials, no
cookies, no proxies, nothing unpacked; time and size are bounded.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
from django.conf import settings

from notifications.contracts import FileAt, FileIn
from notifications.errors import AttachmentUnreachable, AttachmentUnsupported
from notifications.networks import is_public

#: For all files of a request together.
DEADLINE_S = 10.0
MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")


class _Refused(Exception):
    """Why a file is not fetched, for the caller's eyes."""


def fetch_all(files: Sequence[FileIn | FileAt]) -> tuple[FileIn, ...]:
    """The files in their order, those given by address fetched side by side.

    Raises AttachmentUnsupported, AttachmentUnreachable.
    """
    foreign = [file for file in files if isinstance(file, FileAt)]
    if not foreign:
        return tuple(file for file in files if isinstance(file, FileIn))
    deadline = time.monotonic() + DEADLINE_S
    with ThreadPoolExecutor(len(foreign)) as threads:
        fetched = threads.map(lambda file: _fetch(file, deadline), foreign)
        return tuple(file if isinstance(file, FileIn) else next(fetched) for file in files)


def _fetch(file: FileAt, deadline: float) -> FileIn:
    try:
        data, content_type = _get(file.url, deadline)
    except _Refused as error:
        raise AttachmentUnsupported(name=file.name, reason=str(error)) from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise AttachmentUnreachable(name=file.name, reason=f"no answer within {DEADLINE_S:g} seconds.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise AttachmentUnreachable(name=file.name, reason="its server cannot be reached.") from error
    return FileIn(name=file.name, data=data, content_type=content_type, content_id=file.content_id)


def _get(url: str, deadline: float) -> tuple[bytes, str]:
    """Body and content type after at most MAX_REDIRECTS redirects."""
    with httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=_Guarded()) as pool:
        for _ in range(MAX_REDIRECTS + 1):
            _check_url(url)
            with pool.stream("GET", url, headers=_headers(url), extensions=_patience(deadline)) as response:
                headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
                if response.status in (301, 302, 303, 307, 308) and b"location" in headers:
                    url = urljoin(url, headers[b"location"])
                    continue
                if response.status != 200:
                    raise _Refused(f"its server answered {response.status}.")
                if headers.get(b"content-encoding", "identity") != "identity":
                    raise _Refused("its server sent it compressed.")
                return _read(response.iter_stream(), deadline), _media_type(headers.get(b"content-type", ""))
    raise _Refused(f"more than {MAX_REDIRECTS} redirects.")


def _read(chunks: Iterable[bytes], deadline: float) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BYTES:
            raise _Refused(f"it is larger than {MAX_BYTES} bytes.")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _Refused("the url is malformed.") from error
    schemes = ("https", "http") if settings.FETCH_ALLOWED_NETWORKS else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise _Refused("an https url is needed.")
    if parts.username is not None or parts.password is not None:
        raise _Refused("the url may not carry a user name.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _Refused("the url has characters that urls may not have.")
    if port == 0:
        raise _Refused("the url is malformed.")


def _headers(url: str) -> list[tuple[str, str]]:
    return [
        ("Host", urlsplit(url).netloc),
        ("User-Agent", "Angarium"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
    ]


def _patience(deadline: float) -> dict[str, Any]:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return {"timeout": {"connect": left, "read": left, "write": left, "pool": left}}


def _media_type(header: str) -> str:
    """What the server calls it, without parameters; anything odd is plain bytes."""
    media_type = header.partition(";")[0].strip().lower()
    return media_type if _CONTENT_TYPE.fullmatch(media_type) else "application/octet-stream"


class _Guarded(httpcore.SyncBackend):
    """Connects only to addresses that are public, or that the operator has named."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = _judged_address(host, port)
        return super().connect_tcp(address, port, timeout, local_address, socket_options)

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise _Refused("an https url is needed.")


def _judged_address(host: str, port: int) -> str:
    """The one address to connect to. Every address of the name must be permitted, or none is used."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Refused("its server's name cannot be resolved.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    permitted = settings.FETCH_ALLOWED_NETWORKS
    if not addresses or not all(is_public(address, besides=permitted) for address in addresses):
        raise _Refused("its server is not on the public internet.")
    return addresses[0]
