"""The ways out. A transport takes windows of composed messages and says what became of each; it knows no rows.

with open_session(Route.of(server)) as session:
    outcomes = session.send(window)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from notifications import gateways
from notifications.delivery.transports.anymail import AnymailSession
from notifications.delivery.transports.anymail_backends import check_place, check_service, services
from notifications.delivery.transports.failures import RouteFailed, route_failed
from notifications.delivery.transports.pool import KeptSession, Session, pool
from notifications.delivery.transports.route import Route, Timeouts
from notifications.delivery.transports.sms_capture import CaptureSession
from notifications.delivery.transports.sms_http import HttpSession
from notifications.delivery.transports.smtp import SmtpSession
from notifications.models.route import ServerKind
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict

if find_spec("twilio") is not None:
    from notifications.delivery.transports.sms_twilio import TwilioSession

__all__ = ["Route", "Session", "Timeouts", "check_place", "check_service", "close_idle", "open_session", "services"]

_DEFAULT = Timeouts()


@contextmanager
def open_session(route: Route, *, timeouts: Timeouts = _DEFAULT) -> Iterator[Session]:
    """A session for this thread alone. Its connection is made by the first ``send`` and kept for later sessions.

    Waits while the route has no free connection, at most ``command_s``; then the session sends nothing and says so.
    """
    if not pool.enter(route, timeout_s=timeouts.command_s):
        yield _Crowded(route)
        return
    session = pool.take(route) or _begin(route, timeouts)
    is_sound = False
    try:
        yield session
        is_sound = session.is_reusable
    finally:
        if is_sound:
            pool.keep(route, session, idle_s=timeouts.idle_s)
        else:
            session.close()
        pool.leave(route)


def close_idle() -> None:
    """Closes connections unused for too long. ``open_session`` does so for itself; call it where nothing is sent."""
    pool.close_idle()


class _WithoutTwilio:
    """Stands in where the optional package is not installed: SMS wait until it is."""

    is_reusable = False

    def __init__(self, route: Route, timeouts: Timeouts) -> None:
        pass

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        return route_failed(window, RouteFailed(gateways.TWILIO_MISSING))

    def close(self) -> None:
        pass


_SESSIONS: dict[ServerKind, Callable[[Route, Timeouts], KeptSession]] = {
    ServerKind.SMTP: SmtpSession,
    ServerKind.ANYMAIL: AnymailSession,
    ServerKind.HTTP: HttpSession,
    ServerKind.CAPTURE: CaptureSession,
    ServerKind.TWILIO: TwilioSession if find_spec("twilio") is not None else _WithoutTwilio,
}


def _begin(route: Route, timeouts: Timeouts) -> KeptSession:
    return _SESSIONS[route.kind](route, timeouts)


class _Crowded:
    """Stands in where all connections of a route are busy."""

    def __init__(self, route: Route) -> None:
        self._words = f"All {route.max_connections} connections of this server are in use."

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        return [
            Outcome(message_id=each.message_id, verdict=Verdict.LATER, words=self._words, is_attempt=False)
            for each in window
        ]
