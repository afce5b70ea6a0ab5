"""Accept: one submission, its messages and their outbox rows.

What all messages of a call have in common travels once; their own columns come in chunks, so that a call for a hundred
thousand recipients takes no more memory than one for a few.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from notifications.sql.run import rows, rows_of_each

_CHUNK = 5_000

# The clock row is locked from here to the commit that follows at once, so that two calls of one tenant never get equal
# ranks. A message that waits for its time gets its rank when it is promoted.
_BEGIN = """
WITH submission AS (
    INSERT INTO notifications_submission
        (tenant_id, facade, key_id, out_id, cancel_key, sender_address, sender_name,
         envelope_from, rfc_message_id, reply_to, headers,
         subject, html, text, category, unsubscribe_footer, options, message_count)
    VALUES (%(tenant_id)s, %(facade)s, %(key_id)s, %(out_id)s, %(cancel_key)s, %(sender_address)s, %(sender_name)s,
            %(envelope_from)s, %(rfc_message_id)s,
            %(reply_to)s, %(headers)s::jsonb, %(own_subject)s, %(html)s, %(text)s, %(category)s,
            %(unsubscribe_footer)s, %(options)s::jsonb, %(count)s)
    RETURNING id
), clock AS (
    INSERT INTO notifications_fairclock (lane, owner_id, rank)
    SELECT %(lane)s, %(tenant_id)s, %(count)s + coalesce(
        (SELECT rank FROM notifications_fairclock WHERE lane = %(lane)s AND owner_id = 0), 0)
    WHERE coalesce(%(due_at)s::timestamptz <= now(), true)
    ON CONFLICT (lane, owner_id) DO UPDATE
        SET rank = greatest(notifications_fairclock.rank + %(count)s, excluded.rank)
    RETURNING rank
)"""

_GO_ON = """
WITH submission AS (SELECT %(submission_id)s::bigint AS id), clock AS (SELECT %(rank)s::bigint AS rank)"""

# A message that nobody may get is on record from the start, and never in the outbox.
_MESSAGES = """, item AS (
    SELECT angarium_next_id() AS id, r.*
    FROM (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(%(messages)s::jsonb) AS (
            recipient text, "to" text[], names jsonb, subject text, params jsonb, secrets text, segments smallint,
            status text, failure_reason text, recipient_outcomes jsonb
        )) WITH ORDINALITY
        ORDER BY ordinality
    ) r
), message AS (
    INSERT INTO notifications_message
        (id, tenant_id, submission_id, channel, lane, status, kind, biz_key, template_code, template_version_id,
         language, recipient, "to", cc, bcc, names, subject, params, secrets, is_html, is_batch, is_code, segments,
         out_id, user_id, due_at, expires_at, finished_at, attempts, provider_id, failure_reason, recipient_outcomes)
    SELECT i.id, %(tenant_id)s, s.id, %(channel)s, %(lane)s, coalesce(i.status, 'PENDING'), %(kind)s, %(biz_key)s,
           %(template_code)s, %(template_version_id)s, %(language)s, i.recipient,
           coalesce(i."to", ARRAY[i.recipient]), %(cc)s, %(bcc)s, i.names, coalesce(i.subject, %(subject)s),
           coalesce(i.params, %(params)s::jsonb), i.secrets, %(is_html)s, %(is_batch)s, %(is_code)s,
           coalesce(i.segments, %(segments)s), %(out_id)s, %(user_id)s, %(due_at)s,
           least(%(expires_at)s::timestamptz,
                 greatest(%(due_at)s::timestamptz, now()) + make_interval(secs => %(lives_s)s)),
           CASE WHEN i.status IS NOT NULL THEN now() END, 0, '', coalesce(i.failure_reason, ''), i.recipient_outcomes
    FROM item i, submission s
), queued AS (
    INSERT INTO notifications_outbox (message_id, tenant_id, lane, rank, due_at, attempt, crash_count)
    SELECT i.id, %(tenant_id)s, %(lane)s, (SELECT rank FROM clock) - %(count)s + %(done)s + i.ordinality,
           coalesce(%(due_at)s, now()), 0, 0
    FROM item i WHERE i.status IS NULL
)
SELECT s.id, (SELECT rank FROM clock), (SELECT array_agg(i.id ORDER BY i.ordinality) FROM item i) FROM submission s
"""

ACCEPT = _BEGIN + _MESSAGES
ACCEPT_MORE = _GO_ON + _MESSAGES


def accept(
    submission: dict[str, Any], shared: dict[str, Any], messages: Iterable[dict[str, Any]], *, count: int
) -> tuple[int, list[int]]:
    """Stores one submission with its messages and outbox rows; returns the ids, messages in the given order.

    ``shared`` holds the columns that all ``count`` messages have in common; what a message brings itself wins. One
    statement for each five thousand, so the caller opens the transaction.
    """
    json_columns = {name: json.dumps(submission[name]) for name in ("headers", "options")}
    # Both have a subject: the caller's own words, and what lists show of each message.
    json_columns["own_subject"] = submission["subject"]
    shared = shared | {"params": json.dumps(shared["params"]) if shared["params"] is not None else None}
    parameters = submission | json_columns | shared | {"count": count}
    chunks = _chunks(messages)
    ((submission_id, rank, message_ids),) = rows(ACCEPT, parameters | next(chunks))
    parameters |= {"submission_id": submission_id, "rank": rank}
    more = rows_of_each((ACCEPT_MORE, parameters | chunk) for chunk in chunks) if count > _CHUNK else ()
    return submission_id, message_ids + [id_ for ((_, _, ids),) in more for id_ in ids]


def _chunks(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    ordered, done = iter(messages), 0
    while chunk := list(islice(ordered, _CHUNK)):
        yield {"messages": json.dumps(chunk), "done": done}
        done += len(chunk)
