"""Tenants as they are named on the command line."""

from django.core.management.base import CommandError

from tenants.models import Tenant


def resolve_tenant(code: str) -> Tenant:
    """Raises CommandError with the codes there are."""
    found = Tenant.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Tenant.objects.values_list("code", flat=True)[:10]) or "none yet"
        raise CommandError(f"There is no tenant '{code}'. Tenants: {known}.")
    return found
