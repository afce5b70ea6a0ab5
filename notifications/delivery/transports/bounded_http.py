"""One kept HTTP connection whose every request has an end: for gateways that a tenant may have chosen to harm us.

The address that a socket connects to is what is judged, after name resolution, so that no name leads behind our walls.
All reads and writes of a request share one deadline, so that bytes which drip do not hold a thread for ever.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from notifications.networks import is_public
from notifications.sms_shape import Filled

MAX_ANSWER_BYTES = 64 * 1024


class AddressRefused(Exception):
    """The name leads to an address that this route may not use."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class _Turn:
    """The request under way."""

    deadline: float = 0.0
    #: Its first byte went out, so the other side may act on it.
    has_begun: bool = False

    def patience(self, limit: float | None) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if limit is None else min(left, limit)


class BoundedHttp:
    """``is_guarded``: public addresses only."""

    def __init__(self, *, is_guarded: bool, connect_s: float) -> None:
        self._connect_s = connect_s
        self._turn = _Turn()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=1,
            keepalive_expiry=5.0,
            network_backend=_Backend(self._turn, is_guarded=is_guarded),
        )

    @property
    def has_begun(self) -> bool:
        """The latest request began to leave: after an exception it may have been acted upon."""
        return self._turn.has_begun

    def send(self, request: Filled, *, timeout_s: float) -> Answer:
        """Redirects are answers. Raises AddressRefused and httpcore's NetworkError, TimeoutException, ProtocolError."""
        self._turn.deadline, self._turn.has_begun = time.monotonic() + timeout_s, False
        patience = {"connect": self._connect_s, "read": timeout_s, "write": timeout_s, "pool": timeout_s}
        headers = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in request.headers]
        with self._pool.stream(
            request.method,
            request.url,
            headers=[*headers, (b"User-Agent", b"Angarium"), (b"Accept-Encoding", b"identity")],
            content=request.body,
            extensions={"timeout": patience},
        ) as response:
            names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, names, _beginning(response.iter_stream()))

    def close(self) -> None:
        self._pool.close()


def _beginning(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= MAX_ANSWER_BYTES:
            break
    return bytes(body[:MAX_ANSWER_BYTES])


class _Backend(httpcore.SyncBackend):
    def __init__(self, turn: _Turn, *, is_guarded: bool) -> None:
        self._turn = turn
        self._is_guarded = is_guarded

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = _judged_address(host, port) if self._is_guarded else host
        try:
            patience = self._turn.patience(timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("Looking up the name took too long.") from error
        return _Stream(super().connect_tcp(address, port, patience, local_address, socket_options), self._turn)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, turn: _Turn) -> None:
        self._stream = stream
        self._turn = turn

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._patience(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._turn.has_begun = True
        self._stream.write(buffer, self._patience(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        patience = self._patience(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, patience), self._turn)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _patience(self, limit: float | None, timeout: type[httpcore.TimeoutException]) -> float:
        try:
            return self._turn.patience(limit)
        except TimeoutError as error:
            raise timeout from error


def _judged_address(host: str, port: int) -> str:
    """The one address to connect to. Every address of the name must be permitted, or none is used."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"The name {host} cannot be resolved: {error}") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused(f"{host} is not on the public internet.")
    return addresses[0]
