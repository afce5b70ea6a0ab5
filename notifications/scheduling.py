"""Later, or not at all: which times a call may ask for, and accepted messages that their caller stops or moves.

A tenant's own rows only; ``outbox`` decides, row by row, what has begun to leave.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from notifications import outbox
from notifications.contracts import Channel
from notifications.errors import ExpiryTooSoon, ScheduleTooFar, WrongState
from notifications.models import Message, Submission
from notifications.states import Status
from tenants.errors import NotFound
from tenants.models import Tenant

MAX_DAYS_AHEAD = 366
#: Messages of one call to ``find_by_…`` and ``cancel``.
MAX_MESSAGES = 100_000
_BATCH = 1000


class Stop(StrEnum):
    """What became of the wish to cancel one message."""

    #: Now or before: it will not leave.
    CANCELLED = "CANCELLED"
    TOO_LATE = "TOO_LATE"
    NOT_FOUND = "NOT_FOUND"


def check_times(due_at: datetime | None, expires_at: datetime | None, *, now: datetime) -> None:
    """Raises ScheduleTooFar, ExpiryTooSoon."""
    due_at = max(due_at or now, now)
    if due_at > now + timedelta(days=MAX_DAYS_AHEAD):
        raise ScheduleTooFar(days=MAX_DAYS_AHEAD)
    if expires_at is not None and expires_at <= due_at:
        raise ExpiryTooSoon


def find_by_out_id(tenant: Tenant, out_id: str, *, channel: Channel) -> Sequence[int]:
    """Messages that were sent under this id of the caller's, at most ``MAX_MESSAGES``; those that wait come first."""
    return _waiting_first(_rows(tenant, channel).filter(out_id=out_id))


def find_by_cancel_key(tenant: Tenant, cancel_key: str, *, channel: Channel) -> Sequence[int]:
    """As ``find_by_out_id``, for all calls with this key."""
    calls = Submission.objects.for_tenant(tenant.pk).filter(cancel_key=cancel_key)
    return _waiting_first(_rows(tenant, channel).filter(submission__in=calls.values("pk")))


def cancel(tenant: Tenant, message_ids: Sequence[int], *, channel: Channel) -> Mapping[int, Stop]:
    """Stops what has not begun to leave; says for each id what became of it, in their order.

    In batches of one short transaction each: what a crash leaves undone can be asked for again.
    """
    found: dict[int, Stop] = {}
    for batch in _batches(sorted(set(message_ids))):
        # The range spares PostgreSQL the walk over all of the tenant's messages that it prefers to a list of keys.
        rows = _rows(tenant, channel).filter(pk__in=batch, pk__range=(batch[0], batch[-1]))
        own = list(rows.values_list("pk", flat=True))
        outbox.cancel(tenant_id=tenant.pk, message_ids=own)
        ended = {pk: Status(status) for pk, status in rows.values_list("pk", "status")}
        found |= {pk: _stop(ended.get(pk)) for pk in batch}
    return {pk: found[pk] for pk in message_ids}


def reschedule(
    tenant: Tenant, message_id: int, *, due_at: datetime, now: datetime, channel: Channel, resource: str
) -> None:
    """Moves a message that waits; a time in the past means at once.

    Raises NotFound (naming ``resource``), ScheduleTooFar, ExpiryTooSoon, WrongState (it has begun to leave, or ended).
    """
    row = _rows(tenant, channel).filter(pk=message_id).values_list("status", "expires_at").first()
    if row is None:
        raise NotFound(resource=resource, id=message_id)
    status, expires_at = row
    if status == Status.PENDING:
        check_times(due_at, expires_at, now=now)
        if outbox.reschedule(tenant_id=tenant.pk, message_ids=[message_id], due_at=due_at):
            return
        status = "on its way"
    raise WrongState(status=status, action="rescheduled")


def _rows(tenant: Tenant, channel: Channel) -> QuerySet[Message]:
    return Message.objects.for_tenant(tenant.pk).filter(channel=channel)


def _waiting_first(rows: QuerySet[Message]) -> Sequence[int]:
    # So that a second call goes on where the limit ended the first.
    ids = rows.order_by("-id").values_list("pk", flat=True)
    waiting = list(ids.filter(status=Status.PENDING)[:MAX_MESSAGES])
    return waiting + list(ids.exclude(status=Status.PENDING)[: MAX_MESSAGES - len(waiting)])


def _stop(status: Status | None) -> Stop:
    if status is None:
        return Stop.NOT_FOUND
    return Stop.CANCELLED if status is Status.CANCELLED else Stop.TOO_LATE


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
