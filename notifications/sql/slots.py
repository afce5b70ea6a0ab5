"""The advisory locks that count a route's connections over all workers."""

from collections.abc import Sequence

from notifications.sql.run import rows

# A session that holds a slot would be given it again, hence ``held``. CASE keeps the planner from locking those first.
TAKE_SLOTS = """
SELECT n FROM generate_series(0, %(limit)s - 1) n
WHERE CASE WHEN n = ANY(%(held)s) THEN false ELSE pg_try_advisory_lock(%(key)s, n) END
LIMIT %(wanted)s
"""

FREE_SLOT = "SELECT pg_advisory_unlock(%(key)s, %(slot)s)"


def take(route_id: int, *, limit: int, wanted: int, held: Sequence[int]) -> list[int]:
    """Locks up to ``wanted`` of the route's free slots in this session, besides those held; returns their numbers."""
    parameters = {"key": _slot_key(route_id), "limit": limit, "wanted": wanted, "held": list(held)}
    return [row[0] for row in rows(TAKE_SLOTS, parameters)]


def free(route_id: int, slot: int) -> None:
    rows(FREE_SLOT, {"key": _slot_key(route_id), "slot": slot})


def _slot_key(route_id: int) -> int:
    """Advisory locks take four bytes; two routes that share a key would share their slots, which is safe."""
    return route_id % 2**31
