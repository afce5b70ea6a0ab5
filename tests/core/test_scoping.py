"""Rows that belong to somebody: reading them without naming the tenant is an error, not everybody's rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from notifications.models import MailServer, Message
from tenants.models import SenderIdentity
from tenants.scoping import TenantOwned, UnscopedRead
from tests.factories import MailServerFactory, SenderIdentityFactory, TenantFactory

OWNED = [model for model in apps.get_models() if issubclass(model, TenantOwned)]

UNSCOPED: dict[str, Callable[[Any], Any]] = {
    "all": lambda objects: objects.all(),
    "filter": lambda objects: objects.filter(pk=1),
    "exclude": lambda objects: objects.exclude(pk=1),
    "get": lambda objects: objects.get(pk=1),
    "first": lambda objects: objects.first(),
    "count": lambda objects: objects.count(),
    "exists": lambda objects: objects.exists(),
    "values": lambda objects: objects.values("pk"),
    "in_bulk": lambda objects: objects.in_bulk([1]),
    "iterator": lambda objects: list(objects.iterator()),
    "aggregate": lambda objects: objects.aggregate(),
    "update": lambda objects: objects.update(tenant=1),
    "create": lambda objects: objects.create(),
    "get_or_create": lambda objects: objects.get_or_create(pk=1),
    "bulk_create": lambda objects: objects.bulk_create([]),
    "raw queryset": lambda objects: objects.get_queryset(),
    "none": lambda objects: objects.none(),
}


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_a_model_refuses_to_read_without_a_tenant(model: Any) -> None:
    with pytest.raises(UnscopedRead, match=model.__name__):
        model.objects.all()


@pytest.mark.parametrize("read", UNSCOPED.values(), ids=UNSCOPED.keys())
def test_every_way_in_is_refused(read: Callable[[Any], Any]) -> None:
    with pytest.raises(UnscopedRead):
        read(Message.objects)


@pytest.mark.django_db
def test_a_tenant_reads_its_own_rows_and_no_others() -> None:
    mine = SenderIdentityFactory(tenant=TenantFactory())
    SenderIdentityFactory(tenant=TenantFactory())

    assert list(SenderIdentity.objects.for_tenant(mine.tenant_id)) == [mine]


@pytest.mark.django_db
def test_the_platform_s_rows_are_visible_to_a_tenant_and_not_its_own() -> None:
    tenant = TenantFactory()
    platform, mine = MailServerFactory(tenant=None), MailServerFactory(tenant=tenant)
    MailServerFactory()

    assert set(MailServer.objects.visible_to(tenant.pk)) == {platform, mine}
    assert list(MailServer.objects.for_tenant(tenant.pk)) == [mine]
