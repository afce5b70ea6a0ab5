"""An operator's hand on the brake: mail that matches waits until the hold is released or ends by itself."""

from django.conf import settings
from django.db import models

from tenants.scoping import TenantOrPlatformOwned


class Hold(TenantOrPlatformOwned):
    """Tenant NULL: over all tenants. Ended holds stay as a record."""

    class Kind(models.TextChoices):
        TENANT = "tenant", "Everything of the tenant"
        TEMPLATE = "template", "A template"
        ROUTE = "route", "A mail server"
        DOMAIN = "domain", "A recipients' domain"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(
        max_length=255, blank=True, help_text="The template's code, the server's id, or the domain; empty for a tenant."
    )
    reason = models.CharField(max_length=500, help_text="Why; operators read it on every message that waits.")
    until = models.DateTimeField(null=True, blank=True, help_text="Ends by itself then. Empty: until it is released.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    released_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantOrPlatformOwned.Meta):
        ordering = ["-id"]
        # in_force: read once per batch by every worker.
        indexes = [models.Index(fields=["kind"], name="hold_in_force", condition=models.Q(released_at=None))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()
