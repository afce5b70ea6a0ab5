"""Cancelling and rescheduling, which AngusGM does not have, in its manner; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from notifications.facades.angus import fields
from notifications.scheduling import MAX_MESSAGES, Stop
from tenants.errors import InvalidField

MAX_IDS = 2000


class CancelBody(fields.Members):
    """Which messages: exactly one of the three is given."""

    ids = serializers.ListField(
        child=fields.Whole(allow_null=False), max_length=MAX_IDS, **fields.OPTIONAL, help_text="Of single messages."
    )
    outId = fields.Text(max_length=80, help_text="Your own id of one call, or of several.")
    cancelKey = fields.Text(max_length=80, help_text="Of all calls that were sent with it.")


class RescheduleBody(fields.Members):
    expectedSendDate = fields.LocalTime(
        required=True, allow_null=False, help_text="The new time, yyyy-MM-dd HH:mm:ss. Past: at once."
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be cancelled; one of the three is given."""

    ids: tuple[int, ...] = ()
    out_id: str = ""
    cancel_key: str = ""


_CANCEL, _RESCHEDULE = CancelBody(), RescheduleBody()


def parse_cancel(data: Any) -> Wish:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    given = {name: value for name, value in _CANCEL.members(data).items() if value}
    if len(given) != 1:
        raise InvalidField(field="ids", reason="exactly one of ids, outId and cancelKey is required.")
    return Wish(tuple(given.get("ids", ())), given.get("outId", ""), given.get("cancelKey", ""))


def parse_reschedule(data: Any) -> Any:
    """The new time. Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    return _RESCHEDULE.members(data)["expectedSendDate"]


def present_stops(stops: Mapping[int, Stop]) -> dict[str, Any]:
    return {
        "total": len(stops),
        "list": [{"id": id_, "result": stop.value} for id_, stop in stops.items()],
        "more": True if len(stops) >= MAX_MESSAGES else None,
    }
