"""From a route to an SMTP connection that is ready for mail: banner, EHLO, STARTTLS, AUTH (RFC 5321, 3207, 4954)."""

import base64
import re
import socket
from dataclasses import dataclass

from notifications.delivery.transports.failures import RouteFailed
from notifications.delivery.transports.route import Route, Timeouts
from notifications.delivery.transports.smtp_replies import Reply
from notifications.delivery.transports.smtp_wire import HostRefused, TlsRefused, Wire, WireLost
from notifications.networks import MAIL_PORTS

_HOST_NAME = re.compile(r"[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server's latest EHLO offered; nothing after HELO."""

    pipelining: bool = False
    smtputf8: bool = False
    eight_bit: bool = False
    starttls: bool = False
    #: SIZE is a keyword of MAIL.
    size: bool = False
    #: Largest message it takes; 0: it does not say.
    size_limit: int = 0
    auth: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, ehlo: Reply) -> "Capabilities":
        # The first line greets. "AUTH=" is how servers wrote it before RFC 2554; some still write both.
        lines = [line.decode("ascii", "replace").upper().replace("=", " ").split() for line in ehlo.lines[1:]]
        offered = {words[0]: words[1:] for words in lines if words}
        auth = {mechanism for words in lines if words[:1] == ["AUTH"] for mechanism in words[1:]}
        limit = next(iter(offered.get("SIZE", ())), "0")
        return cls(
            pipelining="PIPELINING" in offered,
            smtputf8="SMTPUTF8" in offered,
            eight_bit="8BITMIME" in offered,
            starttls="STARTTLS" in offered,
            size="SIZE" in offered,
            size_limit=int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 19 else 0,
            auth=frozenset(auth),
        )


@dataclass(slots=True)
class Connection:
    wire: Wire
    timeouts: Timeouts
    capabilities: Capabilities
    #: Messages whose bodies went out over it.
    deliveries: int = 0
    #: A transaction was begun and given up: RSET must come before the next one.
    needs_reset: bool = False

    def say(self, command: str) -> Reply:
        """One command, one reply."""
        command_s = self.timeouts.command_s
        self.wire.write(command.encode() + b"\r\n", timeout_s=command_s, stall_s=command_s)
        return self.wire.read_reply(timeout_s=command_s)

    def close(self) -> None:
        """Says good-bye without waiting for the answer."""
        try:
            self.wire.write(b"QUIT\r\n", timeout_s=1, stall_s=1)
        except WireLost:
            pass
        finally:
            self.wire.close()


def connect(route: Route, timeouts: Timeouts) -> Connection:
    """A connection that may send mail. Raises RouteFailed, and SealBroken when the password cannot be opened."""
    if route.public_only and route.port not in MAIL_PORTS:
        raise RouteFailed(f"port {route.port} is not one of mail servers")
    try:
        wire = Wire.connect(route.host, route.port, timeout_s=timeouts.connect_s, public_only=route.public_only)
    except WireLost as lost:
        raise RouteFailed(lost.words, is_passing=not isinstance(lost, HostRefused)) from lost
    connection = Connection(wire, timeouts, Capabilities())
    is_ready = False
    try:
        _greet(connection, route)
        if route.username:
            _log_in(connection, route)
        is_ready = True
    except WireLost as lost:
        raise RouteFailed(lost.words, is_passing=not isinstance(lost, TlsRefused)) from lost
    finally:
        if not is_ready:
            wire.close()
    return connection


def _greet(connection: Connection, route: Route) -> None:
    """Up to the EHLO whose capabilities count: the one after encryption, where there is any."""
    if route.implicit_tls:
        _encrypt(connection, route)
    banner = connection.wire.read_reply(timeout_s=connection.timeouts.command_s)
    if banner.code != 220:
        raise _refused("the server does not take mail now", banner, is_passing=True)
    _hello(connection)
    if route.starttls and not route.implicit_tls:
        if not connection.capabilities.starttls:
            raise RouteFailed("the server does not offer STARTTLS, which this route demands")
        answer = connection.say("STARTTLS")
        if answer.code != 220:
            raise _refused("STARTTLS was refused", answer, is_passing=answer.code < 500)
        _encrypt(connection, route)
        # What was said before is forgotten (RFC 3207 4.2): it may have been somebody else's.
        _hello(connection)


def _encrypt(connection: Connection, route: Route) -> None:
    connection.wire.start_tls(route.host, verify=route.verify_certificate, timeout_s=connection.timeouts.connect_s)


def _hello(connection: Connection) -> None:
    name = _own_name(connection.wire)
    answer = connection.say(f"EHLO {name}")
    if answer.code == 250:
        connection.capabilities = Capabilities.parse(answer)
        return
    if answer.code >= 500:
        # A server from before 1995 (RFC 5321 3.2); it offers nothing, STARTTLS included.
        answer = connection.say(f"HELO {name}")
    connection.capabilities = Capabilities()
    if answer.code != 250:
        raise _refused("the server refused our greeting", answer, is_passing=True)


def _log_in(connection: Connection, route: Route) -> None:
    """PLAIN, else LOGIN. The route demands encryption unless its operator switched it off, so none is checked here."""
    password = route.password.reveal() if route.password else ""
    offered = connection.capabilities.auth
    if "PLAIN" in offered:
        answer = connection.say("AUTH PLAIN " + _b64(f"\0{route.username}\0{password}"))
    elif "LOGIN" in offered:
        answer = connection.say("AUTH LOGIN")
        for secret in (route.username, password):
            if answer.code == 334:
                answer = connection.say(_b64(secret))
    else:
        raise RouteFailed(f"the server offers no login that we know (it offers: {' '.join(sorted(offered)) or 'none'})")
    if answer.code != 235:
        raise _refused("the login was refused", answer, is_passing=False)


def _refused(what: str, answer: Reply, *, is_passing: bool) -> RouteFailed:
    return RouteFailed(f"{what}: {answer.code} {answer.words}", code=answer.code, is_passing=is_passing)


def _own_name(wire: Wire) -> str:
    """Our name in EHLO: the host's, if it has a full one, else the address literal (RFC 5321 4.1.4). Asks no DNS."""
    name = socket.gethostname()
    if _HOST_NAME.fullmatch(name):
        return name
    address = wire.own_address
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
