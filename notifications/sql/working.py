"""What workers and operators do to the outbox: claim, promote, settle, reap, extend, release, cancel, take."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifications.sql.run import count, rows

# A row that was there when a worker died may be what killed it. Whoever claims one takes only few of its kind with it,
# and nothing at all before what would be its last death, so that this one speaks against it alone. Rows that nobody
# died with go on beside them.
CLAIM = """
WITH candidate AS (
    SELECT message_id, lane, rank, crash_count FROM notifications_outbox
    WHERE lane <= %(lane)s AND leased_until IS NULL AND rank IS NOT NULL AND tenant_id <> ALL(%(skip)s)
      AND (%(with_suspect)s OR crash_count = 0)
    ORDER BY lane, rank LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY crash_count ORDER BY lane, rank) AS place,
           first_value(crash_count) OVER (ORDER BY lane, rank) AS first_crash_count
    FROM candidate
), ready AS (
    SELECT message_id, lane, rank FROM placed
    WHERE crash_count = first_crash_count
      AND place <= CASE WHEN crash_count = 0 THEN %(limit)s
                        WHEN crash_count < %(crash_limit)s - 1 THEN %(few)s ELSE 1 END
), clock AS (
    INSERT INTO notifications_fairclock (lane, owner_id, rank)
    SELECT lane, 0, max(rank) FROM ready GROUP BY lane ORDER BY lane
    ON CONFLICT (lane, owner_id) DO UPDATE SET rank = greatest(notifications_fairclock.rank, excluded.rank)
), claimed AS (
    UPDATE notifications_outbox o
    SET lease = %(lease)s, leased_until = now() + make_interval(secs => %(lease_s)s), crash_count = o.crash_count + 1
    FROM ready WHERE o.message_id = ready.message_id
    RETURNING o.message_id, o.attempt, o.crash_count, o.lane, o.rank
)
SELECT message_id, attempt, crash_count > 1 FROM claimed ORDER BY lane, rank
"""

PROMOTE = """
WITH due AS (
    SELECT message_id, tenant_id, lane, due_at FROM notifications_outbox
    WHERE rank IS NULL AND leased_until IS NULL AND due_at <= now()
    ORDER BY due_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT message_id, tenant_id, lane,
           row_number() OVER (PARTITION BY lane, tenant_id ORDER BY due_at, message_id) AS place,
           count(*) OVER (PARTITION BY lane, tenant_id) AS n
    FROM due
), clock AS (
    INSERT INTO notifications_fairclock (lane, owner_id, rank)
    SELECT p.lane, p.tenant_id, p.n + coalesce(v.rank, 0)
    FROM (SELECT DISTINCT lane, tenant_id, n FROM placed) p
    LEFT JOIN notifications_fairclock v ON v.lane = p.lane AND v.owner_id = 0
    ORDER BY p.lane, p.tenant_id
    ON CONFLICT (lane, owner_id) DO UPDATE SET rank = greatest(
        notifications_fairclock.rank
            + (SELECT n FROM placed p WHERE p.lane = excluded.lane AND p.tenant_id = excluded.owner_id LIMIT 1),
        excluded.rank)
    RETURNING lane, owner_id, rank
)
UPDATE notifications_outbox o SET rank = c.rank - p.n + p.place
FROM placed p JOIN clock c ON c.lane = p.lane AND c.owner_id = p.tenant_id
WHERE o.message_id = p.message_id
RETURNING o.message_id
"""

# An outcome of a message whose lease was lost is recorded as an attempt, since it happened, and changes nothing else:
# the row now belongs to whoever holds the lease. The message's own status guards the transition once more.
SETTLE = """
WITH outcome AS (
    SELECT * FROM jsonb_to_recordset(%(outcomes)s::jsonb) AS (
        message_id bigint, status text, verdict text, delay_s double precision, route_id bigint, code smallint,
        words text, recipients jsonb, provider_id text, is_attempt boolean, duration_ms integer, hold_id bigint,
        is_crash boolean, is_last boolean)
), held AS (
    SELECT x.message_id, x.delay_s, x.route_id, x.words, x.recipients, x.provider_id, x.is_attempt, x.hold_id,
           x.is_crash,
           CASE WHEN x.status = 'UNCERTAIN' AND NOT x.is_last AND NOT o.lane = ANY(t.held_lanes) THEN 'PENDING'
                ELSE x.status END AS status
    FROM outcome x JOIN notifications_outbox o USING (message_id) JOIN tenants_tenant t ON t.id = o.tenant_id
    WHERE o.lease = %(lease)s FOR UPDATE OF o
), finished AS (
    DELETE FROM notifications_outbox o USING held h WHERE o.message_id = h.message_id AND h.status <> 'PENDING'
), returned AS (
    UPDATE notifications_outbox o
    SET lease = NULL, leased_until = NULL, in_flight_at = NULL, rank = NULL, hold_id = h.hold_id,
        crash_count = CASE WHEN h.is_crash THEN o.crash_count ELSE 0 END,
        due_at = now() + make_interval(secs => h.delay_s), attempt = o.attempt + h.is_attempt::int
    FROM held h WHERE o.message_id = h.message_id AND h.status = 'PENDING'
), changed AS (
    UPDATE notifications_message m
    SET status = h.status, attempts = m.attempts + h.is_attempt::int,
        finished_at = CASE WHEN h.status <> 'PENDING' THEN now() END,
        route_id = coalesce(h.route_id, m.route_id), provider_id = h.provider_id,
        failure_reason = CASE WHEN h.status = 'SENT' THEN '' ELSE h.words END,
        recipient_outcomes = nullif(coalesce(m.recipient_outcomes, '{}') || coalesce(h.recipients, '{}'), '{}'),
        secrets = CASE WHEN h.status IN ('PENDING', 'UNCERTAIN') THEN m.secrets END
    FROM held h
    WHERE m.id = h.message_id AND m.status = 'PENDING' AND (h.status <> 'PENDING' OR h.is_attempt OR h.words <> '')
), tried AS (
    INSERT INTO notifications_deliveryattempt
        (tenant_id, message_id, number, route_id, verdict, code, words, recipient_outcomes, duration_ms)
    SELECT m.tenant_id, m.id, m.attempts + 1, x.route_id, x.verdict, x.code, x.words, x.recipients, x.duration_ms
    FROM outcome x JOIN notifications_message m ON m.id = x.message_id
    WHERE x.is_attempt
), marked AS (
    UPDATE notifications_outbox
    SET in_flight_at = now(), leased_until = now() + make_interval(secs => %(lease_s)s)
    WHERE message_id = ANY(%(mark)s) AND lease = %(lease)s
    RETURNING message_id
)
SELECT (SELECT coalesce(array_agg(message_id), '{}') FROM held),
       (SELECT coalesce(array_agg(message_id), '{}') FROM marked)
"""

# Rows that were claimed but not marked in flight go again safely. Marked ones may have left, and those that keep being
# there when a worker dies may be what kills it: both are leased to the caller, who settles them.
REAP = """
WITH lapsed AS (
    SELECT message_id, in_flight_at IS NOT NULL OR crash_count >= %(crash_limit)s AS is_suspect,
           crash_count >= %(crash_limit)s AS is_killer
    FROM notifications_outbox
    WHERE leased_until < now() ORDER BY leased_until LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE notifications_outbox o
SET lease = CASE WHEN l.is_suspect THEN %(lease)s::uuid END,
    leased_until = CASE WHEN l.is_suspect THEN now() + make_interval(secs => %(lease_s)s) END
FROM lapsed l WHERE o.message_id = l.message_id
RETURNING o.message_id, o.in_flight_at IS NOT NULL, l.is_suspect, l.is_killer
"""

# Rows that a settlement of the same lease has locked get their time from it, or end; to wait for them could be to wait
# in a circle.
EXTEND = """
WITH mine AS (
    SELECT message_id FROM notifications_outbox WHERE lease = %(lease)s AND leased_until IS NOT NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE notifications_outbox o SET leased_until = now() + make_interval(secs => %(lease_s)s)
FROM mine WHERE o.message_id = mine.message_id
"""

RELEASE = """
UPDATE notifications_outbox SET lease = NULL, leased_until = NULL, crash_count = crash_count - 1
WHERE lease = %(lease)s AND leased_until IS NOT NULL AND in_flight_at IS NULL AND message_id = ANY(%(ids)s)
"""

# Whoever locks the outbox row first wins: a sender that finds it gone when it marks its window does not send it.
CANCEL = """
WITH stopped AS (
    DELETE FROM notifications_outbox
    WHERE message_id = ANY(%(ids)s) AND tenant_id = %(tenant_id)s AND in_flight_at IS NULL
    RETURNING message_id
)
UPDATE notifications_message m SET status = 'CANCELLED', finished_at = now(), secrets = NULL
FROM stopped s WHERE m.id = s.message_id AND m.status = 'PENDING'
RETURNING m.id
"""

# Rows just accepted go to the caller before the transaction that made them commits: no worker ever sees them free.
TAKE = """
UPDATE notifications_outbox
SET lease = %(lease)s, leased_until = now() + make_interval(secs => %(lease_s)s), crash_count = crash_count + 1
WHERE message_id = ANY(%(ids)s) AND tenant_id = %(tenant_id)s AND lease IS NULL AND in_flight_at IS NULL
RETURNING message_id, attempt
"""


@dataclass(frozen=True, slots=True)
class Settled:
    #: Messages whose lease we still held, so that the outcome took effect.
    held: frozenset[int]
    #: Messages that are now marked in flight and may go out.
    marked: frozenset[int]


def claim(
    *,
    lane: int,
    limit: int,
    skip_tenants: Sequence[int],
    with_suspect: bool,
    few: int,
    crash_limit: int,
    lease: UUID,
    lease_s: float,
) -> list[tuple[int, int, bool]]:
    """Leases the next ready rows of ``lane`` and those above it: [(message id, attempts so far, is a suspect)].

    Of suspects ``few`` at most, and a single one where its next death would be its last (``crash_limit``).
    """
    parameters = {
        "lane": lane,
        "limit": limit,
        "few": few,
        "crash_limit": crash_limit,
        "skip": list(skip_tenants),
        "with_suspect": with_suspect,
        "lease": lease,
        "lease_s": lease_s,
    }
    return rows(CLAIM, parameters)


def promote(*, limit: int) -> int:
    """Gives a place in the fair order to rows whose time has come; returns how many."""
    return len(rows(PROMOTE, {"limit": limit}))


def settle(outcomes: Sequence[dict[str, Any]], *, mark: Sequence[int], lease: UUID, lease_s: float) -> Settled:
    """Records outcomes and marks the next window in flight, in one statement."""
    parameters = {"outcomes": json.dumps(outcomes), "mark": list(mark), "lease": lease, "lease_s": lease_s}
    ((held, marked),) = rows(SETTLE, parameters)
    return Settled(held=frozenset(held), marked=frozenset(marked))


def reap(*, limit: int, crash_limit: int, lease: UUID, lease_s: float) -> list[tuple[int, bool, bool, bool]]:
    """Frees lapsed rows, but leases those to the caller that must be settled.

    [(message id, was in flight, must be settled, was there when ``crash_limit`` workers died)]
    """
    return rows(REAP, {"limit": limit, "crash_limit": crash_limit, "lease": lease, "lease_s": lease_s})


def extend(*, lease: UUID, lease_s: float) -> int:
    """Prolongs everything under a lease; returns how many rows are left under it."""
    return count(EXTEND, {"lease": lease, "lease_s": lease_s})


def release(message_ids: Sequence[int], *, lease: UUID) -> int:
    """Gives back those that were claimed and not marked in flight; returns how many rows."""
    return count(RELEASE, {"lease": lease, "ids": list(message_ids)})


def cancel(*, tenant_id: int, message_ids: Sequence[int]) -> list[int]:
    """Stops those that have not begun to leave; returns their ids."""
    return [row[0] for row in rows(CANCEL, {"tenant_id": tenant_id, "ids": list(message_ids)})]


def take(message_ids: Sequence[int], *, tenant_id: int, lease: UUID, lease_s: float) -> list[tuple[int, int]]:
    """Leases exactly these rows, where nobody else has: [(message id, attempts so far)]."""
    return rows(TAKE, {"ids": list(message_ids), "tenant_id": tenant_id, "lease": lease, "lease_s": lease_s})
