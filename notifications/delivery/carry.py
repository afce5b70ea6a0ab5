"""One job: messages of one route, carried window by window over one session and settled. Runs in a thread of its own.

Each settle also marks the window that follows, so a crash leaves at most one window per connection in doubt.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

from notifications import attachments, outbox
from notifications.contracts import Channel, FileIn, Lane
from notifications.delivery import health
from notifications.delivery.compose import compose
from notifications.delivery.recipients import fold
from notifications.delivery.transports import Route, Timeouts, open_session
from notifications.models import MailServer, Message
from notifications.models.route import ServerKind
from notifications.outbox import Lease
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tenants import identities
from tenants.errors import DomainError
from tenants.identities import DomainKey

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Messages in flight on one connection: what a crash can at most send twice. One, where somebody waits for the mail.
WINDOW = {Lane.URGENT: 1, Lane.NORMAL: 20, Lane.BULK: 20}
#: An SMS costs money each time, and its request takes far longer than to settle it.
_SMS_WINDOW = 1
#: Pause of messages whose route failed before their turn: by then another job knows more about the route.
_AFTER_ROUTE_FAILURE = timedelta(seconds=2)
#: Less than a lease and than the time that a worker has to end in.
_INSIST_S, _INSIST_PAUSE_S = 20.0, 0.2


class Stop(Protocol):
    """What tells workers to finish what they hold: a threading or multiprocessing Event."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Job:
    server: MailServer
    messages: Sequence[Message]
    lease: Lease
    #: The route failed lately: success is news that must be recorded.
    is_doubtful: bool = False
    #: Which of the route's connections it uses; see ``slots``.
    slot: int = 0
    #: When it says so, the job ends after the window in hand and gives the rest back.
    stop: Stop | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)


def carry(job: Job) -> Counter[Verdict]:
    """Sends what the job holds and settles every outcome; returns how the attempts ended.

    When something unforeseen happens it raises, and the outcomes known by then are settled; what is in flight stays
    leased, and the reaper will call it uncertain.
    """
    counts: Counter[Verdict] = Counter()
    done: list[tuple[Outcome, int | None]] = []
    is_reached = False
    files = attachments.load({message.submission_id for message in job.messages})
    keys = _keys(job)
    try:
        with open_session(Route.of(job.server), timeouts=job.timeouts) as session:
            windows = list(_windows(job.messages))
            for position, window in enumerate(windows):
                if job.stop is not None and job.stop.is_set():
                    _give_back(windows[position:], job.lease)
                    break
                composed, failed = _compose_all(window, job.server, files, keys)
                done += [(outcome, job.server.pk) for outcome in failed]
                may_go = _settle(done, job.lease, counts, mark_next=[each.message_id for each in composed])
                done = []
                outcomes = session.send([each for each in composed if each.message_id in may_go])
                done = [(_folded(outcome, window), job.server.pk) for outcome in outcomes]
                if failure := next((outcome for outcome in outcomes if outcome.is_route_failure), None):
                    health.record_failure(job.server, failure.words)
                    rest = [message for later in windows[position + 1 :] for message in later]
                    done += [(_postponed(message, job.server), None) for message in rest]
                    break
                is_reached = is_reached or any(outcome.is_attempt for outcome in outcomes)
            else:
                if job.is_doubtful:
                    _report(job.server, is_reached)
    finally:
        _settle(done, job.lease, counts)
    return counts


def _keys(job: Job) -> Mapping[tuple[int, str], DomainKey]:
    """What the job's mail is signed with. E-mail services make the bytes themselves, and sign them as well."""
    if job.server.kind != ServerKind.SMTP:
        return {}
    return identities.find_keys({message.tenant_id for message in job.messages})


def _report(server: MailServer, is_reached: bool) -> None:
    """What a job without a failure says of a route that failed lately: nothing, if none of its messages got there."""
    if is_reached:
        health.record_success(server)
    else:
        health.withdraw_trial(server.pk)


def _give_back(windows: Sequence[Sequence[Message]], lease: Lease) -> None:
    outbox.release([message.pk for window in windows for message in window], lease=lease)


def _windows(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Consecutive messages of one lane, as many as may be in flight at once."""
    window: list[Message] = []
    for message in messages:
        limit = _SMS_WINDOW if message.channel == Channel.SMS else WINDOW[Lane(message.lane)]
        if window and (message.lane != window[0].lane or len(window) >= limit):
            yield window
            window = []
        window.append(message)
    if window:
        yield window


def _compose_all(
    window: Sequence[Message],
    server: MailServer,
    files: Mapping[int, tuple[FileIn, ...]],
    keys: Mapping[tuple[int, str], DomainKey],
) -> tuple[list[Composed], list[Outcome]]:
    """The composed messages, and the outcomes of those that cannot be composed: one bad message stops no other."""
    composed, failed = [], []
    for message in window:
        try:
            composed.append(compose(message, server, files.get(message.submission_id, ()), keys=keys))
        except (OperationalError, InterfaceError):
            # The database's fault and not this message's: the job breaks off, and all of it goes later.
            raise
        except DomainError as error:
            failed.append(Outcome(message_id=message.pk, verdict=Verdict.NEVER, words=str(error)))
        except Exception as error:
            # Whatever is wrong with this row is wrong with it next time too; the rest of the batch must leave.
            log.exception("Message %s could not be composed", message.pk)
            words = f"Internal error while composing: {type(error).__name__}"
            failed.append(Outcome(message_id=message.pk, verdict=Verdict.NEVER, words=words))
    return composed, failed


def _folded(outcome: Outcome, window: Sequence[Message]) -> Outcome:
    message = next(message for message in window if message.pk == outcome.message_id)
    everyone = dict.fromkeys([*message.to, *message.cc, *message.bcc])
    return fold(outcome, everyone=list(everyone), earlier=message.recipient_outcomes)


def _postponed(message: Message, server: MailServer) -> Outcome:
    words = f"The server '{server.name}' failed before this message's turn."
    return Outcome(
        message_id=message.pk, verdict=Verdict.LATER, words=words, retry_after=_AFTER_ROUTE_FAILURE, is_attempt=False
    )


def _settle(
    outcomes: Sequence[tuple[Outcome, int | None]],
    lease: Lease,
    counts: Counter[Verdict],
    *,
    mark_next: Sequence[int] = (),
) -> frozenset[int]:
    settled = _insist(partial(outbox.settle, outcomes, lease=lease, mark_next=mark_next))
    counts.update(outcome.verdict for outcome, _ in outcomes if outcome.is_attempt)
    return settled.marked


def _insist(settle: Callable[[], T]) -> T:
    """Settles, if need be when the database is back: what is known of mail that has left must not be forgotten.

    Raises OperationalError or InterfaceError when it stays away. To settle twice does no harm: the second time the rows
    are not ours any more.
    """
    deadline = time.monotonic() + _INSIST_S
    while True:
        try:
            return settle()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("The database did not record what was sent; trying again. %s", error)
            close_old_connections()
            time.sleep(_INSIST_PAUSE_S)
