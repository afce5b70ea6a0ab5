"""The ways out, of a tenant or of the platform: SMTP servers and e-mail services, and gateways for SMS."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from tenants.scoping import M, ScopedManager, TenantOrPlatformOwned
from tenants.sealed import SecretField


class Protocol(models.TextChoices):
    """What a row carries: AngusGM's word for mail servers, and SMS."""

    SMTP = "SMTP", "SMTP"
    SMS = "SMS", "SMS"


class ServerKind(models.TextChoices):
    SMTP = "smtp", "SMTP server"
    ANYMAIL = "anymail", "E-mail service (django-anymail)"
    HTTP = "http", "HTTP gateway"
    TWILIO = "twilio", "Twilio"
    CAPTURE = "capture", "Capture (development)"


KINDS: dict[Protocol, tuple[ServerKind, ...]] = {
    Protocol.SMTP: (ServerKind.SMTP, ServerKind.ANYMAIL),
    Protocol.SMS: (ServerKind.HTTP, ServerKind.TWILIO, ServerKind.CAPTURE),
}


def _carrying(protocol: Protocol) -> Q:
    return Q(protocol=protocol.value, kind__in=[kind.value for kind in KINDS[protocol]])


class MailServer(TenantOrPlatformOwned):
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=ServerKind.choices, default=ServerKind.SMTP)
    protocol = models.CharField(max_length=8, choices=Protocol.choices, default=Protocol.SMTP, editable=False)
    remark = models.CharField(max_length=200, blank=True)
    #: At most one per owner and protocol; mail goes there first.
    enabled = models.BooleanField(default=False)
    #: Servers that take over, lowest first, while the enabled one cannot send. NULL: never.
    failover_rank = models.PositiveSmallIntegerField(null=True, blank=True)
    host = models.CharField(max_length=200, blank=True)
    port = models.PositiveIntegerField(default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    starttls = models.BooleanField("STARTTLS", default=True, help_text="Refuses to send when the server lacks it.")
    implicit_tls = models.BooleanField("Implicit TLS", default=False, help_text="TLS from the first byte (port 465).")
    verify_certificate = models.BooleanField(
        default=True, help_text="Turn off only for a server on a network you trust."
    )
    auth_enabled = models.BooleanField("Authenticate", default=True)
    username = models.CharField(max_length=160, blank=True)
    password = SecretField(null=True, blank=True)
    #: Anymail's backend name, for example "sendgrid" or "amazon_ses".
    service = models.CharField(max_length=40, blank=True)
    #: Anymail backend arguments that are not secret, for example {"api_url": …}; of a gateway what ``gateways`` reads.
    options = models.JSONField(default=dict, blank=True)
    #: Sealed JSON of the secret ones, for example {"api_key": …}.
    credentials = SecretField(null=True, blank=True)
    from_address = models.CharField(
        max_length=254, blank=True, help_text="Sender of mail that names none. Empty: the account, if it is an address."
    )
    from_name = models.CharField(max_length=100, blank=True)
    allowed_senders = ArrayField(
        models.CharField(max_length=254),
        default=list,
        blank=True,
        help_text="Addresses or domains (@example.com) that requests may send as, besides the tenant's own identities.",
    )
    subject_prefix = models.CharField(max_length=80, blank=True)
    max_connections = models.PositiveSmallIntegerField(default=10)
    rate_per_second = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001)],
        help_text="Messages per second, over all workers; more wait. Empty: no limit.",
    )
    rate_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Messages per day (UTC), over all workers; more wait. Empty: no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    #: Changes with every edit: pooled connections of an older one are closed.
    modified_at = models.DateTimeField(auto_now=True)
    owner_id: Any = models.GeneratedField(
        expression=Coalesce("tenant_id", 0), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta(TenantOrPlatformOwned.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "protocol", "name"], name="server_name_once_per_owner"),
            models.UniqueConstraint(
                fields=["owner_id", "protocol"], condition=Q(enabled=True), name="server_enabled_once_per_owner"
            ),
            models.CheckConstraint(
                condition=_carrying(Protocol.SMTP) | _carrying(Protocol.SMS), name="server_kind_of_protocol"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class _Gateways(models.Manager[M]):
    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(protocol=Protocol.SMS)


class _ScopedGateways(ScopedManager[M]):
    def for_tenant(self, tenant_id: int) -> models.QuerySet[M]:
        return super().for_tenant(tenant_id).filter(protocol=Protocol.SMS)

    def visible_to(self, tenant_id: int) -> models.QuerySet[M]:
        return super().visible_to(tenant_id).filter(protocol=Protocol.SMS)


class SmsGateway(MailServer):
    """The rows that carry SMS. ``username`` and ``password`` are the account or key; ``from_address`` is the sender."""

    objects: ClassVar[ScopedManager[Self]] = _ScopedGateways()
    across_tenants: ClassVar[models.Manager[Self]] = _Gateways()

    class Meta(TenantOrPlatformOwned.Meta):
        proxy = True
        verbose_name = "SMS gateway"
