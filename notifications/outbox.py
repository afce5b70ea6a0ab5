"""The outbox: enqueue, claim, settle, reap, cancel, requeue. The only writer of ``Message.status``.

A row of the outbox exists while something is still to do. Workers lease rows, mark a window of them in flight before
any byte of their bodies leaves, and settle them; ``sql`` holds the statements, this module the policy.
"""

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import Case, F, When

from notifications.contracts import Lane
from notifications.models import Message, Outbox
from notifications.nudge import nudge
from notifications.parcel import Outcome
from notifications.sql import accepting, working
from notifications.sql.working import Settled
from notifications.states import Status, Verdict, may_follow

#: Waits between attempts; after the last one the message fails. DESIGN 6.6.
RETRY_WAITS = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600))
_JITTER = 0.2
#: A message that was claimed this often and never settled is taken for what kills its workers.
CRASH_LIMIT = 3
#: How many of those that were there when a worker died go together the next time. Before the last time each goes alone.
SUSPECTS = 10
_WORDS_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Lease:
    """A batch in the hands of one worker. Everybody else skips its rows until ``settings.LEASE_SECONDS`` lapse."""

    key: UUID = field(default_factory=uuid4)
    #: Attempts made before, by message id, in the order in which the messages should leave.
    attempts: dict[int, int] = field(default_factory=dict)
    #: What it holds was there when a worker died.
    is_suspect: bool = False
    #: Nobody tries again: what does not succeed under it ends FAILED, whatever the server may say of later.
    is_final: bool = False


def enqueue(
    submission: dict[str, Any], shared: dict[str, Any], messages: Iterable[dict[str, Any]], *, count: int
) -> tuple[int, list[int]]:
    """Makes a submission and its ``count`` messages durable, due from now or from ``submission["due_at"]``.

    ``shared`` holds the columns that the messages have in common. Those that bring a status have ended with it.
    Returns (submission id, message ids in order). The workers are nudged when the surrounding transaction commits.
    """
    ids = accepting.accept(submission, shared, messages, count=count)
    transaction.on_commit(partial(nudge, Lane(submission["lane"])), robust=True)
    return ids


def take(message_ids: Sequence[int], *, tenant_id: int) -> Lease:
    """Leases exactly these, for one attempt that is the last. Call it in the transaction that enqueued them.

    So no worker can have them before the caller, who must be done before ``settings.LEASE_SECONDS`` lapse.
    """
    lease = Lease()
    rows = working.take(message_ids, tenant_id=tenant_id, lease=lease.key, lease_s=settings.LEASE_SECONDS)
    attempts = dict(rows)
    return Lease(key=lease.key, attempts={id_: attempts[id_] for id_ in message_ids if id_ in attempts}, is_final=True)


def claim(*, lane: Lane, limit: int, skip_tenants: Collection[int] = (), with_suspect: bool = True) -> Lease:
    """Leases up to ``limit`` ready messages of this lane and more urgent ones, first the lane, then the fair order.

    Messages that were there when a worker died are leased apart, where ``with_suspect`` allows it: few at a time, then
    each alone. A process must not have two such leases at a time, or its own death would speak against both.
    """
    lease = Lease()
    rows = working.claim(
        lane=int(lane),
        limit=limit,
        skip_tenants=list(skip_tenants),
        with_suspect=with_suspect,
        few=SUSPECTS,
        crash_limit=CRASH_LIMIT,
        lease=lease.key,
        lease_s=settings.LEASE_SECONDS,
    )
    return Lease(
        key=lease.key,
        attempts={id_: attempts for id_, attempts, _ in rows},
        is_suspect=any(is_suspect for _, _, is_suspect in rows),
    )


def promote() -> int:
    """Makes ready what has become due (scheduled mail, retries); returns how many, at most a thousand at a time."""
    return working.promote(limit=1000)


def mark(message_ids: Sequence[int], *, lease: Lease) -> Settled:
    """Marks the first window of a lease in flight; later windows are marked by the ``settle`` of the one before."""
    return settle((), lease=lease, mark_next=message_ids)


def settle(outcomes: Iterable[tuple[Outcome, int | None]], *, lease: Lease, mark_next: Sequence[int] = ()) -> Settled:
    """Records (outcome, route id) pairs and, in the same statement, marks the next window in flight.

    Only messages in ``Settled.marked`` may be sent: the others were cancelled or reaped meanwhile. An uncertain message
    goes again or is held, as its tenant's ``held_lanes`` say; after its last attempt it is held.
    """
    rows = [
        _settlement(outcome, route_id, attempts=lease.attempts.get(outcome.message_id, 0), is_final=lease.is_final)
        for outcome, route_id in outcomes
    ]
    if not rows and not mark_next:
        return Settled(held=frozenset(), marked=frozenset())
    return working.settle(rows, mark=mark_next, lease=lease.key, lease_s=settings.LEASE_SECONDS)


def extend(lease: Lease) -> int:
    """Prolongs a lease that is still being worked on; returns the number of messages left under it."""
    return working.extend(lease=lease.key, lease_s=settings.LEASE_SECONDS)


def release(message_ids: Sequence[int], *, lease: Lease) -> int:
    """Gives back, for others to claim at once, those not marked in flight; returns how many."""
    return working.release(message_ids, lease=lease.key)


def reap() -> int:
    """Takes back what dead workers left, at most a thousand rows; returns how many.

    Rows that had not begun to leave are ready again. Those in flight become uncertain attempts. Those that were there
    each time a worker died end FAILED, so that they stop killing the next one.
    """
    lease = Lease()
    rows = working.reap(limit=1000, crash_limit=CRASH_LIMIT, lease=lease.key, lease_s=settings.LEASE_SECONDS)
    settlements = [
        _settlement(_post_mortem(id_, in_flight, is_killer), None, attempts=0) | {"is_crash": True}
        for id_, in_flight, is_suspect, is_killer in rows
        if is_suspect
    ]
    if settlements:
        working.settle(settlements, mark=(), lease=lease.key, lease_s=settings.LEASE_SECONDS)
    return len(rows)


def cancel(*, tenant_id: int, message_ids: Sequence[int]) -> frozenset[int]:
    """Stops messages that have not begun to leave; returns the ids that are cancelled now.

    An id that is missing from the answer was sent, is being sent, ended before, or is not this tenant's.
    """
    return frozenset(working.cancel(tenant_id=tenant_id, message_ids=message_ids))


def reschedule(*, tenant_id: int, message_ids: Sequence[int], due_at: datetime) -> frozenset[int]:
    """Moves messages that wait for their time to another one; returns the ids moved. The others have begun to leave."""
    with transaction.atomic():
        waiting = Outbox.objects.filter(tenant_id=tenant_id, message_id__in=message_ids, lease=None, attempt=0)
        ids = list(waiting.select_for_update().values_list("message_id", flat=True))
        # Out of any hold as well, whose end would make it due; if the hold is still there then, it holds again.
        Outbox.objects.filter(message_id__in=ids).update(due_at=due_at, rank=None, hold_id=None)
        Message.objects.for_tenant(tenant_id).filter(pk__in=ids).update(due_at=due_at)
    return frozenset(ids)


def wake(hold_id: int) -> int:
    """Makes due what waited for an operators' hold; returns how many messages."""
    return Outbox.objects.filter(hold_id=hold_id, rank=None).update(hold_id=None, due_at=TransactionNow())


def requeue(*, tenant_id: int, message_ids: Sequence[int]) -> frozenset[int]:
    """Sends ended messages once more, from now: failed, expired, partly sent, uncertain ones. Returns the ids requeued.

    Recipients that were reached before are not sent to again. A message whose code was erased cannot be; one that
    still has its code keeps its end, for a code that arrives after it is worse than none.
    """
    requeueable = [status for status in Status if status is not Status.SENT and may_follow(status, Status.PENDING)]
    messages = Message.objects.for_tenant(tenant_id)
    with transaction.atomic():
        rows = list(
            messages.filter(pk__in=message_ids, status__in=requeueable)
            .exclude(is_code=True, secrets=None)
            .select_for_update()
            .only("id", "lane", "recipient_outcomes")
        )
        ids = [row.pk for row in rows]
        messages.filter(pk__in=ids).update(
            status=Status.PENDING, finished_at=None, expires_at=Case(When(is_code=True, then=F("expires_at")))
        )
        _reopen_recipients(tenant_id, rows)
        Outbox.objects.bulk_create(
            Outbox(message_id=row.pk, tenant_id=tenant_id, lane=row.lane, due_at=TransactionNow()) for row in rows
        )
        for lane in {row.lane for row in rows}:
            transaction.on_commit(partial(nudge, Lane(lane)), robust=True)
    return frozenset(ids)


def _reopen_recipients(tenant_id: int, rows: Iterable[Message]) -> None:
    """Forgets refusals; otherwise whoever was refused once would be left out of every later attempt."""
    changed = [row for row in rows if row.recipient_outcomes]
    for row in changed:
        outcomes = row.recipient_outcomes or {}
        row.recipient_outcomes = {to: each for to, each in outcomes.items() if each["verdict"] == Verdict.SENT} or None
    Message.objects.for_tenant(tenant_id).bulk_update(changed, ["recipient_outcomes"])


def _settlement(outcome: Outcome, route_id: int | None, *, attempts: int, is_final: bool = False) -> dict[str, Any]:
    """One row for ``working.settle``: the status that follows from a verdict, and the wait before another attempt."""
    status = _STATUS_AFTER[outcome.verdict]
    wait = None if is_final else _wait(outcome, attempts=attempts)
    if wait is None and (status is Status.PENDING or (is_final and status is Status.UNCERTAIN)):
        status = Status.PARTIAL if _is_sent_to_some(outcome) else Status.FAILED
    return {
        "message_id": outcome.message_id,
        "status": status,
        "verdict": outcome.verdict,
        "delay_s": (wait or timedelta()).total_seconds(),
        "route_id": route_id,
        "code": outcome.code,
        "words": outcome.words[:_WORDS_LIMIT],
        "recipients": {
            address: {"verdict": each.verdict, "code": each.code, "words": each.words[:_WORDS_LIMIT]}
            for address, each in outcome.recipients.items()
        }
        or None,
        "provider_id": outcome.provider_id,
        "is_attempt": outcome.is_attempt,
        "duration_ms": outcome.duration_ms,
        "hold_id": outcome.hold_id,
        "is_crash": False,
        "is_last": wait is None,
    }


_STATUS_AFTER = {
    Verdict.SENT: Status.SENT,
    Verdict.PARTIAL: Status.PARTIAL,
    Verdict.LATER: Status.PENDING,
    Verdict.NEVER: Status.FAILED,
    Verdict.UNCERTAIN: Status.UNCERTAIN,
    Verdict.EXPIRED: Status.EXPIRED,
    Verdict.SUPPRESSED: Status.SUPPRESSED,
}


def _wait(outcome: Outcome, *, attempts: int) -> timedelta | None:
    """How long until the next attempt; None when there is none left. The server's own hint wins over our schedule."""
    if not outcome.is_attempt:
        return outcome.retry_after or RETRY_WAITS[0]
    if attempts >= len(RETRY_WAITS):
        return None
    # Jitter keeps the retries of a batch that failed together from arriving together.
    wait = outcome.retry_after or RETRY_WAITS[attempts]
    return wait * (1 + random.uniform(-_JITTER, _JITTER))


def _is_sent_to_some(outcome: Outcome) -> bool:
    return any(each.verdict is Verdict.SENT for each in outcome.recipients.values())


def _post_mortem(message_id: int, in_flight: bool, is_killer: bool) -> Outcome:
    if is_killer:
        words = f"Quarantined: {CRASH_LIMIT} workers in a row died while they held this message."
        if in_flight:
            words = f"{words} It may or may not have arrived."
        return Outcome(message_id=message_id, verdict=Verdict.NEVER, words=words)
    words = "The worker died while this message was leaving; it may or may not have arrived."
    return Outcome(message_id=message_id, verdict=Verdict.UNCERTAIN, words=words)
