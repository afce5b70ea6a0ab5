"""Who of many recipients is suppressed, and many suppressions at once: one statement for a whole call or batch."""

from collections.abc import Collection, Sequence
from typing import Any

from notifications.sql.run import rows

# An address suppressed altogether and in a category is suppressed altogether: the empty category sorts first.
FIND = """
SELECT DISTINCT ON (w.place) w.place - 1, s.source
FROM unnest(%(tenants)s::bigint[], %(channels)s::text[], %(addresses)s::text[], %(categories)s::text[])
    WITH ORDINALITY AS w (tenant_id, channel, address, category, place)
JOIN notifications_suppression s USING (tenant_id, channel, address)
WHERE s.category IN ('', w.category) AND (s.expires_at IS NULL OR s.expires_at > now())
ORDER BY w.place, s.category
"""

# The same for one call, which may have a hundred thousand recipients. The planner counts them in the literal, and so
# knows when one look at each is dearer than reading the list.
FIND_AMONG = """
SELECT DISTINCT ON (s.address) s.address, s.source
FROM unnest(string_to_array(%(addresses)s, chr(10))) AS w (address)
JOIN notifications_suppression s
    ON s.tenant_id = %(tenant_id)s AND s.channel = %(channel)s AND s.address = w.address
WHERE s.category IN ('', %(category)s) AND (s.expires_at IS NULL OR s.expires_at > now())
ORDER BY s.address, s.category
"""

# Sorted, so that two calls about the same addresses lock them in the same order. What lasts as long already is left
# alone; what is over begins anew.
ADD = """
INSERT INTO notifications_suppression AS s (tenant_id, channel, address, category, source, note, expires_at)
SELECT %(tenant_id)s, %(channel)s, address, category, %(source)s, note, expires_at
FROM unnest(%(addresses)s::text[], %(categories)s::text[], %(notes)s::text[], %(ends)s::timestamptz[])
    AS given (address, category, note, expires_at)
ORDER BY address, category
ON CONFLICT (tenant_id, channel, address, category) DO UPDATE
SET source = excluded.source, note = excluded.note, expires_at = excluded.expires_at,
    created_at = CASE WHEN s.expires_at <= now() THEN now() ELSE s.created_at END
WHERE s.expires_at <= now() OR s.expires_at < coalesce(excluded.expires_at, 'infinity')
RETURNING xmax = 0
"""


def find(wanted: Sequence[tuple[int, str, str, str]]) -> list[tuple[int, str]]:
    """(tenant id, channel, normalised address, category) each; returns (index into ``wanted``, source) of those hit."""
    tenants, channels, addresses, categories = zip(*wanted, strict=True) if wanted else ((), (), (), ())
    parameters = {
        "tenants": list(tenants),
        "channels": list(channels),
        "addresses": list(addresses),
        "categories": list(categories),
    }
    return rows(FIND, parameters)


def find_among(addresses: Collection[str], *, tenant_id: int, channel: str, category: str) -> list[tuple[str, str]]:
    """Normalised addresses, each on one line; returns (address, source) of those hit."""
    parameters = {"tenant_id": tenant_id, "channel": channel, "category": category}
    return rows(FIND_AMONG, parameters | {"addresses": "\n".join(addresses)})


def add(entries: Sequence[tuple[str, str, str, Any]], *, tenant_id: int, channel: str, source: str) -> int:
    """(normalised address, category, note, end) each, no address and category twice; returns how many are new."""
    addresses, categories, notes, ends = zip(*entries, strict=True) if entries else ((), (), (), ())
    parameters = {
        "tenant_id": tenant_id,
        "channel": channel,
        "source": source,
        "addresses": list(addresses),
        "categories": list(categories),
        "notes": list(notes),
        "ends": list(ends),
    }
    return sum(is_new for (is_new,) in rows(ADD, parameters))
