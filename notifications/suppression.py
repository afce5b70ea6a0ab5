"""Who gets nothing: asked at accept and again at send, and the list that operators and callers keep.

A suppression is of an address in one channel of one tenant: altogether, or in one category. What is suppressed is on
record as such; nothing disappears silently.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from notifications import addresses as mailboxes
from notifications import phones
from notifications.addresses import normalise
from notifications.contracts import Channel, SuppressionSource
from notifications.errors import TooManyRecipients
from notifications.models import Suppression
from notifications.sql import suppressions
from tenants.errors import AlreadyExists, InvalidField, NotFound

#: Of one call.
MAX_ADDED = 100_000
MAX_CATEGORY = 60
MAX_NOTE = 500
#: Totals are exact up to here.
COUNT_LIMIT = 100_000
#: One that is over is shown for a while, for whoever asks why mail did not come.
_KEPT = timedelta(days=90)
_MAX_ID = 2**63 - 1
_WORDS = {
    SuppressionSource.MANUAL: "Suppressed: the address was put on the suppression list.",
    SuppressionSource.IMPORT: "Suppressed: the address was put on the suppression list with a file.",
    SuppressionSource.UNSUBSCRIBE: "Suppressed: the recipient unsubscribed.",
    SuppressionSource.BOUNCE: "Suppressed: earlier mail to the address came back.",
    SuppressionSource.COMPLAINT: "Suppressed: the recipient reported earlier mail as spam.",
}

#: Narrows and orders the rows of one tenant. Columns come from the caller's own table, never from a request.
Narrowing = Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One address to suppress, as ``clean_address`` leaves it."""

    address: str
    #: Empty: altogether.
    category: str = ""
    note: str = ""
    #: None: until somebody takes it off.
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Added:
    new: int
    #: On the list before. Their end was put off where the new one is later.
    known: int


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    id: int
    channel: Channel
    address: str
    category: str
    source: SuppressionSource
    note: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Criteria:
    """A narrowing out of the usual wishes, newest first. What is None or empty narrows nothing."""

    channel: Channel | None = None
    address_prefix: str = ""
    category: str | None = None
    source: SuppressionSource | None = None
    is_active: bool | None = None
    created_from: datetime | None = None
    #: Not included.
    created_to: datetime | None = None

    def __call__(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        wishes: dict[str, Any] = {
            "channel": self.channel,
            "address__startswith": normalise(self.address_prefix) or None,
            "category": None if self.category is None else self.category.strip().casefold(),
            "source": self.source,
            "created_at__gte": self.created_from,
            "created_at__lt": self.created_to,
        }
        narrowed = rows.filter(**{column: value for column, value in wishes.items() if value is not None})
        if self.is_active is not None:
            narrowed = active(narrowed) if self.is_active else ended(narrowed)
        return narrowed.order_by("-id")


def find(tenant_id: int, channel: Channel, addresses: Iterable[str], *, category: str) -> dict[str, SuppressionSource]:
    """Those of ``addresses`` that get no mail of ``category`` now (empty: transactional), as written. One query."""
    written = list(addresses)
    found = suppressions.find_among(
        set(map(normalise, written)), tenant_id=tenant_id, channel=channel.value, category=category.strip().casefold()
    )
    if not found:
        return {}
    sources = {mailbox: SuppressionSource(source) for mailbox, source in found}
    return {address: sources[mailbox] for address in written if (mailbox := normalise(address)) in sources}


def find_each(wanted: Sequence[tuple[int, Channel, str, str]]) -> dict[int, SuppressionSource]:
    """As ``find``, for (tenant id, channel, address, category) of many tenants, by index. One query at most."""
    if not wanted:
        return {}
    compared = [
        (tenant_id, channel.value, normalise(address), category.strip().casefold())
        for tenant_id, channel, address, category in wanted
    ]
    return {place: SuppressionSource(source) for place, source in suppressions.find(compared)}


def explain(source: SuppressionSource) -> str:
    """Why an address got nothing, for the record of the message."""
    return _WORDS[source]


def clean_address(channel: Channel, text: str, *, field: str = "address") -> str:
    """The address as it is compared: a mailbox, or a number in E.164. Raises InvalidField, naming ``field``."""
    if channel is Channel.SMS:
        return phones.parse(text, default_region=settings.SMS_DEFAULT_REGION, field=field).email
    return normalise(mailboxes.parse(text, field=field).email)


def clean_category(text: str, *, field: str = "category") -> str:
    """The category as it is compared; upper and lower case are one. Raises InvalidField, naming ``field``."""
    category = text.strip().casefold()
    if len(category) > MAX_CATEGORY or not category.isprintable():
        raise InvalidField(field=field, reason=f"at most {MAX_CATEGORY} printable characters are allowed.")
    return category


def add(
    tenant_id: int, channel: Channel, entries: Iterable[Entry], *, source: SuppressionSource = SuppressionSource.MANUAL
) -> Added:
    """Puts addresses on the list, in one statement. Those on it stay as they are, unless theirs ends sooner.

    Raises TooManyRecipients.
    """
    unique = {(normalise(each.address), each.category.strip().casefold()): each for each in entries}
    if len(unique) > MAX_ADDED:
        raise TooManyRecipients(limit=MAX_ADDED)
    rows = [(*key, each.note[:MAX_NOTE], each.expires_at) for key, each in unique.items()]
    new = suppressions.add(rows, tenant_id=tenant_id, channel=channel.value, source=source.value) if rows else 0
    return Added(new=new, known=len(rows) - new)


def change(tenant_id: int, suppression_id: int, *, address: str, expires_at: datetime | None) -> None:
    """Another address (as ``clean_address`` leaves it) or another end. Raises NotFound, AlreadyExists."""
    rows = Suppression.objects.for_tenant(tenant_id).filter(pk=suppression_id)
    try:
        with transaction.atomic():
            changed = rows.update(address=address, expires_at=expires_at)
    except IntegrityError as error:
        raise AlreadyExists(resource="Suppression", id=suppression_id) from error
    if not changed:
        raise NotFound(resource="Suppression", id=suppression_id)


def remove(
    tenant_id: int,
    channel: Channel,
    addresses: Iterable[str],
    *,
    category: str | None = None,
    source: SuppressionSource | None = None,
) -> int:
    """Takes addresses off the list; None: from every category, whatever the source. Returns how many rows went."""
    rows = Suppression.objects.for_tenant(tenant_id).filter(channel=channel, address__in=set(map(normalise, addresses)))
    if category is not None:
        rows = rows.filter(category=category.strip().casefold())
    if source is not None:
        rows = rows.filter(source=source)
    return rows.delete()[0]


def remove_by_id(tenant_id: int, ids: Collection[int]) -> int:
    """Takes rows off the list; returns how many. Ids that are not the tenant's do nothing."""
    known = [id_ for id_ in ids if 0 < id_ <= _MAX_ID]
    return Suppression.objects.for_tenant(tenant_id).filter(pk__in=known).delete()[0]


def list_suppressions(
    tenant_id: int, narrowing: Narrowing, *, offset: int, size: int
) -> tuple[int, tuple[SuppressionRow, ...]]:
    """How many there are, exact up to ``COUNT_LIMIT``, and one page of them. ``Criteria`` is a narrowing."""
    matching = narrowing(Suppression.objects.for_tenant(tenant_id))
    total = matching.order_by().values("id")[:COUNT_LIMIT].count()
    rows = tuple(map(_row, matching[offset : offset + size]))
    return max(total, offset + len(rows) if rows else 0), rows


def resolve(tenant_id: int, suppression_id: int) -> SuppressionRow:
    """Raises NotFound, also for another tenant's."""
    found = None
    if 0 < suppression_id <= _MAX_ID:
        found = Suppression.objects.for_tenant(tenant_id).filter(pk=suppression_id).first()
    if found is None:
        raise NotFound(resource="Suppression", id=suppression_id)
    return _row(found)


def active(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those that count now."""
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=Now()))


def ended(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those whose time is over."""
    return rows.filter(expires_at__lte=Now())


def purge() -> int:
    """Forgets those whose time was over long ago; returns how many."""
    # Age is the only criterion, whoever the rows belong to.
    return Suppression.across_tenants.filter(expires_at__lt=Now() - _KEPT).delete()[0]


def _row(found: Suppression) -> SuppressionRow:
    return SuppressionRow(
        id=found.pk,
        channel=Channel(found.channel),
        address=found.address,
        category=found.category,
        source=SuppressionSource(found.source),
        note=found.note,
        created_at=found.created_at,
        expires_at=found.expires_at,
    )
