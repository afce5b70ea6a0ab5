"""How often a tenant calls an operation of an API: counted per window in PostgreSQL, for all web processes at once.

Where callers are told how much of a limit they have left, which a bucket that refills (``rates``) cannot say.
"""

import math
from dataclasses import dataclass

from notifications.sql import allowances as statements


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a call found: it is the ``used``-th of its window, of which ``reset_s`` whole seconds are left."""

    limit: int
    used: int
    reset_s: int

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)


def spend(tenant_id: int, operation: str, *, limit: int, window_s: float = 60.0) -> Allowance:
    """Counts one call, refused ones too. Call it outside of a transaction: the row is held until its end."""
    used, left_s = statements.count(tenant_id, operation, window_s=window_s)
    return Allowance(limit=limit, used=used, reset_s=max(math.ceil(left_s), 1))
