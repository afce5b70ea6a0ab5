"""A CSV file into a tenant's directory: all of it or nothing, in one transaction; the same file twice changes nothing.

A line is the contact with its ``user_id``, else the one with its ``email``, else a new one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable

from tenants import contact_csv
from tenants.contact_csv import Line, LineError, Sheet
from tenants.errors import DirectoryChanged
from tenants.models import Contact, ContactGroup, GroupMember, Tenant

T = TypeVar("T")
#: (lines done, lines in all), after each batch.
Progress = Callable[[int, int], None]
#: (kind, number) of a department or group.
GroupKey = tuple[str, int]
#: Primary keys of memberships, by contact and group.
Memberships = Mapping[int, Mapping[int, int]]

_BATCH = 2000
_FIELDS = ("name", "email", "phone", "user_id", "language", "policies", "is_active")
_KINDS = {"depts": ContactGroup.Kind.DEPT, "groups": ContactGroup.Kind.GROUP}


@dataclass(frozen=True, slots=True)
class Imported:
    """What was done, or would be. With errors nothing is."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    #: Departments and groups that the file names and nobody had made, as people read them.
    new_groups: tuple[str, ...] = ()
    #: By line.
    errors: tuple[LineError, ...] = ()


def import_contacts(tenant: Tenant, data: bytes, *, progress: Progress | None = None) -> Imported:
    """Stores the contacts of a CSV file (see ``contact_csv``), unless a single line is wrong.

    Raises FileRefused, DirectoryChanged.
    """
    sheet = contact_csv.read(data)
    if sheet.errors:
        return Imported(errors=sheet.errors)
    try:
        with transaction.atomic():
            # Two imports at once would each plan without the other. Everybody else may go on reading and sending.
            Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
            return _store(tenant, sheet, progress or _silent)
    except IntegrityError as error:
        raise DirectoryChanged from error
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise DirectoryChanged from error
        raise


def rehearse_import(tenant: Tenant, data: bytes, *, progress: Progress | None = None) -> Imported:
    """What ``import_contacts`` would do. Stores nothing."""
    with transaction.atomic():
        imported = import_contacts(tenant, data, progress=progress)
        transaction.set_rollback(True)
    return imported


@dataclass(slots=True)
class _Entry:
    """A line and the contact that it is about, which is not stored yet where it has no primary key."""

    line: Line
    contact: Contact
    is_new: bool

    def changes(self) -> dict[str, Any]:
        """By field. A key by which the contact was not found is not taken from it."""
        given = {name: self.line.values[name] for name in _FIELDS if name in self.line.values}
        if given.get("user_id", ...) is None:
            del given["user_id"]
        return {name: value for name, value in given.items() if getattr(self.contact, name) != value}

    def email(self) -> str | None:
        """The address that the contact will have, as it is compared."""
        email: str | None = self.line.values.get("email", self.contact.email)
        return email.lower() if email else None

    def groups(self) -> set[GroupKey]:
        """What the contact will be a member of, as far as the file says."""
        return {(kind, n) for column, kind in _KINDS.items() for n in self.line.values.get(column, ())}


class _Known:
    """The tenant's contacts that the lines name, by what they are told apart by."""

    def __init__(self, tenant: Tenant, lines: Sequence[Line]) -> None:
        self.by_user_id: dict[int, Contact] = {}
        self.by_email: dict[str, Contact] = {}
        user_ids = {line.values.get("user_id") for line in lines} - {None}
        emails = {email.lower() for line in lines if (email := line.values.get("email"))}
        # One walk over the directory: asking for batches by long lists of keys walks it once per batch.
        for contact in Contact.objects.for_tenant(tenant.pk).iterator():
            email, is_named = (contact.email or "").lower(), contact.user_id in user_ids
            if contact.user_id is not None and is_named:
                self.by_user_id[contact.user_id] = contact
            if email and (is_named or email in emails):
                self.by_email[email] = contact

    def find(self, line: Line) -> Contact | None:
        user_id, email = line.values.get("user_id"), line.values.get("email")
        if user_id is not None and user_id in self.by_user_id:
            return self.by_user_id[user_id]
        contact = self.by_email.get(email.lower()) if email else None
        if contact is not None and user_id is not None and contact.user_id is not None:
            # Another person, who had this address until now.
            return None
        return contact


def _store(tenant: Tenant, sheet: Sheet, progress: Progress) -> Imported:
    known = _Known(tenant, sheet.lines)
    found = ((line, known.find(line)) for line in sheet.lines)
    entries = [_Entry(line, contact or Contact(tenant=tenant), is_new=contact is None) for line, contact in found]
    errors = tuple(_conflicts(entries, known))
    if errors:
        return Imported(errors=errors)
    _free_addresses(tenant, entries)
    groups, new_groups = _make_groups(tenant, {key for entry in entries for key in entry.groups()})
    current = _memberships(tenant, entries, kinds=[kind for column, kind in _KINDS.items() if column in sheet.columns])
    done = changed = 0
    for batch in _batches(entries):
        written = _write(tenant, batch)
        moved = _move(tenant, batch, groups, current)
        changed += len(written | moved)
        done += len(batch)
        progress(done, len(entries))
    created = sum(entry.is_new for entry in entries)
    return Imported(created, changed - created, len(entries) - changed, new_groups)


def _conflicts(entries: Iterable[_Entry], known: _Known) -> Iterator[LineError]:
    """Lines that are about one contact, or want one address or number for two."""
    entries = list(entries)
    first_by: dict[Any, int] = {}
    taking_part = {entry.contact.pk for entry in entries if not entry.is_new}
    for entry in entries:
        email, number = entry.email(), entry.line.number
        keys: list[tuple[str, Any]] = [("contact", entry.contact.pk)] if not entry.is_new else []
        keys += [("email", email)] if email else []
        keys += [("user_id", user_id)] if (user_id := entry.line.values.get("user_id")) is not None else []
        earlier = next((first_by[key] for key in keys if key in first_by), None)
        if earlier is not None:
            yield LineError(number, "", f"it is about the same contact as line {earlier}.")
        owner = known.by_email.get(email) if email else None
        if owner is not None and owner.pk != entry.contact.pk and owner.pk not in taking_part:
            whose = (
                f"the contact with user_id {owner.user_id}"
                if owner.user_id is not None
                else "a contact without user_id"
            )
            yield LineError(number, "email", f"the address belongs to {whose}.")
        first_by.update((key, number) for key in keys if key not in first_by)


def _free_addresses(tenant: Tenant, entries: Iterable[_Entry]) -> None:
    """Takes their old addresses from contacts that get another one, so that two of them may swap."""
    moving = [
        entry.contact.pk
        for entry in entries
        if not entry.is_new and entry.contact.email and entry.contact.email.lower() != entry.email()
    ]
    for batch in _batches(moving):
        Contact.objects.for_tenant(tenant.pk).filter(pk__in=batch).update(email=None)


def _write(tenant: Tenant, batch: Sequence[_Entry]) -> set[int]:
    """Stores contacts that are new or differ from their line; returns their primary keys."""
    written = []
    for entry in batch:
        changes = entry.changes()
        for name, value in changes.items():
            setattr(entry.contact, name, value)
        if entry.is_new or changes:
            written.append(entry.contact)
    # One statement; a CASE per row and field, as ``bulk_update`` writes it, takes ten times as long.
    Contact.objects.for_tenant(tenant.pk).bulk_create(
        written, update_conflicts=True, update_fields=_FIELDS, unique_fields=["id"]
    )
    return {contact.pk for contact in written}


def _make_groups(tenant: Tenant, keys: set[GroupKey]) -> tuple[dict[GroupKey, int], tuple[str, ...]]:
    """Primary keys of departments and groups, and the names of those that had to be made."""
    rows = ContactGroup.objects.for_tenant(tenant.pk)
    known = {(kind, number): pk for kind, number, pk in rows.values_list("kind", "number", "pk")}
    labels = dict(ContactGroup.Kind.choices)
    new = [
        ContactGroup(tenant=tenant, kind=kind, number=number, name=f"{labels[kind]} {number}")
        for kind, number in sorted(keys - known.keys())
    ]
    rows.bulk_create(new, batch_size=_BATCH)
    known |= {(group.kind, group.number): group.pk for group in new}
    return known, tuple(group.name for group in new)


def _memberships(tenant: Tenant, entries: Iterable[_Entry], *, kinds: Sequence[str]) -> Memberships:
    """Those of the entries' contacts that the file speaks of."""
    contact_ids = {entry.contact.pk for entry in entries if not entry.is_new}
    rows = GroupMember.objects.for_tenant(tenant.pk).filter(group__kind__in=kinds)
    current: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, contact_id, group_id in rows.values_list("pk", "contact_id", "group_id").iterator():
        if contact_id in contact_ids:
            current[contact_id][group_id] = pk
    return current


def _move(tenant: Tenant, batch: Sequence[_Entry], groups: Mapping[GroupKey, int], current: Memberships) -> set[int]:
    """Makes memberships what the lines say; returns the primary keys of contacts that moved."""
    rows = GroupMember.objects.for_tenant(tenant.pk)
    joined, left = [], []
    for entry in batch:
        contact_id = entry.contact.pk
        had, wanted = current.get(contact_id, {}), {groups[key] for key in entry.groups()}
        joined += [(contact_id, group_id) for group_id in sorted(wanted - had.keys())]
        left += [(contact_id, had[group_id]) for group_id in had.keys() - wanted]
    rows.filter(pk__in=[pk for _, pk in left]).delete()
    rows.bulk_create(
        (GroupMember(tenant=tenant, contact_id=contact_id, group_id=group_id) for contact_id, group_id in joined),
        batch_size=_BATCH,
    )
    return {contact_id for contact_id, _ in (*joined, *left)}


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _silent(done: int, total: int) -> None:
    return None
