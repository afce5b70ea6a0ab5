"""The server's side of one SMTP connection: strict, pipelined, and obedient to the rulebook."""

import asyncio
import base64
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.harness.rules import Rulebook
from tests.faults.harness.speaker import Speaker

_PATH = re.compile(rb"(?:FROM|TO):<([^<>\s]*)>", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str
    mail_from: str
    recipients: tuple[str, ...]
    #: As the author wrote it: dots unstuffed.
    data: bytes
    #: Number of the connection, from 1.
    connection: int
    #: Keywords of MAIL, such as SMTPUTF8.
    keywords: str
    is_encrypted: bool
    user: str


@dataclass(slots=True)
class Manners:
    """What the server offers when it behaves."""

    pipelining: bool = True
    #: EHLO keywords besides PIPELINING, STARTTLS and AUTH.
    offers: tuple[str, ...] = ("SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES")
    #: For STARTTLS.
    tls: ssl.SSLContext | None = None
    #: Name to password; empty: no AUTH offered, none asked for.
    users: dict[str, str] = field(default_factory=dict)
    mechanisms: str = "PLAIN LOGIN"
    #: Asks for a body even when it refused every recipient, as RFC 2920 3.1 warns.
    is_eager: bool = False


class Conversation(Speaker):
    def __init__(
        self, number: int, *, manners: Manners, rules: Rulebook, on_step: Callable[[int, str], None],
        on_accept: Callable[[Accepted], None],
    ) -> None:  # fmt: skip
        super().__init__(rules)
        self._number = number
        self._manners = manners
        self._on_step = on_step
        self._on_accept = on_accept
        self._buffer = bytearray()
        self._searched = 0
        self._in_body = False
        self._mail: bytes | None = None
        self._recipients: list[str] = []
        self._login: list[bytes] | None = None
        self._user = ""
        self._upgrade: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._transport is None:
            self._transport = transport
            self._answer("BANNER", "", "220 sink.test ESMTP")
            self._flush()
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_paused = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def close(self) -> None:
        if self._upgrade is not None:
            self._upgrade.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _go_on(self) -> None:
        while not self._is_paused and (self._take_body() if self._in_body else self._take_line()):
            pass
        self._flush()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        if self._login is not None:
            self._continue_login(line)
        else:
            verb = line[:8].split(b" ", 1)[0].upper().decode("ascii", "replace")
            self._on_step(self._number, verb)
            getattr(self, f"_on_{verb.lower()}", self._on_unknown)(line)
        return True

    def _take_body(self) -> bool:
        if self._searched == 0 and self._buffer and (rule := self._rules.find("BODY")):
            self._on_step(self._number, "BODY")
            self._obey(rule, "")
            return False
        # The end of an empty body stands at the very start.
        is_empty = self._buffer.startswith(_END[2:])
        end = -2 if is_empty else self._buffer.find(_END, max(self._searched - len(_END), 0))
        if end == -1:
            self._searched = len(self._buffer)
            return False
        data = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END)]
        self._in_body, self._searched = False, 0
        self._on_dot(data)
        return True

    def _on_ehlo(self, line: bytes) -> None:
        manners = self._manners
        offers = ["sink.test", *(["PIPELINING"] if manners.pipelining else []), *manners.offers]
        if manners.tls and not self._is_encrypted:
            offers.append("STARTTLS")
        if manners.users:
            offers.append(f"AUTH {manners.mechanisms}")
        separators = ["-"] * (len(offers) - 1) + [" "]
        self._answer(
            "EHLO", line, "\r\n".join(f"250{sep}{offer}" for sep, offer in zip(separators, offers, strict=True))
        )

    def _on_helo(self, line: bytes) -> None:
        self._answer("HELO", line, "250 sink.test")

    def _on_starttls(self, line: bytes) -> None:
        if self._manners.tls is None:
            self._say("502 5.5.1 not offered")
        elif self._answer("STARTTLS", line, "220 2.0.0 go on"):
            self._start_tls(self._manners.tls)

    def _on_auth(self, line: bytes) -> None:
        words = line.split(b" ")
        mechanism = words[1].upper() if len(words) > 1 else b""
        if not self._manners.users or mechanism.decode() not in self._manners.mechanisms.split():
            self._say("504 5.5.4 unrecognised")
        elif mechanism == b"PLAIN":
            _, user, password = base64.b64decode(words[2]).split(b"\0")
            self._log_in(user, password)
        else:
            self._login = []
            self._say("334 VXNlcm5hbWU6")

    def _continue_login(self, line: bytes) -> None:
        assert self._login is not None
        self._login.append(base64.b64decode(line))
        if len(self._login) < 2:
            self._say("334 UGFzc3dvcmQ6")
            return
        user, password = self._login
        self._login = None
        self._log_in(user, password)

    def _log_in(self, user: bytes, password: bytes) -> None:
        is_right = self._manners.users.get(user.decode()) == password.decode()
        if self._answer("AUTH", user, "235 2.7.0 ok" if is_right else "535 5.7.8 bad credentials") and is_right:
            self._user = user.decode()

    def _on_mail(self, line: bytes) -> None:
        if self._manners.users and not self._user:
            self._say("530 5.7.0 log in first")
        elif self._mail is not None:
            self._say("503 5.5.1 nested MAIL")
        elif self._answer("MAIL", line, "250 2.1.0 ok"):
            self._mail = line

    def _on_rcpt(self, line: bytes) -> None:
        if self._mail is None:
            self._say("503 5.5.1 MAIL first")
        elif self._answer("RCPT", line, "250 2.1.5 ok"):
            self._recipients.append(_path(line))

    def _on_data(self, line: bytes) -> None:
        if self._mail is None or (not self._recipients and not self._manners.is_eager):
            self._say("554 5.5.1 no valid recipients")
        elif self._answer("DATA", line, "354 go on"):
            self._in_body = True

    def _on_dot(self, data: bytes) -> None:
        rule = self._rules.find("DOT", ",".join(self._recipients))
        is_fine = rule is None or rule.accepts
        if is_fine and self._recipients:
            self._on_accept(self._accepted(data))
        self._on_step(self._number, "DOT")
        self._forget()
        if rule is not None:
            self._obey(rule, "250 2.0.0 ok")
        else:
            self._say(f"250 2.0.0 Ok: queued as {self._number:04X}{len(data):06X}")

    def _on_rset(self, line: bytes) -> None:
        if self._answer("RSET", line, "250 2.0.0 ok"):
            self._forget()

    def _on_noop(self, line: bytes) -> None:
        self._say("250 2.0.0 ok")

    def _on_quit(self, line: bytes) -> None:
        self._answer("QUIT", line, "221 2.0.0 bye")
        self._flush()
        if self._transport is not None:
            self._transport.close()
        self._is_paused = True

    def _on_unknown(self, line: bytes) -> None:
        self._say("500 5.5.2 what?")

    @property
    def _is_encrypted(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    def _start_tls(self, context: ssl.SSLContext) -> None:
        self._flush()
        self._buffer.clear()
        self._is_paused = True

        async def upgrade() -> None:
            assert self._transport is not None
            try:
                new = await asyncio.get_running_loop().start_tls(self._transport, self, context, server_side=True)
            except (OSError, ssl.SSLError):
                self._transport.abort()
                return
            self._transport = new
            self._is_paused = False
            self._go_on()

        self._upgrade = asyncio.ensure_future(upgrade())

    def _accepted(self, data: bytes) -> Accepted:
        found = _MESSAGE_ID.search(data)
        data = data.replace(b"\r\n..", b"\r\n.")
        return Accepted(
            message_id=found[1].decode() if found else "",
            mail_from=_path(self._mail or b""),
            recipients=tuple(self._recipients),
            data=data[1:] if data.startswith(b"..") else data,
            connection=self._number,
            keywords=(self._mail or b"").partition(b">")[2].strip().decode(),
            is_encrypted=self._is_encrypted,
            user=self._user,
        )

    def _forget(self) -> None:
        self._mail, self._recipients = None, []


def _path(line: bytes) -> str:
    found = _PATH.search(line)
    return found[1].decode("utf-8", "replace") if found else ""
