"""What a tenant has used of its daily quota. A row exists only for tenants that have one."""

from typing import Any

from django.db import models

from tenants.scoping import TenantOwned


class Usage(TenantOwned):
    tenant: Any = models.OneToOneField("tenants.Tenant", on_delete=models.CASCADE, related_name="+", primary_key=True)
    #: The UTC day that ``accepted`` counts.
    day = models.DateField()
    accepted = models.PositiveIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.day}: {self.accepted}"
