"""The dashboard's figures. Each is counted up to a limit, so that a busy platform does not make a dearer page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, IntegerField, Min, OuterRef
from django.db.models.functions import Coalesce

from notifications.admin import pages
from notifications.admin.message_filters import PROBLEMS
from notifications.admin.pages import Wish
from notifications.contracts import Lane
from notifications.models import Message, Outbox
from notifications.models.ids import first_id_at
from notifications.states import Status
from tenants.admin_scoping import rows_of
from tenants.models import Tenant

QUEUE_LIMIT = 10_000
#: Messages counted per status over all tenants together, at most about this many.
_DAY_LIMIT = 200_000
_GOOD = (Status.SENT, Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class LaneState:
    lane: str
    ready: int
    sending: int
    #: When the longest-waiting of the ready ones became due.
    oldest: datetime | None

    @property
    def is_capped(self) -> bool:
        return self.ready >= QUEUE_LIMIT


@dataclass(frozen=True, slots=True)
class Queue:
    lanes: Sequence[LaneState]
    #: Scheduled for later, or between two attempts.
    waiting: int
    next_due: datetime | None
    #: Kept back by operators.
    held: int

    @property
    def is_empty(self) -> bool:
        return not self.waiting and not self.held and not any(lane.ready or lane.sending for lane in self.lanes)


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours, by acceptance. ``is_capped``: a tenant has more than was counted."""

    sent: int
    pending: int
    problems: int
    is_capped: bool


def queue(wish: Wish) -> Queue:
    """Six queries over the outbox, each along one of its indexes."""
    # The outbox belongs to the workers and has no owner of its own; the tenants of the wish narrow it.
    rows = Outbox.objects.all() if wish.tenants is None else Outbox.objects.filter(tenant_id__in=wish.tenants)
    sending = dict(rows.filter(leased_until__isnull=False).values_list("lane").annotate(n=Count("pk")).order_by())
    waiting = rows.filter(rank=None, leased_until=None, hold_id=None).order_by("due_at")[:QUEUE_LIMIT]
    later = waiting.aggregate(n=Count("pk"), due=Min("due_at"))
    held = rows.filter(hold_id__isnull=False).order_by("hold_id").values("hold_id")[:QUEUE_LIMIT]
    return Queue(
        lanes=tuple(_lane(rows, lane, sending.get(lane.value, 0)) for lane in Lane),
        waiting=later["n"],
        next_due=later["due"],
        held=held.count(),
    )


def _lane(rows: Any, lane: Lane, sending: int) -> LaneState:
    ready = rows.filter(lane=lane.value, leased_until=None, rank__isnull=False).order_by("rank")[:QUEUE_LIMIT]
    seen = ready.aggregate(n=Count("pk"), oldest=Min("due_at"))
    return LaneState(lane=lane.name.title(), ready=seen["n"], sending=sending, oldest=seen["oldest"])


def last_day(wish: Wish, *, now: datetime) -> Day:
    """One query: per tenant and status an index-only look at ids, each cut at its share of the limit."""
    tenants = Tenant.objects.order_by()
    if wish.tenants is not None:
        tenants = tenants.filter(pk__in=wish.tenants)
    share = max(100, _DAY_LIMIT // max(1, tenants.count()))
    since = first_id_at(now - timedelta(days=1))

    def counted(status: Status) -> Any:
        rows = Message.objects.for_tenant(OuterRef("pk"))  # type: ignore[arg-type]
        ids = rows.filter(status=status, id__gte=since).order_by("-id").values("id")[: share + 1]
        return Coalesce(Func(ArraySubquery(ids), function="cardinality", output_field=IntegerField()), 0)

    shown = (*_GOOD, Status.PENDING, *PROBLEMS)
    per_tenant = tenants.annotate(**{f"n_{status.lower()}": counted(status) for status in shown})
    names = [f"n_{status.lower()}" for status in shown]
    sums = dict.fromkeys(shown, 0)
    is_capped = False
    for row in per_tenant.values_list(*names):
        for status, n in zip(shown, row, strict=True):
            sums[status] += min(n, share)
            is_capped |= n > share
    return Day(
        sent=sum(sums[status] for status in _GOOD),
        pending=sums[Status.PENDING],
        problems=sum(sums[status] for status in PROBLEMS),
        is_capped=is_capped,
    )


def latest_problems(wish: Wish, *, limit: int) -> Sequence[Message]:
    """The newest messages that want somebody's eyes, of all time."""
    sources = tuple({"status": status} for status in PROBLEMS)
    found = pages.read(Wish(tenants=wish.tenants, sources=sources), pages.Edge(), size=limit)
    return _rows(wish, found.ids)


def latest_messages(wish: Wish, *, limit: int) -> Sequence[Message]:
    return _rows(wish, pages.read(wish, pages.Edge(), size=limit).ids)


def _rows(wish: Wish, ids: Sequence[int]) -> Sequence[Message]:
    rows = rows_of(Message, wish.tenants).filter(pk__in=ids).select_related("tenant").order_by("-id")
    return list(rows.only("id", "tenant", "status", "recipient", "subject", "created_at", "failure_reason"))
