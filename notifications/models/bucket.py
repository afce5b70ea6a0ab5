"""Token buckets: how much of a rate is left, shared by all workers. A row exists only for what has a limit."""

from django.db import models


class TokenBucket(models.Model):
    class Kind(models.TextChoices):
        ROUTE = "route"
        TENANT = "tenant"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    owner_id = models.BigIntegerField()
    #: Messages that may leave now; refilled with time up to one second's worth.
    tokens = models.FloatField(default=0)
    refilled_at = models.DateTimeField()
    #: The UTC day that ``used_today`` counts.
    day = models.DateField()
    used_today = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "owner_id"], name="bucket_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.owner_id}: {self.tokens:.1f}"
