"""What logs may be asked for: conditions on columns out of query parameters (autional.md 4)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from notifications.contracts import Channel
from notifications.facades.autional.log_wire import STATUSES, statuses_behind
from notifications.states import Status
from tenants.errors import InvalidField

#: Of the contract. Push has no messages here.
CHANNELS = ("sms", "email", "push")


def parse_channel(params: Mapping[str, str]) -> str | None:
    """None: all of them. Raises InvalidField."""
    channel = params.get("channel", "").strip()
    if channel:
        check_channel(channel)
    return channel or None


def check_channel(channel: str) -> None:
    """Raises InvalidField."""
    if channel not in CHANNELS:
        raise InvalidField(field="channel", reason=f"one of {', '.join(CHANNELS)} is expected.")


def ours(channel: str) -> Channel | None:
    """None for one that is not our product."""
    return Channel(channel) if channel in tuple(Channel) else None


def parse_logs(
    params: Mapping[str, str], *, user_id: int | None, now: datetime
) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    """A narrowing of messages. Raises InvalidField."""
    conditions = Q() if user_id is None else Q(user_id=user_id)
    word = params.get("status", "").strip()
    if word:
        conditions &= _with_status(word, now)

    def narrow(rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(conditions)

    return narrow


def _with_status(word: str, now: datetime) -> Q:
    if word not in STATUSES:
        raise InvalidField(field="status", reason=f"one of {', '.join(STATUSES)} is expected.")
    waits = Q(status=Status.PENDING, due_at__gt=now)
    if word == "scheduled":
        return waits
    found = Q(status__in=statuses_behind(word))
    return found & ~waits if word == "pending" else found
