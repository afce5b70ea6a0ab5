"""How many API calls a tenant has made of one operation in the current window. A row per tenant and operation."""

from django.db import models

from tenants.scoping import TenantOwned


class CallCount(TenantOwned):
    #: The caller's own name of what is limited, for example "works.MailView.POST".
    operation = models.CharField(max_length=80)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [
            # The one statement that counts finds its row by it.
            models.UniqueConstraint(fields=["tenant", "operation"], name="call_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operation}: {self.used}"
