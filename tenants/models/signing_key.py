"""Pairs of a secret id and a secret key, for callers that sign their requests instead of sending a token."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.api_key import Scope
from tenants.scoping import TenantOwned
from tenants.sealed import SecretField


class SigningKey(TenantOwned):
    name = models.CharField(max_length=100, help_text="What uses this key, for example 'billing, production'.")
    #: Travels in clear with every request, and names the tenant.
    secret_id = models.CharField(max_length=36, unique=True, editable=False)
    #: Never travels. Sealed and not hashed: whoever verifies a signature must compute it.
    secret_key = SecretField(editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    #: To the minute: a write per request would cost more than the request.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.secret_id})"
