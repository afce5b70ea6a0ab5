"""Idempotency-Key: a request that is sent again gets the first answer again, and nothing is sent twice.

After draft-ietf-httpapi-idempotency-key-header: the key is claimed by an INSERT in the transaction that does the work,
so of many equal requests at once one works and the others wait for its answer. A refusal rolls the claim back with
everything else, so that the caller may mend the request and use the key again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from notifications.errors import IdempotencyInFlight, IdempotencyKeyInvalid, IdempotencyMismatch
from notifications.models import IdempotencyRecord

MAX_KEY = 255
LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    is_replayed: bool = False


def answer_once(tenant_id: int, endpoint: str, key: str, *, request_body: bytes, work: Callable[[], Answer]) -> Answer:
    """The answer of ``work``, which runs at most once a day for (tenant, endpoint, key).

    Raises IdempotencyKeyInvalid, IdempotencyMismatch (the key was used with another body), IdempotencyInFlight (the
    first request has not ended within the database's lock timeout), and whatever ``work`` raises.
    """
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise IdempotencyKeyInvalid(limit=MAX_KEY)
    fingerprint = hashlib.sha256(request_body).digest()
    rows = IdempotencyRecord.objects.for_tenant(tenant_id).filter(endpoint=endpoint, key=key)
    try:
        with transaction.atomic():
            if _claim(tenant_id, endpoint, key, fingerprint):
                answer = work()
                rows.update(http_status=answer.status, body=answer.body)
                return answer
            record = rows.get()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise IdempotencyInFlight from error
        raise
    if bytes(record.fingerprint) != fingerprint:
        raise IdempotencyMismatch
    assert record.http_status is not None  # a committed record has its answer
    return Answer(status=record.http_status, body=bytes(record.body or b""), is_replayed=True)


def purge() -> int:
    """Forgets answers older than a day; returns how many. Called by the sweep."""
    # Age is the only criterion, whoever the record belongs to.
    count, _ = IdempotencyRecord.across_tenants.filter(created_at__lt=Now() - LIFETIME).delete()
    return count


def _claim(tenant_id: int, endpoint: str, key: str, fingerprint: bytes) -> bool:
    """True when the key is ours to work under. Waits while another request holds it."""
    rows = IdempotencyRecord.objects.for_tenant(tenant_id)
    rows.filter(endpoint=endpoint, key=key, created_at__lt=Now() - LIFETIME).delete()
    record = IdempotencyRecord(tenant_id=tenant_id, endpoint=endpoint, key=key, fingerprint=fingerprint)
    rows.bulk_create([record], ignore_conflicts=True)
    # ON CONFLICT DO NOTHING does not say whether it inserted; only our own row still has no answer.
    return rows.filter(endpoint=endpoint, key=key, http_status=None).exists()
