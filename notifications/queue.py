"""The queue as operators see it now: per lane, tenant and route how much waits, for how long, and how fast it leaves.

Read-only. It looks at what is in the outbox and at the latest attempts, each up to a limit, and never at the history.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DurationField, Expression, ExpressionWrapper, Min, Q
from django.db.models.functions import Now

from notifications import routing
from notifications.contracts import Channel, Lane
from notifications.models import DeliveryAttempt, MailServer, Outbox
from notifications.models.ids import distance
from tenants.models import Tenant

#: Rows of the outbox that are looked at, the oldest first; and attempts, the newest first.
LIMIT = 50_000
#: The attempts of these last minutes make the rate.
WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Figures:
    #: Could leave now, but for a free worker, a rate or a route.
    ready: int = 0
    #: For their time, or for another attempt.
    waiting: int = 0
    #: For an operators' hold.
    held: int = 0
    #: In the hands of a worker.
    leased: int = 0
    #: For how long the oldest of the ready ones has been due; None: none is ready.
    oldest: timedelta | None = None
    attempts_per_minute: float = 0.0

    @property
    def depth(self) -> int:
        return self.ready + self.waiting + self.held + self.leased

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            ready=self.ready + other.ready,
            waiting=self.waiting + other.waiting,
            held=self.held + other.held,
            leased=self.leased + other.leased,
            oldest=max((age for age in (self.oldest, other.oldest) if age is not None), default=None),
            attempts_per_minute=self.attempts_per_minute + other.attempts_per_minute,
        )


@dataclass(frozen=True, slots=True)
class Line:
    #: Of the lane, the tenant or the mail server; None: mail that has no server to leave through.
    id: int | None
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``lanes`` are all of them, by urgency; of the others only those with something to show, the deepest first.

    A route's depth is the mail that would leave through it first; its attempts are those that really did.
    """

    lanes: Sequence[Line]
    tenants: Sequence[Line]
    routes: Sequence[Line]
    #: There is more in the outbox than was looked at.
    is_capped: bool


def look() -> Snapshot:
    """Nine queries at most, whatever waits."""
    waiting = _waiting()
    attempts = _attempts_per_minute()
    by_lane: dict[int, Figures] = defaultdict(Figures)
    by_tenant: dict[int, Figures] = defaultdict(Figures)
    by_route: dict[int | None, Figures] = defaultdict(Figures)
    first_routes = _first_routes({(tenant_id, channel) for tenant_id, _, channel in waiting})
    for (tenant_id, lane, channel), figures in waiting.items():
        by_lane[lane] += figures
        by_tenant[tenant_id] += figures
        by_route[first_routes[tenant_id, channel]] += figures
    for (tenant_id, lane, route_id), rate in attempts.items():
        figures = Figures(attempts_per_minute=rate)
        by_lane[lane] += figures
        by_tenant[tenant_id] += figures
        by_route[route_id] += figures
    return Snapshot(
        lanes=[Line(lane.value, lane.name.lower(), by_lane[lane.value]) for lane in Lane],
        tenants=_lines(by_tenant, dict(Tenant.objects.filter(pk__in=by_tenant).values_list("pk", "code"))),
        routes=_lines(by_route, _server_names(by_route)),
        is_capped=sum(figures.depth for figures in waiting.values()) >= LIMIT,
    )


def waiting_for(hold_ids: Collection[int]) -> Mapping[int, int]:
    """How many messages wait for each of these holds; those without any are left out."""
    rows = Outbox.objects.filter(hold_id__in=hold_ids, rank=None)
    return dict(rows.values_list("hold_id").annotate(n=Count("pk")).order_by())


def _waiting() -> Mapping[tuple[int, int, str], Figures]:
    """By tenant, lane and channel."""
    free = Q(leased_until=None)
    is_due = Q(rank__isnull=False) | Q(due_at__lte=Now())
    is_held = Q(rank=None, hold_id__isnull=False)
    ids = Outbox.objects.order_by("pk").values_list("pk", flat=True)
    # The edge first, and then a range: the planner reads no more of the tables than that.
    edge = ids[LIMIT - 1 : LIMIT].first()
    rows = (
        Outbox.objects.filter(Q() if edge is None else Q(pk__lte=edge))
        .values_list("tenant_id", "lane", "message__channel")
        .annotate(
            ready=Count("pk", filter=free & is_due & ~is_held),
            waiting=Count("pk", filter=free & ~is_due & ~is_held),
            held=Count("pk", filter=free & is_held),
            leased=Count("pk", filter=~free),
            oldest=_age(Min("due_at", filter=free & is_due & ~is_held)),
        )
        .order_by()
    )
    return {
        (tenant_id, lane, channel): Figures(ready=ready, waiting=waiting, held=held, leased=leased, oldest=oldest)
        for tenant_id, lane, channel, ready, waiting, held, leased, oldest in rows
    }


def _attempts_per_minute() -> Mapping[tuple[int, int, int | None], float]:
    """By tenant, lane and route. The ids' own time makes the window a short range of the primary key."""
    # The workers serve all tenants, and whoever asks how they fare must see them all.
    attempts = DeliveryAttempt.across_tenants.order_by("-id")
    newest = attempts.values_list("id", flat=True).first()
    if newest is None:
        return {}
    lately = attempts.filter(id__gt=newest - distance(WINDOW), finished_at__gt=Now() - WINDOW)
    edge = lately.values_list("id", flat=True)[LIMIT - 1 : LIMIT].first()
    rows = list(
        lately.filter(Q() if edge is None else Q(id__gte=edge))
        .values_list("tenant_id", "message__lane", "route_id")
        .annotate(n=Count("id"), oldest=_age(Min("finished_at")))
        .order_by()
    )
    is_capped = sum(n for *_, n, _ in rows) >= LIMIT
    span = max((oldest for *_, oldest in rows), default=WINDOW) if is_capped else WINDOW
    return {(tenant_id, lane, route_id): n * (timedelta(minutes=1) / span) for tenant_id, lane, route_id, n, _ in rows}


def _age(moment: Min) -> Expression:
    return ExpressionWrapper(Now() - moment, output_field=DurationField())


def _first_routes(wanted: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], int | None]:
    """By tenant and channel; None where there is no way out."""
    found: dict[tuple[int, str], int | None] = {}
    for channel in {channel for _, channel in wanted}:
        servers = routing.list_by_tenant([id_ for id_, its in wanted if its == channel], Channel(channel))
        found |= {(tenant_id, channel): rows[0].pk if rows else None for tenant_id, rows in servers.items()}
    return found


def _server_names(ids: Iterable[int | None]) -> Mapping[int, str]:
    # Routes of all tenants and of the platform: those that the figures name.
    return dict(MailServer.across_tenants.filter(pk__in=[id_ for id_ in ids if id_]).values_list("pk", "name"))


def _lines(sums: Mapping[int, Figures] | Mapping[int | None, Figures], names: Mapping[int, str]) -> Sequence[Line]:
    lines = [Line(id_, names.get(id_, "gone") if id_ else "no server", figures) for id_, figures in sums.items()]
    return sorted(lines, key=lambda line: (-line.figures.depth, -line.figures.attempts_per_minute, line.name))
