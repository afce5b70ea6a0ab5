"""Messages whose sender wants to hear when they cannot be delivered. A row exists until the message has ended."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from tenants.scoping import TenantOwned


class DeliveryWatch(TenantOwned):
    message: Any = models.OneToOneField(
        "notifications.Message", on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    #: Who is told.
    notify = models.CharField(max_length=320)
    #: Not looked at before; moved on by whoever begins to tell, so that what goes wrong is tried again later.
    due_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "delivery watches"

    def __str__(self) -> str:
        return str(self.pk)
