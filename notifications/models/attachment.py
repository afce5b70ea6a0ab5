"""Files that travel with a submission. The bytes are stored once per tenant and content."""

from typing import Any

from django.db import models

from tenants.scoping import TenantOwned


class Blob(TenantOwned):
    sha256 = models.BinaryField(max_length=32)
    data = models.BinaryField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        # Per tenant: shared storage would tell a tenant whether another one has the same file.
        constraints = [models.UniqueConstraint(fields=["tenant", "sha256"], name="blob_once_per_tenant")]

    def __str__(self) -> str:
        return f"{bytes(self.sha256).hex()[:12]} ({self.size_bytes} bytes)"


class Attachment(TenantOwned):
    submission: Any = models.ForeignKey(
        "notifications.Submission", on_delete=models.CASCADE, related_name="attachments", db_constraint=False
    )
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=250)
    content_type = models.CharField(max_length=127)
    content_id = models.CharField(max_length=120, null=True)

    class Meta(TenantOwned.Meta):
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name
