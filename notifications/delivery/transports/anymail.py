"""Mail through an e-mail service that django-anymail knows: one HTTP request a message, over a kept connection.

The service's answer decides like an SMTP reply does; ``is_attempt`` follows the same rules as in ``smtp``. Between the
request and an answer lies the same gap as behind the final dot: no answer is UNCERTAIN, but for services that take an
idempotency key, where the same request goes again without harm.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.message import AnymailMessage
from botocore.exceptions import BotoCoreError

from notifications.delivery.classify import clean_words, esp_verdict, sum_up
from notifications.delivery.transports.anymail_backends import open_backend
from notifications.delivery.transports.anymail_failures import Failure, explain
from notifications.delivery.transports.anymail_message import addressed, to_anymail
from notifications.delivery.transports.failures import RouteFailed, route_failed, untried
from notifications.delivery.transports.route import Route, Timeouts
from notifications.parcel import Composed, Outcome, RecipientOutcome
from notifications.states import Verdict
from tenants.errors import DomainError

#: What Anymail raises for a message that a service cannot take; and, from its readers of answers, for odd ones.
_UNEXPRESSIBLE = (
    AnymailUnsupportedFeature,
    AnymailInvalidAddress,
    AnymailSerializationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)
#: Services that send a request with the same Idempotency-Key header only once (Resend: for 24 hours).
_IDEMPOTENT = frozenset({"resend"})


class AnymailSession:
    def __init__(self, route: Route, timeouts: Timeouts) -> None:
        self._route = route
        self._timeouts = timeouts
        self._backend: Any = None

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        """One outcome per message, in their order; never raises for what the network or the service does."""
        if not window:
            return []
        try:
            self._backend = self._backend or open_backend(self._route, self._timeouts)
        except (DomainError, AnymailConfigurationError, BotoCoreError, ValueError) as error:
            return route_failed(window, RouteFailed(clean_words(f"{self._route.service}: {error}")))
        outcomes: list[Outcome] = []
        for position, composed in enumerate(window):
            began = time.monotonic()
            failure = self._send_one(composed, outcomes)
            outcomes[-1] = replace(outcomes[-1], duration_ms=round((time.monotonic() - began) * 1000))
            if failure is not None and failure.ends_window:
                return [*outcomes, *self._rest(window[position + 1 :], failure)]
        return outcomes

    @property
    def is_reusable(self) -> bool:
        return self._backend is not None

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def _send_one(self, composed: Composed, outcomes: list[Outcome]) -> Failure | None:
        """Appends the outcome; returns the failure where there was one."""
        failure = None
        try:
            message = to_anymail(composed, self._route.service)
            failure = self._post(message, composed)
        except DomainError as error:
            failure = Failure(Verdict.NEVER, str(error))
        outcomes.append(_failed(composed, failure) if failure else _outcome(composed, message))
        return failure

    def _post(self, message: AnymailMessage, composed: Composed) -> Failure | None:
        if self._route.service in _IDEMPOTENT:
            self._backend.session.headers["Idempotency-Key"] = _idempotency_key(composed)
        try:
            # When all recipients are refused the statuses say so for each, as with any other answer.
            with suppress(AnymailRecipientsRefused):
                self._backend.send_messages([message])
        except AnymailAPIError as error:
            return self._explain(error)
        except _UNEXPRESSIBLE as error:
            words = clean_words(str(error) or type(error).__name__)
            if message.anymail_status.esp_response is None:
                # Found before anything was sent: an address or a file that this service cannot take.
                return Failure(Verdict.NEVER, words)
            # The request was answered, in a shape that Anymail stumbles over.
            return Failure(Verdict.UNCERTAIN, f"The answer is not understood: {words}"[:1000])
        except AnymailError as error:
            return Failure(Verdict.LATER, clean_words(str(error)), is_route_failure=True, ends_window=True)
        return None

    def _explain(self, error: AnymailAPIError) -> Failure:
        failure = explain(error)
        if failure.verdict is Verdict.UNCERTAIN and self._route.service in _IDEMPOTENT:
            return replace(failure, verdict=Verdict.LATER)
        return failure

    def _rest(self, window: Sequence[Composed], failure: Failure) -> list[Outcome]:
        if failure.is_route_failure:
            return route_failed(window, RouteFailed(failure.words, code=failure.code))
        return [untried(each, failure.words, retry_after=failure.retry_after) for each in window]


def _outcome(composed: Composed, message: AnymailMessage) -> Outcome:
    """From the statuses that the service gave each recipient."""
    status = message.anymail_status
    code = getattr(status.esp_response, "status_code", None)
    answer = clean_words(getattr(status.esp_response, "text", ""))
    given = {address.casefold(): each.status for address, each in status.recipients.items()}
    asked = addressed(composed)
    by_recipient = {}
    for recipient in dict.fromkeys(composed.rcpt_to):
        word = given.get(recipient.casefold()) or "unknown"
        verdict = esp_verdict(word)
        # Unknown, but certainly not sent: the others' faults refused the whole request, or its turn is yet to come.
        if verdict is Verdict.UNCERTAIN and ((code or 0) >= 400 or recipient not in asked):
            verdict = Verdict.LATER
        words = word if verdict is Verdict.SENT else answer or word
        by_recipient[recipient] = RecipientOutcome(verdict, code, words)
    return sum_up(composed.message_id, by_recipient, provider_id=_provider_id(status.recipients.values()))


def _failed(composed: Composed, failure: Failure) -> Outcome:
    return Outcome(
        message_id=composed.message_id,
        verdict=failure.verdict,
        code=failure.code,
        words=failure.words,
        retry_after=failure.retry_after,
        is_attempt=not failure.is_route_failure or failure.is_passing,
        is_route_failure=failure.is_route_failure,
    )


def _provider_id(statuses: Iterable[Any]) -> str:
    """Services give one id a message, or one a recipient, of which we keep the first."""
    return next((str(each.message_id)[:255] for each in statuses if each.message_id is not None), "")


def _idempotency_key(composed: Composed) -> str:
    """Stable over attempts at the same recipients; another request (fewer recipients) needs another key."""
    return hashlib.sha256(" ".join((composed.rfc_message_id, *composed.rcpt_to)).encode()).hexdigest()
