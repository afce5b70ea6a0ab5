"""A tenant with a mail server and a signing key, and a client that speaks for it."""

import pytest

from tenants import signing
from tenants.models import Tenant
from tenants.models.api_key import Scope
from tests.facades.tencent.client import TencentApi
from tests.factories import MailServerFactory, TenantFactory


def make_api(tenant: Tenant, *scopes: str) -> TencentApi:
    """Without scopes it may do everything."""
    key, clear = signing.issue(tenant, name="test", scopes=scopes or Scope.values)
    return TencentApi(key.secret_id, clear)


@pytest.fixture
def tenant(db):
    return TenantFactory(code="acme")


@pytest.fixture
def server(tenant):
    return MailServerFactory(tenant=tenant)


@pytest.fixture
def api(tenant, server):
    return make_api(tenant)


@pytest.fixture
def stranger(db):
    """Another tenant's application, which may do everything."""
    other = TenantFactory(code="stranger")
    MailServerFactory(tenant=other)
    return make_api(other)
