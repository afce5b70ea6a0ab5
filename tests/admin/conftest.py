"""People who use the admin: a superuser, an operator with all permissions over one tenant, and that operator's rows."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tenants.models import Tenant
from tests.factories import MailServerFactory, MembershipFactory, TenantFactory

OUR_APPS = ("tenants", "templates_app", "notifications", "admin", "auth")


def make_operator(username: str, *tenants: Tenant) -> User:
    """Staff with every permission there is, so that only the tenants can hold them back."""
    user = User.objects.create_user(username, password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=OUR_APPS))
    for tenant in tenants:
        MembershipFactory(user=user, tenant=tenant)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def listed(client: Client, url: str, **query: Any) -> list[int]:
    """The ids that a list page shows, in its order."""
    reply = client.get(url, query)
    assert reply.status_code == 200, reply.status_code
    return [row.pk for row in reply.context["cl"].result_list]


@pytest.fixture
def acme(db: None) -> Tenant:
    tenant = TenantFactory(code="acme", name="Acme Travel")
    MailServerFactory(tenant=tenant, name="Acme relay")
    return tenant


@pytest.fixture
def other(db: None) -> Tenant:
    tenant = TenantFactory(code="nordwind", name="Nordwind Books")
    MailServerFactory(tenant=tenant, name="Nordwind relay")
    return tenant


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root", password="x")


@pytest.fixture
def root(superuser: User) -> Client:
    return logged_in(superuser)


@pytest.fixture
def operator(acme: Tenant) -> Client:
    """Works for Acme and for nobody else."""
    return logged_in(make_operator("olga", acme))
