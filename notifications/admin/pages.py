"""Pages of messages over any number of tenants, newest first, without ever counting or scanning the history.

A page is found in two steps: ids from indexes that begin with the tenant (one bounded list per tenant), then, where a
condition has no index, a look at those rows only. When that is not enough, the page ends early and carries the place
from which to go on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from notifications.contracts import Channel
from notifications.models import Message
from tenants.admin_scoping import rows_of
from tenants.models import Tenant

#: Rows looked at for one page when a condition has no index.
WINDOW = 10_000
#: Counted exactly up to here, "more than" beyond.
COUNT_LIMIT = 1_000
#: A tenant's messages are ordered by an index that begins with tenant and channel. Without the channel, PostgreSQL may
#: walk the primary key instead, over everybody's messages: 650 ms in place of 2 for a small tenant among two million.
_PER_CHANNEL: tuple[Mapping[str, Any], ...] = tuple({"channel": channel.value} for channel in Channel)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which messages. ``sources`` are alternatives, each a set of equalities that an index serves; {} is everything."""

    #: None: of all tenants.
    tenants: tuple[int, ...] | None
    sources: tuple[Mapping[str, Any], ...] = ({},)
    #: Checked on the rows themselves.
    rest: Q = field(default_factory=Q)
    first_id: int | None = None
    last_id: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a page begins: after ``id`` in reading direction; None is the very start."""

    id: int | None = None
    is_older: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    ids: tuple[int, ...]
    older: int | None
    newer: int | None
    #: How many there are, where the page is the first and all are known; None otherwise.
    total: int | None


def read(wish: Wish, edge: Edge, *, size: int) -> Page:
    """One page. At most one query per source and one more for ``rest``."""
    found, horizon = _candidates(wish, edge, depth=_depth(wish, size))
    if wish.rest:
        # The ids came from the tenants of the wish, but a scope that is stated twice cannot be forgotten once.
        rows = rows_of(Message, wish.tenants).filter(wish.rest, pk__in=found)
        matching = list(_ordered(rows, edge).values_list("id", flat=True)[: size + 1])
    else:
        matching = found
    goes_on = matching[size - 1] if len(matching) > size else horizon
    if not edge.is_older and goes_on is None:
        # The newest page, reached from below, is shown as the first page is: full.
        return read(wish, Edge(), size=size)
    ids = tuple(matching[:size])
    total = len(matching) if edge.id is None and (len(matching) <= size or not wish.rest) and horizon is None else None
    if edge.is_older:
        newer = None if edge.id is None else (ids[0] if ids else edge.id - 1)
        return Page(ids=ids, older=goes_on, newer=newer, total=total)
    return Page(ids=ids[::-1], older=ids[0] if ids else edge.id, newer=goes_on, total=total)


def _depth(wish: Wish, size: int) -> int:
    """Ids to take per source and tenant."""
    if not wish.rest:
        return max(size, COUNT_LIMIT) + 1
    lists = len(wish.sources) * len(wish.tenants or (0,)) * len(_PER_CHANNEL)
    return max(size + 1, WINDOW // max(1, lists))


def _candidates(wish: Wish, edge: Edge, *, depth: int) -> tuple[list[int], int | None]:
    """Ids in reading order, and the id at which we stopped looking (None: we saw the end)."""
    found: set[int] = set()
    stops = []
    for ids in _lists(wish, edge, depth=depth):
        found.update(ids)
        if len(ids) == depth:
            stops.append(ids[-1])
    if not stops:
        return sorted(found, reverse=edge.is_older), None
    horizon = max(stops) if edge.is_older else min(stops)
    seen = (id_ for id_ in found if (id_ >= horizon if edge.is_older else id_ <= horizon))
    return sorted(seen, reverse=edge.is_older), horizon


def _lists(wish: Wish, edge: Edge, *, depth: int) -> Iterator[Sequence[int]]:
    for source in wish.sources:
        if wish.tenants is None and (not source or "id" in source):
            # The primary key alone orders the messages of all tenants.
            rows = rows_of(Message, None).filter(**source)
            yield list(_narrowed(rows, wish, edge).values_list("id", flat=True)[:depth])
            continue
        tenants = Tenant.objects.order_by()
        if wish.tenants is not None:
            tenants = tenants.filter(pk__in=wish.tenants)
        for equal in (source,) if source else _PER_CHANNEL:
            own = Message.objects.for_tenant(OuterRef("pk")).filter(**equal)  # type: ignore[arg-type]
            ids = ArraySubquery(_narrowed(own, wish, edge).values("id")[:depth])
            yield from tenants.annotate(found=ids).values_list("found", flat=True)


def _narrowed(rows: QuerySet[Any], wish: Wish, edge: Edge) -> QuerySet[Any]:
    if wish.first_id is not None:
        rows = rows.filter(id__gte=wish.first_id)
    if wish.last_id is not None:
        rows = rows.filter(id__lt=wish.last_id)
    if edge.id is not None:
        rows = rows.filter(id__lt=edge.id) if edge.is_older else rows.filter(id__gt=edge.id)
    return _ordered(rows, edge)


def _ordered(rows: QuerySet[Any], edge: Edge) -> QuerySet[Any]:
    return rows.order_by("-id" if edge.is_older else "id")
