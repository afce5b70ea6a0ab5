"""A socket that speaks SMTP: bytes out, replies in, TLS, and a deadline on every step. Knows no commands."""

import select
import socket
import ssl
import time
from functools import lru_cache

from notifications.delivery.transports.smtp_replies import NotSmtp, Reply, ReplyParser
from notifications.networks import is_public

_CHUNK = 64 * 1024
_RECEIVE = 64 * 1024


class WireLost(Exception):
    """The connection cannot be used any more. ``written``: bytes of the failed write that may have left."""

    def __init__(self, words: str, *, written: int = 0, code: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.written = written
        #: 421 where the server said good-bye, else None.
        self.code = code


class TlsRefused(WireLost):
    """The peer's certificate, or its TLS itself, is not what the route demands: nothing that waiting mends."""


class HostRefused(WireLost):
    """The host is none that this route may connect to: nothing that waiting mends."""


class Wire:
    """One connection. Each method ends in time or raises WireLost; after that only ``close`` makes sense."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._replies = ReplyParser()
        #: Replies read since the connection was made.
        self.heard = 0

    @classmethod
    def connect(cls, host: str, port: int, *, timeout_s: float, public_only: bool = False) -> "Wire":
        """TCP to the first address of ``host`` that answers; ``timeout_s`` is shared by all of them.

        With ``public_only`` all of them must be public; raises HostRefused before anything is sent to any.
        """
        deadline = time.monotonic() + timeout_s
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise WireLost(f"the host name cannot be resolved: {_reason(error)}") from error
        if public_only and not all(is_public(str(address[0])) for *_, address in addresses):
            raise HostRefused("the host is not on the public internet")
        lost: OSError | None = None
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = socket.socket(family, kind, protocol)
            # A dead first address must leave time for the next.
            sock.settimeout(max((deadline - time.monotonic()) / (len(addresses) - position), 0.001))
            try:
                sock.connect(address)
                # Envelopes and bodies are written whole; waiting for more only costs round trips.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                lost = error
            else:
                return cls(sock)
        raise WireLost(f"no connection: {_reason(lost)}") from lost

    def start_tls(self, host: str, *, verify: bool, timeout_s: float) -> None:
        """Encrypts from the next byte on. Raises TlsRefused when the peer is not the one we want.

        Plaintext that came after the reply to STARTTLS was injected by somebody in between (RFC 3207 6): also refused.
        """
        if not self._replies.is_empty:
            raise TlsRefused("the server sent plaintext after its reply to STARTTLS")
        self._socket.settimeout(timeout_s)
        try:
            self._socket = _tls_context(verify).wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise TlsRefused(f"the certificate is not valid: {error.verify_message}") from error
        except TimeoutError as error:
            raise WireLost(f"TLS took longer than {timeout_s:g} s") from error
        except ssl.SSLEOFError as error:
            raise WireLost("the server closed the connection during the TLS handshake") from error
        except (ssl.SSLError, ValueError) as error:
            raise TlsRefused(f"TLS failed: {_reason(error)}") from error
        except OSError as error:
            raise WireLost(f"connection lost during the TLS handshake: {_reason(error)}") from error

    def write(self, *pieces: bytes, timeout_s: float, stall_s: float) -> None:
        """Writes all pieces, in one packet where they are small, within ``timeout_s``.

        Gives up earlier when the peer takes nothing for ``stall_s``.
        """
        deadline = time.monotonic() + timeout_s
        written = 0
        is_small = sum(map(len, pieces)) <= _CHUNK
        try:
            for piece in [b"".join(pieces)] if is_small else pieces:
                view = memoryview(piece)
                while view:
                    self._socket.settimeout(_left(deadline, at_most=stall_s))
                    sent = self._socket.send(view[:_CHUNK])
                    written += sent
                    view = view[sent:]
        except TimeoutError as error:
            raise WireLost("the server stopped reading", written=written) from error
        except OSError as error:
            raise WireLost(f"connection lost while writing: {_reason(error)}", written=written) from error

    def read_reply(self, *, timeout_s: float) -> Reply:
        deadline = time.monotonic() + timeout_s
        try:
            while (reply := self._replies.take()) is None:
                self._socket.settimeout(_left(deadline))
                data = self._socket.recv(_RECEIVE)
                if not data:
                    raise WireLost("the server closed the connection")
                self._replies.feed(data)
        except NotSmtp as error:
            raise WireLost(str(error)) from error
        except TimeoutError as error:
            raise WireLost(f"no complete reply within {timeout_s:g} s") from error
        except OSError as error:
            raise WireLost(f"connection lost: {_reason(error)}") from error
        self.heard += 1
        return reply

    @property
    def is_quiet(self) -> bool:
        """Nothing came that we did not ask for: no stray reply, no good-bye, no end of the connection."""
        if not self._replies.is_empty:
            return False
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    @property
    def own_address(self) -> str:
        return str(self._socket.getsockname()[0])

    def close(self) -> None:
        self._socket.close()


@lru_cache(maxsize=2)
def _tls_context(verify: bool) -> ssl.SSLContext:
    """The system's trusted roots (SSL_CERT_FILE and SSL_CERT_DIR are honoured), TLS 1.2 or better."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _left(deadline: float, *, at_most: float | None = None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left if at_most is None else min(left, at_most)


def _reason(error: BaseException | None) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return str(getattr(error, "strerror", None) or error)
