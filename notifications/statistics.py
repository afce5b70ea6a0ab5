"""What became of a tenant's messages: counted by day, channel, status and template over a window of days.

A message counts on the day (UTC, unless a zone is named) of its acceptance, under the status that it has now. Ids hold
the time of acceptance, so a window is one range of an index. Facades read here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Count, F, Func, IntegerField, QuerySet, Value

from notifications.contracts import Channel
from notifications.models import Message
from notifications.models.ids import first_id_at
from notifications.states import Status
from tenants.models import Tenant

#: The longest window; of a longer one the latest days count.
MAX_DAYS = 92
#: A mail server or a service has taken it, whatever it found out later.
_TAKEN = (Status.SENT, Status.DELIVERED, Status.PARTIAL, Status.BOUNCED, Status.COMPLAINED)
#: Who complains has got it.
_DELIVERED = (Status.DELIVERED, Status.COMPLAINED)
_FAILED = (Status.FAILED, Status.EXPIRED, Status.SUPPRESSED, Status.BOUNCED)


@dataclass(frozen=True, slots=True)
class Figures:
    """Messages, each under one status."""

    by_status: Mapping[Status, int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """All that a call of ours was answered with success for."""
        return sum(self.by_status.values())

    @property
    def taken(self) -> int:
        return self._sum(_TAKEN)

    @property
    def delivered(self) -> int:
        """What somebody has confirmed; a mail server that takes a message confirms nothing."""
        return self._sum(_DELIVERED)

    @property
    def failed(self) -> int:
        return self._sum(_FAILED)

    @property
    def bounced(self) -> int:
        return self._sum((Status.BOUNCED,))

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(Counter(self.by_status) + Counter(other.by_status))

    def _sum(self, statuses: Sequence[Status]) -> int:
        return sum(self.by_status.get(status, 0) for status in statuses)


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class OfTemplate:
    code: str
    channel: Channel
    figures: Figures


def daily(tenant_id: int, *, since: date, until: date, channel: Channel | None = None, zone: tzinfo = UTC) -> list[Day]:
    """One row per day of ``zone`` from ``since`` to ``until``, both included, also without messages. One query."""
    since = _first_day(since, until)
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    # Where a zone changes its clocks, a day is shorter or longer than others: each begins at an id of its own.
    *begins, end = [first_id_at(datetime.combine(day, time(), zone)) for day in (*days, until + timedelta(days=1))]
    rows = Message.objects.for_tenant(tenant_id).filter(id__gte=begins[0], id__lt=end).order_by()
    if channel is not None:
        rows = rows.filter(channel=channel)
    begin_ids: Any = Value(begins, ArrayField(BigIntegerField()))
    place = Func(F("id"), begin_ids, function="width_bucket", output_field=IntegerField())
    counts: dict[int, dict[Status, int]] = {}
    for number, status, n in rows.annotate(place=place).values_list("place", "status").annotate(n=Count("id")):
        counts.setdefault(number, {})[Status(status)] = n
    return [Day(day, Figures(counts.get(number, {}))) for number, day in enumerate(days, 1)]


def by_channel(tenant_id: int, *, since: date, until: date, user_id: int | None = None) -> dict[Channel, Figures]:
    """Of the channels that were used; of one user's messages where it is named. One query."""
    return _by_channel(_messages(tenant_id, user_id), since, until)


def by_channel_of_platform(*, since: date, until: date) -> dict[Channel, Figures]:
    """Over all tenants: for whoever runs the platform, never for a tenant's key. Two queries."""
    # Indexes begin with the tenant; naming them all spares the walk over history.
    tenants = list(Tenant.objects.order_by().values_list("pk", flat=True))
    return _by_channel(Message.across_tenants.filter(tenant_id__in=tenants), since, until)


def by_template(
    tenant_id: int, *, since: date, until: date, channel: Channel | None = None, user_id: int | None = None
) -> list[OfTemplate]:
    """Of the templates that were used, the most used first; of one user's messages where it is named. One query."""
    rows = _rows(_messages(tenant_id, user_id), since, until, channel).exclude(template_code=None)
    counts: dict[tuple[str, Channel], dict[Status, int]] = {}
    for code, its_channel, status, n in rows.values_list("template_code", "channel", "status").annotate(n=Count("id")):
        counts.setdefault((code, Channel(its_channel)), {})[Status(status)] = n
    found = [OfTemplate(code, its, Figures(by_status)) for (code, its), by_status in counts.items()]
    return sorted(found, key=lambda row: (-row.figures.accepted, row.code, row.channel))


def _messages(tenant_id: int, user_id: int | None) -> QuerySet[Message]:
    messages = Message.objects.for_tenant(tenant_id)
    return messages if user_id is None else messages.filter(user_id=user_id)


def _by_channel(messages: QuerySet[Message], since: date, until: date) -> dict[Channel, Figures]:
    rows = _rows(messages, _first_day(since, until), until, None)
    counts: dict[Channel, dict[Status, int]] = {}
    for channel, status, n in rows.values_list("channel", "status").annotate(n=Count("id")):
        counts.setdefault(Channel(channel), {})[Status(status)] = n
    return {channel: Figures(by_status) for channel, by_status in sorted(counts.items())}


def _rows(messages: QuerySet[Message], since: date, until: date, channel: Channel | None) -> QuerySet[Message, Any]:
    first = first_id_at(datetime.combine(_first_day(since, until), time(), UTC))
    end = first_id_at(datetime.combine(until + timedelta(days=1), time(), UTC))
    rows = messages.filter(id__gte=first, id__lt=end).order_by()
    return rows if channel is None else rows.filter(channel=channel)


def _first_day(since: date, until: date) -> date:
    return max(since, until - timedelta(days=MAX_DAYS - 1))
