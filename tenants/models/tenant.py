"""The tenant, and which staff may work for it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models


class Tenant(models.Model):
    """One customer of the platform: everything else hangs on it. Deleted never, switched off instead."""

    code = models.SlugField(
        max_length=63, unique=True, help_text="Short name for commands and logs, for example 'acme'. Does not change."
    )
    name = models.CharField(max_length=200)
    default_language = models.CharField(
        max_length=20, default="zh_CN", help_text="Used when a request names no language, or one that has no template."
    )
    is_active = models.BooleanField(default=True, help_text="When off, the tenant's keys are refused.")
    #: May a request carry its own subject and body? Off: templates only.
    allows_custom_content = models.BooleanField(default=True)
    held_lanes = ArrayField(
        models.SmallIntegerField(choices=[(0, "Urgent"), (1, "Normal"), (2, "Bulk")]),
        default=list,
        blank=True,
        verbose_name="hold when uncertain",
        help_text="When a connection breaks before the server's reply, a message may or may not have arrived. Messages "
        "of these lanes then wait for a person; those of the others are sent again under the same Message-ID.",
    )
    daily_quota = models.PositiveIntegerField(
        null=True, blank=True, help_text="Messages accepted per day (UTC); more are refused. Empty: no limit."
    )
    rate_per_second = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001)],
        help_text="Messages that leave per second, over all servers; more wait. Empty: no limit.",
    )
    max_attachment_bytes = models.PositiveIntegerField(
        "largest attachments",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Bytes of all files of one message together. Empty: the platform's limit (MAX_ATTACHMENT_BYTES). "
        "Where it is more than that, MAX_BODY_BYTES must let the request through, in which files take a third more.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A staff user who is not a superuser sees exactly the tenants named here."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.tenant}"
