"""Who gets nothing more: an address, altogether or in one category, until it is taken off or its time is over."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from notifications.contracts import Channel, SuppressionSource
from tenants.scoping import TenantOwned


class Suppression(TenantOwned):
    tenant: Any = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(
        max_length=8, choices=[(channel.value, channel.value) for channel in Channel], default=Channel.EMAIL.value
    )
    #: Normalised; a telephone number in E.164 where the channel is SMS.
    address = models.CharField(max_length=320)
    category = models.CharField(
        max_length=60,
        blank=True,
        default="",
        help_text="What the address no longer gets, for example 'newsletter'. Empty: everything.",
    )
    source = models.CharField(
        max_length=12,
        choices=[(source.value, source.value) for source in SuppressionSource],
        default=SuppressionSource.MANUAL.value,
    )
    note = models.CharField(max_length=500, blank=True, default="", help_text="Why, in the operators' own words.")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody takes it off.")

    class Meta(TenantOwned.Meta):
        constraints = [
            # Also serves the look-up at accept and at send, and the search for addresses by how they begin.
            models.UniqueConstraint(
                fields=["tenant", "channel", "address", "category"],
                opclasses=["int8_ops", "varchar_ops", "varchar_pattern_ops", "varchar_ops"],
                name="suppression_once",
            ),
        ]
        indexes = [
            # The list, newest first.
            models.Index(fields=["tenant", "id"], name="suppression_newest"),
            # purge: those whose time is over; most have none.
            models.Index(
                fields=["expires_at"], name="suppression_ending", condition=models.Q(expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.category or 'everything'})"
