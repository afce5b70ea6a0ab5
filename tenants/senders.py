"""Addresses that a tenant sends as, each in a domain that it has verified. Operators may allow any others."""

from django.db import transaction
from django.db.models import QuerySet

from tenants import addresses, identities
from tenants.errors import AlreadyExists, DomainUnverified, InvalidField, LimitReached, NotFound
from tenants.models import SenderDomain, SenderIdentity

MAX_PER_DOMAIN = 10
MAX_NAME = 100


def create(tenant_id: int, address: str, *, name: str = "") -> SenderIdentity:
    """Raises InvalidField (``address`` or ``name``), NotFound (its domain), DomainUnverified, AlreadyExists,
    LimitReached.
    """
    address = addresses.parse(address)
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidField(field="name", reason=f"a name has at most {MAX_NAME} printable characters.")
    domain = identities.resolve(tenant_id, address.rpartition("@")[2])
    if domain.verified_at is None:
        raise DomainUnverified(domain=domain.name)
    with transaction.atomic():
        # Whoever adds to the same domain at the same time waits here, so that the limit holds.
        SenderDomain.objects.for_tenant(tenant_id).select_for_update().get(pk=domain.pk)
        there = identities.senders_in(tenant_id, domain.name)
        if there.filter(value__iexact=address).exists():
            raise AlreadyExists(resource="SenderIdentity", id=address)
        if there.count() >= MAX_PER_DOMAIN:
            raise LimitReached(resource="SenderIdentity", limit=MAX_PER_DOMAIN)
        sender = SenderIdentity(tenant_id=tenant_id, value=address, display_name=name)
        sender.save(force_insert=True)
    return sender


def delete(tenant_id: int, address: str) -> None:
    """Raises NotFound."""
    deleted, _ = _addresses(tenant_id).filter(value__iexact=address.strip()).delete()
    if not deleted:
        raise NotFound(resource="SenderIdentity", id=address[:60])


def list_senders(tenant_id: int) -> list[SenderIdentity]:
    """Addresses only, in the order in which they came."""
    return list(_addresses(tenant_id).order_by("id"))


def list_permitted(tenant_id: int) -> list[str]:
    """Whom the tenant may send as: addresses, and domains written '@example.com'. Verified domains are among them."""
    allowed = SenderIdentity.objects.for_tenant(tenant_id).values_list("value", flat=True)
    return [*allowed, *(f"@{name}" for name in identities.list_verified(tenant_id))]


def _addresses(tenant_id: int) -> QuerySet[SenderIdentity]:
    return SenderIdentity.objects.for_tenant(tenant_id).exclude(value__startswith="@")
