"""What became of mail, recipient by recipient: who asks about one address of a message with many gets its own fate."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications import suppression
from notifications.addresses import normalise
from notifications.contracts import SuppressionSource
from notifications.models.ids import first_id_at
from notifications.sql import traces as statements
from notifications.states import Status, Verdict

_AFTER = {
    Verdict.SENT: Status.SENT,
    Verdict.NEVER: Status.FAILED,
    Verdict.SUPPRESSED: Status.SUPPRESSED,
    Verdict.EXPIRED: Status.EXPIRED,
}
#: What somebody reported later about mail that was taken.
_LATER_NEWS = frozenset({Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED})


@dataclass(frozen=True, slots=True)
class Trace:
    """One recipient of one message."""

    message_id: int
    out_id: str
    address: str
    #: As of this recipient alone; never PARTIAL.
    status: Status
    #: The server's words, or ours; empty where there is nothing to say.
    words: str
    #: Of the message. A pending one that has some was put off by a server.
    attempts: int
    accepted_at: datetime
    finished_at: datetime | None
    #: Who it went out as; empty before that is known.
    sender: str

    @property
    def has_unsubscribed(self) -> bool:
        """Suppressed, and by the recipient's own wish."""
        return self.status is Status.SUPPRESSED and self.words == suppression.explain(SuppressionSource.UNSUBSCRIBE)


def list_traces(
    tenant_id: int,
    *,
    since: datetime,
    until: datetime,
    out_id: str | None = None,
    address: str | None = None,
    offset: int,
    size: int,
) -> tuple[Trace, ...]:
    """Of the mail that was accepted from ``since`` to before ``until``, the oldest first. One query."""
    found = statements.find(
        tenant_id=tenant_id,
        first_id=first_id_at(since),
        end_id=first_id_at(until),
        out_id=out_id,
        address=normalise(address) if address else None,
        offset=offset,
        limit=size,
    )
    return tuple(_trace(*row) for row in found)


def _trace(
    message_id: int,
    out_id: str,
    address: str,
    status: str,
    outcome: Any,
    failure_reason: str,
    attempts: int,
    accepted_at: datetime,
    finished_at: datetime | None,
    asked_for: str,
    from_address: str,
    username: str,
) -> Trace:
    # The driver leaves JSON of statements written by hand as text.
    own: Mapping[str, Any] | None = json.loads(outcome) if isinstance(outcome, str) else outcome
    fate = _fate(Status(status), own)
    return Trace(
        message_id=message_id,
        out_id=out_id,
        address=address,
        status=fate,
        words=(own.get("words") or "") if own else ("" if fate is Status.SENT else failure_reason),
        attempts=attempts,
        accepted_at=accepted_at,
        finished_at=finished_at,
        sender=asked_for or from_address or username,
    )


def _fate(status: Status, outcome: Mapping[str, Any] | None) -> Status:
    """An outcome of the recipient's own speaks for it, unless there was news about the message later."""
    if outcome is None:
        return Status.SENT if status is Status.PARTIAL else status
    after = _AFTER.get(Verdict(outcome["verdict"]), status)
    return status if after is Status.SENT and status in _LATER_NEWS else after
