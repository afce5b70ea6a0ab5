"""Mail through an SMTP server: one kept connection per session, a window of messages at a time.

What counts as an attempt, when the connection is at fault:

- No connection, no greeting, a broken handshake: an attempt of the window's first message only.
- A refused login, a certificate that is not valid, STARTTLS missing: nobody's attempt (see ``route_failed``).
- Lost in the middle: an attempt of the one message under way, UNCERTAIN when its end had gone out. Messages before it
  have their outcome, messages after it were never tried.
"""

from collections.abc import Sequence

from notifications.delivery.transports.failures import RouteFailed, route_failed, untried
from notifications.delivery.transports.route import Route, Timeouts
from notifications.delivery.transports.smtp_client import Connection, connect
from notifications.delivery.transports.smtp_pipeline import Pipeline
from notifications.delivery.transports.smtp_wire import WireLost
from notifications.parcel import Composed, Outcome
from tenants.errors import SealBroken

#: A connection that has carried so many messages is replaced: servers and balancers like to move their clients on.
DELIVERIES_PER_CONNECTION = 1000


class _Stale(Exception):
    pass


class SmtpSession:
    def __init__(self, route: Route, timeouts: Timeouts) -> None:
        self._route = route
        self._timeouts = timeouts
        self._connection: Connection | None = None

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        """One outcome per message, in their order; never raises for what the network or the server does."""
        if not window:
            return []
        if (kept := self._kept()) is not None:
            try:
                return self._send_over(kept, window, was_kept=True)
            except _Stale:
                pass
        try:
            self._connection = connect(self._route, self._timeouts)
        except RouteFailed as failure:
            return route_failed(window, failure)
        except SealBroken as error:
            return route_failed(window, RouteFailed(str(error)))
        return self._send_over(self._connection, window)

    @property
    def is_reusable(self) -> bool:
        return self._connection is not None and self._connection.wire.is_quiet

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _kept(self) -> Connection | None:
        """The connection of the window before, unless it ended meanwhile or has served its time."""
        connection = self._connection
        if connection and (connection.deliveries >= DELIVERIES_PER_CONNECTION or not connection.wire.is_quiet):
            self.close()
        return self._connection

    def _send_over(
        self, connection: Connection, window: Sequence[Composed], *, was_kept: bool = False
    ) -> list[Outcome]:
        """Raises _Stale when a kept connection was at its end before this window began; none of it was sent then."""
        heard_before = connection.wire.heard
        pipeline = Pipeline(connection)
        try:
            pipeline.send(window)
        except WireLost as lost:
            self._connection = None
            connection.wire.close()
            heard = connection.wire.heard - heard_before
            if was_kept and (heard == 0 or (heard == 1 and lost.code == 421)):
                raise _Stale from lost
            return [pipeline.outcomes.get(each.message_id) or untried(each, lost.words) for each in window]
        except RouteFailed as failure:
            self.close()
            failed = {outcome.message_id: outcome for outcome in route_failed(window, failure)}
            return list((failed | pipeline.outcomes).values())
        return [pipeline.outcomes[each.message_id] for each in window]
