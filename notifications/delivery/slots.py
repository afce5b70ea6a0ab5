"""Connections that a route may have at once, counted over all workers.

Each is an advisory lock in the database session of the loop that uses it, so a worker that dies frees its own. This
needs sessions of our own: a pooler that shares them between clients would share the locks.
"""

from collections import defaultdict

from notifications.models import MailServer
from notifications.sql import slots as statements


class Slots:
    """What one delivery loop holds. Used by the thread of the loop alone, whose session has the locks."""

    def __init__(self) -> None:
        self._held: dict[int, set[int]] = defaultdict(set)

    def take(self, server: MailServer, wanted: int) -> list[int]:
        """Up to ``wanted`` of the server's free connections, by number."""
        held = self._held[server.pk]
        taken = statements.take(server.pk, limit=max(server.max_connections, 1), wanted=wanted, held=list(held))
        held.update(taken)
        return taken

    def free(self, server_id: int, slot: int) -> None:
        statements.free(server_id, slot)
        self._held[server_id].discard(slot)

    def free_all(self) -> None:
        """After a loop that broke off; where its session is gone, so are the locks."""
        for server_id, slots in self._held.items():
            for slot in list(slots):
                self.free(server_id, slot)
