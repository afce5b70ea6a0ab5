"""Sessions kept between calls: per route and process, used by one thread at a time, never beyond their time."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from notifications.delivery.transports.route import Route
from notifications.parcel import Composed, Outcome


class Session(Protocol):
    """One way out, held by one thread."""

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        """One outcome per message, in their order. Whatever the network or the server does, it does not raise."""
        ...


class KeptSession(Session, Protocol):
    @property
    def is_reusable(self) -> bool:
        """There is a connection, and nothing about it is in doubt."""
        ...

    def close(self) -> None:
        """Lets go of the connection, politely but without waiting; never raises."""
        ...


@dataclass(slots=True, eq=False)
class _Idle:
    session: KeptSession
    version: datetime
    until: float


@dataclass(slots=True)
class Pool:
    _idle: dict[int, list[_Idle]] = field(default_factory=lambda: defaultdict(list))
    _in_use: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def enter(self, route: Route, *, timeout_s: float) -> bool:
        """Takes one of the route's places; False when none came free in time. ``leave`` gives it back."""
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._in_use[route.id] < max(route.max_connections, 1), timeout=timeout_s
            )
            self._in_use[route.id] += int(free)
            return free

    def leave(self, route: Route) -> None:
        with self._changed:
            self._in_use[route.id] -= 1
            self._changed.notify_all()

    def take(self, route: Route) -> KeptSession | None:
        """The freshest kept session of exactly this version of the route, if there is one."""
        self.close_idle(route)
        with self._changed:
            return self._idle[route.id].pop().session if self._idle[route.id] else None

    def keep(self, route: Route, session: KeptSession, *, idle_s: float) -> None:
        with self._changed:
            self._idle[route.id].append(_Idle(session, route.version, time.monotonic() + idle_s))

    def close_idle(self, route: Route | None = None) -> None:
        """Closes what was idle for too long, and of ``route`` what belongs to an older version of it."""
        now = time.monotonic()
        closing = []
        with self._changed:
            for route_id, kept in self._idle.items():
                version = route.version if route and route.id == route_id else None
                stale = [each for each in kept if each.until < now or version not in (None, each.version)]
                kept[:] = [each for each in kept if each not in stale]
                closing += stale
        for each in closing:
            each.session.close()

    def close(self) -> None:
        """Closes all that is idle. Sessions in use are closed or kept by who uses them."""
        with self._changed:
            closing = [each for kept in self._idle.values() for each in kept]
            self._idle.clear()
        for each in closing:
            each.session.close()

    def forget(self) -> None:
        """In a forked child: the connections are the parent's, whose conversations we must not touch."""
        self._idle, self._in_use = defaultdict(list), defaultdict(int)
        self._changed = threading.Condition()


pool = Pool()
os.register_at_fork(after_in_child=pool.forget)
