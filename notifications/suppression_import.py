"""A CSV file onto the list of who gets nothing: all of it or nothing; the same file twice changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from itertools import islice

from django.db import transaction
from django.utils import timezone

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.suppression import MAX_NOTE, Entry
from tenants import sheets
from tenants.errors import FileRefused, InvalidField
from tenants.models import Tenant
from tenants.sheets import LineError, Readers

MAX_ROWS = suppression.MAX_ADDED
COLUMNS = ("address", "category", "note", "expires_at")
_BATCH = 5_000

#: (lines done, lines in all), after each batch.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What was done, or would be. With errors nothing is."""

    new: int = 0
    #: On the list before.
    known: int = 0
    #: By line.
    errors: tuple[LineError, ...] = ()


def import_suppressions(tenant: Tenant, channel: Channel, data: bytes, *, progress: Progress | None = None) -> Imported:
    """Stores the addresses of a CSV file, unless a single line is wrong.

    Columns: address, and where wanted category, note and expires_at (a day, through which it lasts, or a time).
    Raises FileRefused.
    """
    entries, errors = _read(channel, data)
    if errors:
        return Imported(errors=errors)
    new = done = 0
    rest = iter(entries.values())
    with transaction.atomic():
        while batch := list(islice(rest, _BATCH)):
            new += suppression.add(tenant.pk, channel, batch, source=SuppressionSource.IMPORT).new
            done += len(batch)
            if progress is not None:
                progress(done, len(entries))
    return Imported(new=new, known=len(entries) - new)


def rehearse_import(tenant: Tenant, channel: Channel, data: bytes, *, progress: Progress | None = None) -> Imported:
    """What ``import_suppressions`` would do. Stores nothing."""
    with transaction.atomic():
        imported = import_suppressions(tenant, channel, data, progress=progress)
        transaction.set_rollback(True)
    return imported


def _read(channel: Channel, data: bytes) -> tuple[dict[tuple[str, str], Entry], tuple[LineError, ...]]:
    """Each address and category once, in an order in which two imports at once do not wait for each other."""
    columns, lines = sheets.read(data, _readers(channel, now=timezone.now()), max_rows=MAX_ROWS)
    if "address" not in columns:
        raise FileRefused(reason="it has no column 'address'.")
    entries: dict[tuple[str, str], Entry] = {}
    errors: list[LineError] = []
    for line in lines:
        if isinstance(line, LineError):
            errors.append(line)
        else:
            entry = Entry(**line.values)
            entries[entry.address, entry.category] = entry
    return dict(sorted(entries.items())), tuple(errors)


def _readers(channel: Channel, *, now: datetime) -> Readers:
    return {
        "address": partial(suppression.clean_address, channel),
        "category": suppression.clean_category,
        "note": _read_note,
        "expires_at": partial(_read_end, now=now),
    }


def _read_note(text: str) -> str:
    if len(text) > MAX_NOTE:
        raise InvalidField(field="note", reason=f"longer than {MAX_NOTE} characters.")
    return text


def _read_end(text: str, *, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidField(
            field="expires_at", reason="a day is written 2030-12-31, a time 2030-12-31T18:00."
        ) from error
    if len(text) <= len("2030-12-31"):
        read = datetime.combine(read.date(), time.max)
    try:
        end = timezone.make_aware(read) if timezone.is_naive(read) else read.astimezone(UTC)
    except OverflowError as error:
        raise InvalidField(field="expires_at", reason="that is too far away.") from error
    if end <= now:
        raise InvalidField(field="expires_at", reason="that is over already.")
    return end
