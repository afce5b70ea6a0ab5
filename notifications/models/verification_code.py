"""Verification codes: a keyed hash per tenant, business key and address. The digits are stored nowhere in clear."""

from django.db import models

from tenants.scoping import TenantOwned


class VerificationCode(TenantOwned):
    """A dead code's row stays for a while. A mere guess at an address leaves a dead one too; ``sql`` says why."""

    biz_key = models.CharField(max_length=80)
    #: Normalised.
    address = models.CharField(max_length=320)
    code_hash = models.BinaryField(max_length=32)
    attempts_left = models.SmallIntegerField()
    #: When the code was accepted for sending; NULL once it is used, and where there never was one.
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        # One live code per purpose and address; a new one replaces the old.
        constraints = [models.UniqueConstraint(fields=["tenant", "biz_key", "address"], name="code_once_per_purpose")]
        # purge: what ended long ago.
        indexes = [models.Index(fields=["expires_at"], name="code_age")]

    def __str__(self) -> str:
        return f"{self.biz_key} for {self.address}"


class CodeAllowance(TenantOwned):
    """How many codes an address was sent since its hour began, for whatever purpose."""

    address = models.CharField(max_length=320)
    since = models.DateTimeField()
    sent = models.SmallIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "address"], name="code_allowance_once")]
        # purge: hours that are long over.
        indexes = [models.Index(fields=["since"], name="code_allowance_age")]

    def __str__(self) -> str:
        return f"{self.sent} since {self.since}"
