"""The read side: pages of messages and single ones, as frozen rows. Facades and admin read here and never touch models.

A page costs a fixed number of queries: one that counts up to a limit, one that finds ids by index alone, one for the
rows, one for the callers' own content and one for the names of files. Bodies are loaded for the page's messages only.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet, Value

from notifications.contracts import Channel, Lane
from notifications.models import Attachment, Message, Submission
from notifications.states import Status
from tenants.errors import NotFound
from tenants.models import Tenant

#: Totals are exact up to here. Counting five million index entries costs 200 ms on every page; nobody reads that total.
COUNT_LIMIT = 100_000
_MAX_ID = 2**63 - 1

#: Narrows the rows of one tenant. Columns come from the caller's own table, never from a request.
Narrowing = Callable[[QuerySet[Any]], QuerySet[Any]]


class OrderColumn(StrEnum):
    ID = "id"
    DUE_AT = "due_at"
    FINISHED_AT = "finished_at"


#: The messages that have no time to be ordered by, as an index knows them.
UNTIMED: Mapping[str, Q] = {
    OrderColumn.DUE_AT: Q(due_at=None),
    OrderColumn.FINISHED_AT: Q(status=Status.PENDING),
}


@dataclass(frozen=True, slots=True)
class Paging:
    """``number`` counts from 1. Rows without a value in ``order`` come last in either direction."""

    number: int = 1
    size: int = 10
    #: A column, out of a table of the caller's own; for messages one of ``OrderColumn``.
    order: str = OrderColumn.ID
    is_descending: bool = True

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class FileRow:
    name: str
    content_type: str
    content_id: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as its record shows it."""

    id: int
    tenant_id: int
    submission_id: int
    channel: str
    kind: str
    status: Status
    biz_key: str | None
    template_code: str | None
    template_version_id: int | None
    language: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    #: Who it went out as: what the request asked for, else the server that carried it; empty before that is known.
    sender: str
    params: Mapping[str, Any]
    #: The caller's own body; None where a template speaks.
    content: str | None
    is_html: bool
    is_batch: bool
    is_code: bool
    is_urgent: bool
    out_id: str
    failure_reason: str
    due_at: datetime | None
    finished_at: datetime | None
    created_at: datetime
    user_id: int
    #: Of the gateway or service that took it; empty before, and where it gave none.
    provider_id: str
    #: Of an SMS.
    segments: int | None
    #: Under which its caller may stop it.
    cancel_key: str | None
    #: What took or will take it, where that is known: the e-mail service's name, or the kind of server.
    provider: str
    #: What the facade that accepted the message kept with it.
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[FileRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MessagePage:
    """``total`` is exact up to ``COUNT_LIMIT``; beyond, it is that or the end of this page, whichever is more."""

    total: int
    rows: tuple[MessageRow, ...]


def list_messages(
    tenant: Tenant, narrowing: Narrowing, paging: Paging, *, channel: Channel = Channel.EMAIL
) -> MessagePage:
    """One page of the tenant's messages in one channel."""
    matching = narrowing(_readable(tenant).filter(channel=channel))
    total = _count(matching)
    ids: list[int] = []
    if paging.offset < total or total == COUNT_LIMIT:
        ids = _ids_by_id(matching, paging) if paging.order == OrderColumn.ID else _ids_by_time(matching, paging)
    return MessagePage(
        total=max(total, paging.offset + len(ids) if ids else 0), rows=_load(tenant, ids, channel=channel)
    )


def list_newest(tenant: Tenant, narrowing: Narrowing, paging: Paging) -> MessagePage:
    """One page of the tenant's messages in all channels, the newest first."""
    # Every index that knows the order of ids begins with the channel: each is read apart, and PostgreSQL merges them.
    by_channel = [narrowing(_readable(tenant).filter(channel=channel)) for channel in Channel]
    total = sum(map(_count, by_channel))
    ids: list[int] = []
    if paging.offset < total or total >= COUNT_LIMIT:
        end = paging.offset + paging.size
        first, *others = (rows.order_by("-id").values_list("id", flat=True)[:end] for rows in by_channel)
        ids = list(first.union(*others, all=True).order_by("-id")[paging.offset : end])
    return MessagePage(total=max(total, paging.offset + len(ids) if ids else 0), rows=_load(tenant, ids, channel=None))


def resolve_message(
    tenant: Tenant, message_id: int, *, channel: Channel | None = Channel.EMAIL, resource: str
) -> MessageRow:
    """One of the tenant's messages, in whichever channel where that is None.

    Raises NotFound (naming ``resource``), also for another tenant's.
    """
    rows: tuple[MessageRow, ...] = ()
    if 0 < message_id <= _MAX_ID:
        rows = _load(tenant, [message_id], channel=channel)
    if not rows:
        raise NotFound(resource=resource, id=message_id)
    return rows[0]


def is_waiting(tenant: Tenant, version_ids: Collection[int]) -> bool:
    """Does one of the tenant's messages that have not left use one of these template versions?"""
    waiting = Message.objects.for_tenant(tenant.pk).filter(status=Status.PENDING)
    return waiting.filter(template_version_id__in=version_ids).exists()


def _readable(tenant: Tenant) -> QuerySet[Any]:
    """The tenant's messages. ``owner`` is its number again, so that a condition on that is decided without reading."""
    return Message.objects.for_tenant(tenant.pk).alias(owner=Value(tenant.pk, output_field=BigIntegerField()))


def _count(matching: QuerySet[Any]) -> int:
    # In order, or PostgreSQL reads the table from its beginning where a tenant has much of it.
    return matching.order_by("-id").values("id")[:COUNT_LIMIT].count()


def _ids_by_id(matching: QuerySet[Any], paging: Paging) -> list[int]:
    ordered = matching.order_by("-id" if paging.is_descending else "id").values_list("id", flat=True)
    return list(ordered[paging.offset : paging.offset + paging.size])


def _ids_by_time(matching: QuerySet[Any], paging: Paging) -> list[int]:
    """In two parts, because an index has its rows without a time at the wrong end for one of the directions."""
    sign = "-" if paging.is_descending else ""
    timed = matching.filter(**{f"{paging.order}__isnull": False}).order_by(f"{sign}{paging.order}", f"{sign}id")
    ids = list(timed.values_list("id", flat=True)[paging.offset : paging.offset + paging.size])
    if len(ids) == paging.size:
        return ids
    before = timed[: paging.offset].count() if paging.offset and not ids else paging.offset
    start = paging.offset - before
    untimed = matching.filter(UNTIMED[paging.order]).order_by(f"{sign}id").values_list("id", flat=True)
    return ids + list(untimed[start : start + paging.size - len(ids)])


#: Columns of the message that a row takes over as they are.
_SAME = (
    "id", "tenant_id", "submission_id", "channel", "kind", "biz_key", "template_code", "template_version_id",
    "language", "subject",
    "is_html", "is_batch", "is_code", "out_id", "failure_reason", "due_at", "finished_at", "created_at", "user_id",
    "provider_id", "segments",
)  # fmt: skip
_JOINED = (
    "submission__sender_address", "submission__options", "submission__cancel_key", "route__from_address",
    "route__username", "route__service", "route__kind",
)  # fmt: skip


def _load(tenant: Tenant, ids: Collection[int], *, channel: Channel | None = Channel.EMAIL) -> tuple[MessageRow, ...]:
    """The rows with these ids, in their order."""
    if not ids:
        return ()
    messages = Message.objects.for_tenant(tenant.pk).filter(pk__in=ids)
    if channel is not None:
        messages = messages.filter(channel=channel)
    found = list(messages.values(*_SAME, *_JOINED, "status", "lane", "to", "cc", "params"))
    contents = _contents(tenant, {m["submission_id"] for m in found if m["kind"] == "CUSTOM" and not m["is_code"]})
    files = _files(tenant, {m["submission_id"] for m in found})
    by_id = {m["id"]: _row(m, contents, files) for m in found}
    return tuple(by_id[id_] for id_ in ids if id_ in by_id)


def _row(
    m: Mapping[str, Any], contents: Mapping[int, str | None], files: Mapping[int, tuple[FileRow, ...]]
) -> MessageRow:
    return MessageRow(
        **{name: m[name] for name in _SAME},
        status=Status(m["status"]),
        to=tuple(m["to"]),
        cc=tuple(m["cc"]),
        sender=m["submission__sender_address"] or m["route__from_address"] or m["route__username"] or "",
        params=m["params"] or {},
        content=contents.get(m["submission_id"]),
        cancel_key=m["submission__cancel_key"],
        provider=m["route__service"] or m["route__kind"] or "",
        is_urgent=m["lane"] == Lane.URGENT,
        options=m["submission__options"] or {},
        files=files.get(m["submission_id"], ()),
    )


def _contents(tenant: Tenant, submission_ids: Collection[int]) -> dict[int, str | None]:
    """Stored once per call, so read once per call: a join would repeat it for each of its messages."""
    rows: Iterable[tuple[int, str | None, str | None]] = (
        Submission.objects.for_tenant(tenant.pk).filter(pk__in=submission_ids).values_list("id", "html", "text")
    )
    return {id_: text if html is None else html for id_, html, text in rows}


def _files(tenant: Tenant, submission_ids: Collection[int]) -> dict[int, tuple[FileRow, ...]]:
    rows: Iterable[tuple[Any, ...]] = (
        Attachment.objects.for_tenant(tenant.pk)
        .filter(submission_id__in=submission_ids)
        .order_by("position")
        .values_list("submission_id", "name", "content_type", "content_id", "blob__size_bytes")
    )
    files: dict[int, list[FileRow]] = defaultdict(list)
    for submission_id, *columns in rows:
        files[submission_id].append(FileRow(*columns))
    return {submission_id: tuple(of_one) for submission_id, of_one in files.items()}
