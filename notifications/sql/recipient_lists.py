"""Many entries into a recipient list at once."""

import json
from collections.abc import Sequence
from typing import Any

from notifications.sql.run import rows

# The caller holds the list's row, so nobody else adds to it meanwhile.
ADD = """
WITH added AS (
    INSERT INTO notifications_recipientlistentry (tenant_id, recipient_list_id, address, mailbox, params, flaw)
    SELECT %(tenant_id)s, %(list_id)s, e.address, e.mailbox, e.params, e.flaw
    FROM ROWS FROM (jsonb_to_recordset(%(entries)s::jsonb) AS (
        address text, mailbox text, params jsonb, flaw text)) WITH ORDINALITY AS e
    ORDER BY e.ordinality
    ON CONFLICT (recipient_list_id, mailbox) DO NOTHING
    RETURNING flaw
)
SELECT count(*) FILTER (WHERE flaw = ''), count(*) FILTER (WHERE flaw <> '') FROM added
"""


def add(entries: Sequence[dict[str, Any]], *, tenant_id: int, list_id: int) -> tuple[int, int]:
    """(valid, invalid) entries that were not in the list before; of equal ones the first counts."""
    ((valid, invalid),) = rows(ADD, {"tenant_id": tenant_id, "list_id": list_id, "entries": json.dumps(entries)})
    return valid, invalid
