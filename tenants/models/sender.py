"""Addresses and domains that a tenant may send as."""

from django.db import models
from django.db.models.functions import Lower, Now

from tenants.scoping import TenantOwned


class SenderIdentity(TenantOwned):
    value = models.CharField(
        max_length=254, help_text="An address (billing@example.com) or a whole domain (@example.com)."
    )
    display_name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "sender identities"
        constraints = [models.UniqueConstraint("tenant", Lower("value"), name="sender_identity_once")]

    def __str__(self) -> str:
        return self.value
