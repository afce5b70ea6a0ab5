"""Lists of recipients that somebody uploaded to send to again and again, each with variables of its own.

They are not the tenant's directory: nobody in them is a person we know, and the same address may stand in many.
``recipient_lists.py`` fills and reads them.
"""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from tenants.scoping import TenantOwned


class RecipientList(TenantOwned):
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True, default="")
    #: Kept with the entries, in the same transactions: counting fifty thousand on every page would be slow.
    valid_count = models.PositiveIntegerField("recipients", default=0, editable=False)
    invalid_count = models.PositiveIntegerField("invalid", default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="recipient_list_once"),
            # Target of the composite foreign key of RecipientListEntry.
            models.UniqueConstraint(fields=["tenant", "id"], name="recipient_list_tenant_id"),
        ]

    def __str__(self) -> str:
        return self.name


class RecipientListEntry(TenantOwned):
    """A composite foreign key (see the migration) keeps entry and list in one tenant."""

    tenant: Any = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    recipient_list: Any = models.ForeignKey(
        RecipientList, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    #: As it is written to; what was given, where that is no address.
    address = models.CharField(max_length=320)
    #: As it is compared.
    mailbox = models.CharField(max_length=320)
    #: Variables of this recipient alone; NULL: none.
    params = models.JSONField(null=True)
    #: Why nothing can be sent to it; empty: it can.
    flaw = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "recipient list entries"
        constraints = [
            # A mailbox is in a list once; also the look-up by address.
            models.UniqueConstraint(fields=["recipient_list", "mailbox"], name="recipient_list_entry_once"),
        ]
        indexes = [
            # The list in the order in which it was filled; a run reads it so too.
            models.Index(fields=["recipient_list", "id"], name="recipient_list_entry_order"),
        ]

    def __str__(self) -> str:
        return self.address
