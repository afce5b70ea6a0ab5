"""Lists of recipients: made, filled with up to twenty thousand at a time, read, and handed to a batch when it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from notifications import addresses
from notifications.addresses import normalise
from notifications.contracts import Address
from notifications.errors import TooManyRecipients
from notifications.models import BatchTask, RecipientList, RecipientListEntry
from notifications.sql import recipient_lists as statements
from tenants.errors import AlreadyExists, InvalidField, LimitReached, NotFound, StillInUse

MAX_LISTS = 1000
MAX_ENTRIES = 50_000
MAX_PER_CALL = 20_000
MAX_NAME, MAX_DESCRIPTION = 200, 500
#: Longer texts are no address, and not kept.
_MAX_ADDRESS = 254
_MAX_FLAW = 200
_MAX_ID = 2**63 - 1
_RESOURCE = "RecipientList"


@dataclass(frozen=True, slots=True)
class NewEntry:
    address: str
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of each of ``total`` entries; the others of the counts together make it up."""

    total: int
    valid: int
    #: Kept, with what is wrong; nothing is sent to them.
    invalid: int
    too_long: int
    empty: int
    #: Given twice, or in the list before.
    repeated: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is None or empty narrows nothing."""

    address: str = ""
    is_valid: bool | None = None
    since: datetime | None = None
    #: Not included.
    until: datetime | None = None


def create(tenant_id: int, *, name: str, description: str = "") -> RecipientList:
    """An empty list. Raises InvalidField (``name``, ``description``), AlreadyExists, LimitReached."""
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidField(field="name", reason=f"a name has 1 to {MAX_NAME} printable characters.")
    if len(description) > MAX_DESCRIPTION:
        raise InvalidField(field="description", reason=f"at most {MAX_DESCRIPTION} characters are allowed.")
    if RecipientList.objects.for_tenant(tenant_id).count() >= MAX_LISTS:
        raise LimitReached(resource=_RESOURCE, limit=MAX_LISTS)
    made = RecipientList(tenant_id=tenant_id, name=name, description=description)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(resource=_RESOURCE, id=name) from error
    return made


def list_lists(
    tenant_id: int, *, keyword: str = "", is_empty: bool | None = None, offset: int = 0, size: int = 100
) -> tuple[int, list[RecipientList]]:
    """How many there are, and one page of them, the newest first. ``keyword``: part of the name."""
    rows = RecipientList.objects.for_tenant(tenant_id).order_by("-id")
    if keyword:
        rows = rows.filter(name__icontains=keyword)
    if is_empty is not None:
        nothing = Q(valid_count=0, invalid_count=0)
        rows = rows.filter(nothing if is_empty else ~nothing)
    return rows.count(), list(rows[offset : offset + size])


def resolve(tenant_id: int, list_id: int) -> RecipientList:
    """Raises NotFound, also for another tenant's."""
    found = None
    if 0 < list_id <= _MAX_ID:
        found = RecipientList.objects.for_tenant(tenant_id).filter(pk=list_id).first()
    if found is None:
        raise NotFound(resource=_RESOURCE, id=list_id)
    return found


def add(tenant_id: int, list_id: int, entries: Sequence[NewEntry]) -> Added:
    """All of them, in one statement, or none.

    Raises NotFound, TooManyRecipients (of one call), LimitReached (of the list).
    """
    if len(entries) > MAX_PER_CALL:
        raise TooManyRecipients(limit=MAX_PER_CALL)
    given = [(entry.address.strip(), entry.params) for entry in entries]
    usable = [_row(text, params) for text, params in given if text and len(text) <= _MAX_ADDRESS]
    with transaction.atomic():
        into = RecipientList.objects.for_tenant(tenant_id).select_for_update()
        held = into.filter(pk=resolve(tenant_id, list_id).pk).first()
        if held is None:
            raise NotFound(resource=_RESOURCE, id=list_id)
        valid, invalid = statements.add(usable, tenant_id=tenant_id, list_id=held.pk) if usable else (0, 0)
        if held.valid_count + held.invalid_count + valid + invalid > MAX_ENTRIES:
            raise LimitReached(resource="RecipientListEntry", limit=MAX_ENTRIES)
        RecipientList.objects.for_tenant(tenant_id).filter(pk=held.pk).update(
            valid_count=F("valid_count") + valid, invalid_count=F("invalid_count") + invalid
        )
    return Added(
        total=len(given),
        valid=valid,
        invalid=invalid,
        too_long=sum(len(text) > _MAX_ADDRESS for text, _ in given),
        empty=sum(not text for text, _ in given),
        repeated=len(usable) - valid - invalid,
    )


def list_entries(
    recipients: RecipientList, wanted: Wanted | None = None, *, offset: int = 0, size: int = 100
) -> tuple[int, list[RecipientListEntry]]:
    """How many there are, and one page of them, in the order in which they came."""
    wanted = wanted or Wanted()
    wishes: dict[str, Any] = {
        "mailbox": normalise(wanted.address) or None,
        "created_at__gte": wanted.since,
        "created_at__lt": wanted.until,
    }
    rows = _entries(recipients).filter(**{column: value for column, value in wishes.items() if value is not None})
    if wanted.is_valid is not None:
        rows = rows.filter(flaw="") if wanted.is_valid else rows.exclude(flaw="")
    return rows.count(), list(rows[offset : offset + size])


def valid_entries(tenant_id: int, list_id: int) -> list[tuple[Address, Mapping[str, Any] | None]]:
    """Whom a run sends to, with their own variables. Raises NotFound."""
    rows = _entries(resolve(tenant_id, list_id)).filter(flaw="").values_list("address", "params")
    return [(Address(address), params) for address, params in rows.iterator(chunk_size=5000)]


def delete(tenant_id: int, list_id: int) -> None:
    """With all its entries. Raises NotFound, StillInUse while a task will send to it."""
    found = resolve(tenant_id, list_id)
    if BatchTask.objects.for_tenant(tenant_id).filter(list_number=found.pk, next_run_at__isnull=False).exists():
        raise StillInUse(resource=_RESOURCE, id=list_id, user="a task that will run")
    found.delete()


def _entries(recipients: RecipientList) -> QuerySet[RecipientListEntry]:
    entries = RecipientListEntry.objects.for_tenant(recipients.tenant_id)
    return entries.filter(recipient_list=recipients).order_by("id")


def _row(text: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        address, flaw = addresses.parse(text).email, ""
    except InvalidField as error:
        address, flaw = text, str(error.params["reason"])[:_MAX_FLAW]
    return {"address": address, "mailbox": normalise(address), "params": params or None, "flaw": flaw}
