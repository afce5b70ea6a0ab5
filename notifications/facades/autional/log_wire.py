"""The log of a message in Autional's words; pure (autional.md 5).

Its six statuses are fewer than ours: each becomes the nearest. What is suppressed has failed, and says why. Recipients
are masked; members without a value are left out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications import phones
from notifications.facades.autional import ids
from notifications.facades.autional.envelope import moment
from notifications.search import MessageRow
from notifications.states import Status

STATUSES = ("pending", "sent", "failed", "delivered", "scheduled", "cancelled")
#: DESIGN 5. Whatever is not listed here has failed. A pending one is scheduled while its time is to come.
_STATUS = {
    Status.PENDING: "pending",
    Status.UNCERTAIN: "pending",
    Status.SENT: "sent",
    Status.PARTIAL: "sent",
    Status.DELIVERED: "delivered",
    Status.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a log shows beyond its row."""

    content: str = ""
    reply: str = ""
    template_id: int | None = None


def present_log(row: MessageRow, told: Told, now: datetime) -> dict[str, Any]:
    """A log. Members without a value are left out, as the original's are when empty."""
    shown = {
        "id": ids.show("log", row.id),
        "tenant_id": ids.show("tnt", row.tenant_id),
        "user_id": shown_user(row),
        "channel": row.channel,
        "recipient": mask(row.to[0]),
        "template_id": None if told.template_id is None else ids.show("tpl", told.template_id),
        "content": told.content,
        "provider": row.provider,
        "status": shown_status(row, now),
        "error": row.failure_reason,
        "response": told.reply,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.finished_at or row.created_at),
        "sent_at": moment(row.finished_at) if row.finished_at and is_sent(row.status) else None,
    }
    return {name: value for name, value in shown.items() if value not in (None, "")}


def shown_user(row: MessageRow) -> str | None:
    named = row.options.get("user_id")
    if named:
        return str(named)
    return None if row.user_id == -1 else ids.show("usr", row.user_id)


def shown_status(row: MessageRow, now: datetime) -> str:
    if is_scheduled(row, now):
        return "scheduled"
    return status_word(row.status)


def is_scheduled(row: MessageRow, now: datetime) -> bool:
    return row.status is Status.PENDING and row.due_at is not None and row.due_at > now


def is_sent(status: Status) -> bool:
    return status_word(status) in ("sent", "delivered")


def status_word(status: Status) -> str:
    return _STATUS.get(status, "failed")


def statuses_behind(word: str) -> list[Status]:
    """Our statuses that Autional calls by this name; scheduled ones are pending."""
    word = "pending" if word == "scheduled" else word
    return [status for status in Status if status_word(status) == word]


def mask(address: str) -> str:
    """u***@example.com; 138****8000."""
    local, at, domain = address.rpartition("@")
    if at:
        return f"{local[:1]}***@{domain}"
    # As the number is written at home. Most are Chinese, and a bulk call has a hundred thousand of them.
    number = address[3:] if address.startswith("+86") else phones.national(address)
    return f"{number[:3]}****{number[-4:]}"
