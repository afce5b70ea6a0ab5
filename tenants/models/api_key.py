"""Keys of applications. Only the hash of a key is stored; the key itself is shown once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.scoping import TenantOwned


class Scope(models.TextChoices):
    EMAIL_SEND = "email.send", "Send e-mail"
    EMAIL_READ = "email.read", "Read e-mail records"
    SMS_SEND = "sms.send", "Send SMS"
    SMS_READ = "sms.read", "Read SMS records"
    TEMPLATE_WRITE = "template.write", "Change templates"
    SERVER_WRITE = "server.write", "Change mail servers"
    SUPPRESSION_READ = "suppression.read", "Read suppressed addresses"
    SUPPRESSION_WRITE = "suppression.write", "Suppress addresses and take them off"
    MAIL = "mail", "Send and read mail of a user (WORKS)"
    MAIL_READ = "mail.read", "Read mail of a user (WORKS)"
    KEY_WRITE = "key.write", "Create and revoke signing keys"
    INNER_API_TRUST = "inner_api_trust", "Call the internal API"


class PlatformScope(models.TextChoices):
    """What reaches beyond the key's own tenant. Only ``create_api_key`` grants it, never a tenant's staff."""

    STATISTICS = "platform.read", "Read the figures of all tenants together"


class ApiKey(TenantOwned):
    name = models.CharField(max_length=100, help_text="What uses this key, for example 'billing, production'.")
    #: First characters of the key (of a JWT's signature), so that people can tell keys apart; not enough to use one.
    prefix = models.CharField(max_length=16, editable=False)
    #: SHA-256 of the whole key text. The only way a key is ever looked up.
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=[*Scope.choices, *PlatformScope.choices]), default=list)
    #: The contact of the directory that the key acts for, by its ``user_id``; -1: for nobody in particular.
    user_id = models.BigIntegerField(default=-1)
    allowed_networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        help_text="CIDR networks the key may be used from, for example 10.0.0.0/8. Empty: anywhere.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    #: To the minute: a write per request would cost more than the request.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantOwned.Meta):
        verbose_name = "API key"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
