"""What became of mail, a row per recipient: messages of a stretch of time, spread over everybody they were for."""

from typing import Any

from notifications.sql.run import rows

# Ids hold the time of acceptance: a day is one range of message_newest; a call is found by message_by_out_id. Each
# message has at least one recipient that is wanted, so a page needs no more messages than it has rows before its end.
TRACES = """
WITH wanted AS (
    SELECT * FROM notifications_message m
    WHERE m.tenant_id = %(tenant_id)s AND m.channel = 'email' AND m.id >= %(first_id)s AND m.id < %(end_id)s
      AND (%(out_id)s::text IS NULL OR m.out_id = %(out_id)s)
      AND (%(address)s::text IS NULL OR m.recipient = %(address)s
           OR (cardinality(m."to") + cardinality(m.cc) + cardinality(m.bcc) > 1
               AND EXISTS (SELECT FROM unnest(m."to" || m.cc || m.bcc) a WHERE lower(a) = %(address)s)))
    ORDER BY m.id LIMIT %(limit)s + %(offset)s
)
SELECT m.id, m.out_id, r.address, m.status, m.recipient_outcomes -> r.address, m.failure_reason, m.attempts,
       m.created_at, m.finished_at, s.sender_address, coalesce(v.from_address, ''), coalesce(v.username, '')
FROM wanted m
JOIN notifications_submission s ON s.id = m.submission_id
LEFT JOIN notifications_mailserver v ON v.id = m.route_id
CROSS JOIN LATERAL unnest(m."to" || m.cc || m.bcc) WITH ORDINALITY AS r (address, place)
WHERE %(address)s::text IS NULL OR lower(r.address) = %(address)s OR cardinality(m."to" || m.cc || m.bcc) = 1
ORDER BY m.id, r.place
LIMIT %(limit)s OFFSET %(offset)s
"""


def find(
    *, tenant_id: int, first_id: int, end_id: int, out_id: str | None, address: str | None, offset: int, limit: int
) -> list[tuple[Any, ...]]:
    """The oldest first; ``address`` is normalised."""
    return rows(
        TRACES,
        {
            "tenant_id": tenant_id,
            "first_id": first_id,
            "end_id": end_id,
            "out_id": out_id,
            "address": address,
            "offset": offset,
            "limit": limit,
        },
    )
