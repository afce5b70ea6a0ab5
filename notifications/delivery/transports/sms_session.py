"""What all gateways for SMS share: one request a message, over one kept connection, and what silence means.

Between a request and its answer lies the same gap as behind the final dot of a mail: no answer is UNCERTAIN.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from ssl import SSLError

import httpcore

from notifications import gateways
from notifications.delivery.classify import clean_words
from notifications.delivery.transports.bounded_http import AddressRefused, Answer, BoundedHttp
from notifications.delivery.transports.failures import RouteFailed, route_failed, untried
from notifications.delivery.transports.route import Route, Timeouts
from notifications.parcel import Composed, Outcome
from notifications.sms_shape import Filled
from notifications.states import Verdict
from tenants.errors import DomainError

#: What a gateway that is asked too much does not need to hear again at once.
_DEFAULT_PAUSE = timedelta(seconds=5)


class Silence(Exception):
    """The request began to leave and no answer came."""


class GatewaySession:
    """The base. ``prepare`` reads the row's settings; ``send_one`` makes one request and judges its answer."""

    def __init__(self, route: Route, timeouts: Timeouts) -> None:
        self.route = route
        self.timeouts = timeouts
        self.is_trusted = gateways.is_trusted(is_platform=route.is_platform)
        self._http: BoundedHttp | None = None
        self._paused_until = 0.0

    def prepare(self) -> None:
        """Raises RouteFailed, and a DomainError for settings that are wrong."""
        raise NotImplementedError

    def send_one(self, composed: Composed) -> Outcome:
        """Raises RouteFailed when the message cannot have left, Silence when it may have."""
        raise NotImplementedError

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        """One outcome per message, in their order; never raises for what the network or the gateway does."""
        try:
            self.prepare()
        except RouteFailed as failure:
            return route_failed(window, failure)
        except DomainError as error:
            return route_failed(window, RouteFailed(clean_words(str(error))))
        outcomes: list[Outcome] = []
        for position, composed in enumerate(window):
            try:
                outcomes.append(self._timed(self._send_or_wait, composed))
            except RouteFailed as failure:
                return [*outcomes, *route_failed(window[position:], failure)]
        return outcomes

    def call(self, request: Filled) -> Answer:
        """Raises RouteFailed when nothing left, Silence when something did."""
        self._http = self._http or BoundedHttp(is_guarded=not self.is_trusted, connect_s=self.timeouts.connect_s)
        try:
            return self._http.send(request, timeout_s=self.timeouts.command_s)
        except (AddressRefused, UnicodeError) as error:
            # Also a name that no resolver can be asked for.
            raise RouteFailed(clean_words(str(error))) from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            words = clean_words(f"No answer from the gateway: {type(error).__name__} {error}")
            has_begun = self._http.has_begun
            self.close()
            if has_begun:
                raise Silence(words) from error
            # A certificate that is not valid does not become so by waiting. (httpcore's errors hold what caused them.)
            is_about_tls = any(isinstance(cause, SSLError) for cause in error.args)
            raise RouteFailed(words, is_passing=not is_about_tls) from error

    @property
    def is_reusable(self) -> bool:
        return self._http is not None

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _send_or_wait(self, composed: Composed) -> Outcome:
        pause = self._paused_until - time.monotonic()
        if pause > 0:
            return untried(composed, "the gateway asked us to slow down", retry_after=timedelta(seconds=pause))
        try:
            outcome = self.send_one(composed)
        except Silence as silence:
            return Outcome(message_id=composed.message_id, verdict=Verdict.UNCERTAIN, words=str(silence))
        if outcome.code in (429, 503):
            self._paused_until = time.monotonic() + (outcome.retry_after or _DEFAULT_PAUSE).total_seconds()
        return outcome

    def _timed(self, send: Callable[[Composed], Outcome], composed: Composed) -> Outcome:
        began = time.monotonic()
        outcome = send(composed)
        return replace(outcome, duration_ms=round((time.monotonic() - began) * 1000))
