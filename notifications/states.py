"""The life of a message, as a table. Pure: ``outbox`` writes statuses, this module says which may follow which.

A message being sent is PENDING with a live lease in the outbox; there is no status for it.
"""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    #: Some recipients were accepted, the others refused for good.
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    #: We may or may not have sent it (RFC 1047) and policy says to leave it to a person.
    UNCERTAIN = "UNCERTAIN"
    CANCELLED = "CANCELLED"
    SUPPRESSED = "SUPPRESSED"
    EXPIRED = "EXPIRED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {
            Status.SENT,
            Status.PARTIAL,
            Status.FAILED,
            Status.UNCERTAIN,
            Status.CANCELLED,
            Status.SUPPRESSED,
            Status.EXPIRED,
        }
    ),
    Status.UNCERTAIN: frozenset({Status.PENDING, Status.SENT, Status.FAILED}),
    Status.SENT: frozenset({Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED}),
    # An operator may send these once more.
    Status.FAILED: frozenset({Status.PENDING}),
    Status.EXPIRED: frozenset({Status.PENDING}),
    Status.PARTIAL: frozenset({Status.PENDING, Status.BOUNCED, Status.COMPLAINED}),
    Status.DELIVERED: frozenset({Status.BOUNCED, Status.COMPLAINED}),
    Status.CANCELLED: frozenset(),
    Status.SUPPRESSED: frozenset(),
    Status.BOUNCED: frozenset({Status.COMPLAINED}),
    Status.COMPLAINED: frozenset(),
}


def may_follow(current: Status, following: Status) -> bool:
    return following in TRANSITIONS[current]


class Verdict(StrEnum):
    """What one attempt came to. The worker needs no more than this, plus words for a human."""

    SENT = "sent"
    #: Some accepted, the rest refused for good.
    PARTIAL = "partial"
    #: Try later.
    LATER = "later"
    #: Refused for good.
    NEVER = "never"
    #: The connection died between the end of the body and its reply.
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
