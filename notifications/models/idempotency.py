"""Answers kept for a day under the caller's Idempotency-Key."""

from django.db import models
from django.db.models.functions import Now

from tenants.scoping import TenantOwned


class IdempotencyRecord(TenantOwned):
    endpoint = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    #: SHA-256 of the request body: the same key with another body is a mistake of the caller's.
    fingerprint = models.BinaryField(max_length=32)
    #: NULL only inside the transaction that is still working on the answer.
    http_status = models.SmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "endpoint", "key"], name="idempotency_key_once")]
        # purge: what is older than a day.
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.key}"
