"""Rows that belong to somebody, and the manager that refuses to forget it.

``Model.objects`` knows only ``for_tenant`` (and ``visible_to`` for rows the platform may own). Reading without a tenant
is spelled ``across_tenants``: greppable, and allow-listed in ``tests/test_architecture.py``.
"""

from typing import Any, ClassVar, NoReturn, Self, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

M = TypeVar("M", bound=models.Model)


class UnscopedRead(RuntimeError):
    """A query on tenant-owned rows was written without naming the tenant. A bug of ours, never of a caller."""


class ScopedManager(models.Manager[M]):
    def get_queryset(self) -> NoReturn:
        raise UnscopedRead(f"{self.model.__name__}.objects must be narrowed with .for_tenant(tenant) first")

    def for_tenant(self, tenant_id: int) -> QuerySet[M]:
        """The rows this tenant owns, and no others."""
        return super().get_queryset().filter(tenant_id=tenant_id)

    def visible_to(self, tenant_id: int) -> QuerySet[M]:
        """The rows this tenant owns and those of the platform (tenant NULL), which it may read but not change."""
        return super().get_queryset().filter(Q(tenant_id=tenant_id) | Q(tenant_id=None))


class TenantOwned(models.Model):
    """Base of everything that belongs to one tenant. ``tests/test_tenancy.py`` finds its subclasses by itself."""

    tenant: Any = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()
    across_tenants: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True
        # Django's own machinery (admin, foreign keys, refresh_from_db) must work; our code may not lean on it.
        default_manager_name = "across_tenants"
        base_manager_name = "across_tenants"


class TenantOrPlatformOwned(TenantOwned):
    """As TenantOwned, but tenant NULL means: a default that the platform offers to all tenants."""

    tenant: Any = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Empty: a platform-wide default, visible to all tenants and changed only by administrators.",
    )

    class Meta(TenantOwned.Meta):
        abstract = True
