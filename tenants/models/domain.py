"""Domains that a tenant sends from, and what it must publish in their DNS to prove that they are its own."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.scoping import TenantOwned
from tenants.sealed import SecretField


class SenderDomain(TenantOwned):
    """``tenants/identities.py`` makes its key, says what to publish, and looks whether it is there."""

    #: In A-labels, lower case.
    name = models.CharField("domain", max_length=253, help_text="For example mail.example.com.")
    selector = models.CharField(max_length=63, help_text="The DKIM key is published at <selector>._domainkey.<domain>.")
    key_bits = models.PositiveSmallIntegerField("key length", choices=[(1024, "1024 bits"), (2048, "2048 bits")])
    #: PKCS #8, PEM.
    private_key = SecretField(editable=False)
    #: SubjectPublicKeyInfo, DER in base64: the p= of the DKIM record.
    public_key = models.TextField(editable=False)
    #: What the last look found: {"spf": ..., "dkim": ..., "dmarc": ...}, the text that stands there or "".
    found = models.JSONField(default=dict, editable=False)
    #: The tenant's own labels: {"key": "value"}.
    tags = models.JSONField(default=dict, blank=True, editable=False)
    #: Of the first look that found everything required; NULL again when a later one does not.
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="sender_domain_once"),
            # Who has proven that a domain is its own keeps it to itself; two who only claim it hurt nobody.
            models.UniqueConstraint(
                fields=["name"], condition=Q(verified_at__isnull=False), name="sender_domain_verified_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
