"""Every attempt at every message, append-only: which way, when, and what the server said."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from notifications.models.ids import NextId
from notifications.states import Verdict
from tenants.scoping import TenantOwned


class DeliveryAttempt(TenantOwned):
    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    tenant: Any = models.ForeignKey(
        "tenants.Tenant", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    # A real index here: the message page lists a message's attempts.
    message: Any = models.ForeignKey(
        "notifications.Message", on_delete=models.DO_NOTHING, related_name="delivery_attempts", db_constraint=False
    )
    number = models.SmallIntegerField()
    route: Any = models.ForeignKey(
        "notifications.MailServer",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        null=True,
    )
    verdict = models.CharField(max_length=10, choices=[(v.value, v.value) for v in Verdict])
    #: SMTP or HTTP status; NULL when there was no reply.
    code = models.SmallIntegerField(null=True)
    words = models.CharField(max_length=1000, blank=True, default="")
    recipient_outcomes = models.JSONField(null=True)
    duration_ms = models.IntegerField(default=0)
    finished_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.verdict}"
