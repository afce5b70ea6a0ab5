"""Verification codes: one statement issues them, one judges a guess."""

import json
from collections.abc import Mapping
from typing import Any

from notifications.sql.run import rows

# The two conditions decide for each address whether it may have another code; of calls at the same time each sees what
# the one before did. Where either refuses, fewer rows come back than were asked for, and the caller rolls back.
ISSUE_CODES = """
WITH wanted AS (
    SELECT address, decode(hash, 'hex') AS code_hash
    FROM jsonb_to_recordset(%(codes)s::jsonb) AS (address text, hash text) ORDER BY address
), allowed AS (
    INSERT INTO notifications_codeallowance AS a (tenant_id, address, since, sent)
    SELECT %(tenant_id)s, address, now(), 1 FROM wanted
    ON CONFLICT (tenant_id, address) DO UPDATE
        SET since = CASE WHEN a.since + make_interval(secs => %(window_s)s) <= now() THEN now() ELSE a.since END,
            sent = CASE WHEN a.since + make_interval(secs => %(window_s)s) <= now() THEN 1 ELSE a.sent + 1 END
        WHERE a.since + make_interval(secs => %(window_s)s) <= now() OR a.sent < %(per_window)s
    RETURNING address
), issued AS (
    INSERT INTO notifications_verificationcode AS v
        (tenant_id, biz_key, address, code_hash, attempts_left, sent_at, expires_at)
    SELECT %(tenant_id)s, %(biz_key)s, address, code_hash, %(attempts)s, now(),
           now() + make_interval(secs => %(validity_s)s)
    FROM wanted
    ON CONFLICT (tenant_id, biz_key, address) DO UPDATE
        SET code_hash = excluded.code_hash, attempts_left = excluded.attempts_left, sent_at = excluded.sent_at,
            expires_at = excluded.expires_at
        WHERE v.sent_at IS NULL OR v.sent_at + make_interval(secs => %(resend_s)s) <= now()
    RETURNING address
)
SELECT least((SELECT count(*) FROM allowed), (SELECT count(*) FROM issued))
"""

# Every guess writes one row and waits for its commit, whether there is a code or not: a guess at an address without one
# leaves a dead row, and a dead one is written as it was. So the time that an answer takes tells nothing.
CHECK_CODE = """
WITH unknown AS (
    INSERT INTO notifications_verificationcode (tenant_id, biz_key, address, code_hash, attempts_left, expires_at)
    VALUES (%(tenant_id)s, %(biz_key)s, %(address)s, ''::bytea, 0, now())
    ON CONFLICT (tenant_id, biz_key, address) DO NOTHING
), held AS (
    SELECT id, attempts_left > 0 AND expires_at > now() AS is_live, code_hash = %(code_hash)s AS is_equal
    FROM notifications_verificationcode
    WHERE tenant_id = %(tenant_id)s AND biz_key = %(biz_key)s AND address = %(address)s
    FOR UPDATE
), judged AS (
    UPDATE notifications_verificationcode v
    SET attempts_left = CASE WHEN NOT h.is_live THEN v.attempts_left
                             WHEN h.is_equal THEN 0
                             ELSE v.attempts_left - 1 END,
        sent_at = CASE WHEN h.is_live AND h.is_equal THEN NULL ELSE v.sent_at END
    FROM held h WHERE v.id = h.id
    RETURNING h.is_live AND h.is_equal AS is_right
)
SELECT coalesce(bool_or(is_right), false) FROM judged
"""


def issue(*, hashes: Mapping[str, bytes], **limits: Any) -> int:
    """Stores one code per address; returns how many addresses may have one now. Fewer than asked: roll back."""
    codes = [{"address": address, "hash": code_hash.hex()} for address, code_hash in hashes.items()]
    return int(rows(ISSUE_CODES, limits | {"codes": json.dumps(codes)})[0][0])


def check(*, tenant_id: int, biz_key: str, address: str, code_hash: bytes) -> bool:
    """Is it the live code of this purpose and address? Then it is used up now; otherwise an attempt is."""
    parameters = {"tenant_id": tenant_id, "biz_key": biz_key, "address": address, "code_hash": code_hash}
    return bool(rows(CHECK_CODE, parameters)[0][0])
