"""Count a call in its window: one statement, so that of many calls at once none is counted twice or not at all."""

from notifications.sql.run import rows

# A window begins with its first call. A statement that waited for the row while a later one began a new window is
# counted there.
COUNT = """
INSERT INTO notifications_callcount AS c (tenant_id, operation, began_at, used)
VALUES (%(tenant_id)s, %(operation)s, now(), 1)
ON CONFLICT (tenant_id, operation) DO UPDATE
SET used = CASE WHEN c.began_at <= now() - make_interval(secs => %(window_s)s) THEN 1 ELSE c.used + 1 END,
    began_at = CASE WHEN c.began_at <= now() - make_interval(secs => %(window_s)s) THEN now() ELSE c.began_at END
RETURNING used, extract(epoch FROM began_at - now())::double precision + %(window_s)s
"""


def count(tenant_id: int, operation: str, *, window_s: float) -> tuple[int, float]:
    """Counts one call; returns how many the window has now, and how many seconds of it are left."""
    ((used, left_s),) = rows(COUNT, {"tenant_id": tenant_id, "operation": operation, "window_s": window_s})
    return used, left_s
