"""The words for suppressions: who gets nothing, of what and until when. Ours, in AngusGM's manner; pure.

``source`` is what put the address on the list; what comes over this API is MANUAL, files are IMPORT.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from notifications import suppression
from notifications.contracts import Channel
from notifications.facades.angus import fields
from notifications.suppression import MAX_CATEGORY, MAX_NOTE, Added, Entry, SuppressionRow
from notifications.suppression_import import Imported
from tenants.errors import FileRefused, InvalidField

MAX_ADDRESSES = 10_000
_SHOWN_ERRORS = 200
_CHANNELS = ["EMAIL", "SMS"]


class AddressesBody(fields.Members):
    """Addresses of one channel."""

    channel = fields.Choice(choices=_CHANNELS, **fields.OPTIONAL, help_text="Absent: EMAIL.")
    addresses = serializers.ListField(
        child=fields.Text(max_length=320, allow_blank=False, allow_null=False),
        min_length=1,
        max_length=MAX_ADDRESSES,
        help_text="Mail addresses; for SMS numbers, with a plus where they are of another country than our own.",
    )
    category = fields.Text(
        max_length=MAX_CATEGORY,
        help_text="What they no longer get, for example newsletter; upper and lower case are one. Absent: everything.",
    )


class AddBody(AddressesBody):
    note = fields.Text(max_length=MAX_NOTE, help_text="Why, for whoever looks later.")
    expireDate = fields.LocalTime(help_text="Until then, yyyy-MM-dd HH:mm:ss. Absent: until somebody takes it off.")


class RemoveBody(AddressesBody):
    category = fields.Text(
        max_length=MAX_CATEGORY, help_text="Of this category alone; empty: what stops everything. Absent: all of them."
    )


class ImportParameters(fields.Members):
    channel = fields.Choice(choices=_CHANNELS, **fields.OPTIONAL)
    dryRun = fields.Flag()


@dataclass(frozen=True, slots=True)
class Removal:
    channel: Channel
    addresses: tuple[str, ...]
    #: None: from every category.
    category: str | None


_ADD, _REMOVE = AddBody(), RemoveBody()


def parse_new(data: Any, *, now: datetime) -> tuple[Channel, list[Entry]]:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _ADD.members(data)
    channel, expires_at = parse_channel(body.get("channel")), body.get("expireDate")
    if expires_at is not None and expires_at <= now:
        raise InvalidField(field="expireDate", reason="that is over already.")
    category = suppression.clean_category(body.get("category") or "")
    note = body.get("note") or ""
    return channel, [Entry(address, category, note, expires_at) for address in _addresses(channel, body["addresses"])]


def parse_removal(data: Any) -> Removal:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _REMOVE.members(data)
    channel = parse_channel(body.get("channel"))
    return Removal(channel, _addresses(channel, body["addresses"]), body.get("category"))


def parse_channel(name: str | None) -> Channel:
    return Channel.SMS if name == "SMS" else Channel.EMAIL


def present_added(added: Added) -> dict[str, Any]:
    return {"added": added.new, "known": added.known}


def present_imported(imported: Imported) -> dict[str, Any]:
    """Raises FileRefused, with the errors by line, where there are any."""
    if imported.errors:
        more = f" ({len(imported.errors)} lines are wrong)" if len(imported.errors) > 1 else ""
        raise FileRefused(reason=f"{imported.errors[0]}{more}", errors=imported.errors[:_SHOWN_ERRORS])
    return {"added": imported.new, "known": imported.known}


def present_suppression(row: SuppressionRow) -> dict[str, Any]:
    """Null members are left out by the envelope."""
    return {
        "id": row.id,
        "channel": row.channel.value.upper(),
        "address": row.address,
        "category": row.category,
        "source": row.source.value.upper(),
        "note": row.note or None,
        "createdDate": row.created_at,
        "expireDate": row.expires_at,
    }


def _addresses(channel: Channel, written: list[str]) -> tuple[str, ...]:
    return tuple(suppression.clean_address(channel, text, field="addresses") for text in written)
