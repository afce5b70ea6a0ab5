"""Which server a tenant's mail leaves through, and whom it may send as."""

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications import routing
from notifications.contracts import Address
from notifications.errors import SenderMissing, SenderNotAllowed, ServerMissing
from notifications.models import MailServer
from tenants.models import Tenant
from tests.factories import MailServerFactory, SenderIdentityFactory, TenantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def server(tenant: Tenant | None, **fields: object) -> MailServer:
    return MailServerFactory(tenant=tenant, **fields)


def order(tenant: Tenant) -> list[MailServer]:
    return routing.list_by_tenant([tenant.pk])[tenant.pk]


def test_the_enabled_server_is_used(tenant: Tenant) -> None:
    server(tenant, enabled=False)
    enabled = server(tenant)

    assert routing.resolve_primary(tenant.pk) == enabled


def test_without_a_server_there_is_nothing_to_send_through(tenant: Tenant) -> None:
    server(tenant, enabled=False)
    server(TenantFactory())

    with pytest.raises(ServerMissing):
        routing.resolve_primary(tenant.pk)


def test_stand_ins_follow_by_rank_and_the_platform_s_servers_come_last(tenant: Tenant) -> None:
    platform_stand_in = server(None, enabled=False, failover_rank=0)
    platform = server(None)
    second = server(tenant, enabled=False, failover_rank=2)
    first = server(tenant, enabled=False, failover_rank=1)
    enabled = server(tenant)

    assert order(tenant) == [enabled, first, second, platform, platform_stand_in]


def test_an_enabled_server_comes_first_whatever_its_rank(tenant: Tenant) -> None:
    stand_in = server(tenant, enabled=False, failover_rank=0)
    enabled = server(tenant, failover_rank=9)

    assert order(tenant) == [enabled, stand_in]


def test_a_server_that_is_neither_enabled_nor_a_stand_in_is_not_used(tenant: Tenant) -> None:
    server(tenant, enabled=False)

    assert order(tenant) == []


def test_a_stand_in_alone_carries_mail(tenant: Tenant) -> None:
    stand_in = server(tenant, enabled=False, failover_rank=0)

    assert routing.resolve_primary(tenant.pk) == stand_in


def test_a_tenant_without_a_server_uses_the_platform_s(tenant: Tenant) -> None:
    platform = server(None)

    assert routing.resolve_primary(tenant.pk) == platform


def test_another_tenant_s_server_is_never_used(tenant: Tenant) -> None:
    neighbour = TenantFactory()
    mine, theirs = server(tenant), server(neighbour)

    found = routing.list_by_tenant([tenant.pk, neighbour.pk])

    assert found == {tenant.pk: [mine], neighbour.pk: [theirs]}


def test_servers_of_many_tenants_are_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    tenants = [server(TenantFactory()).tenant_id for _ in range(5)]

    with django_assert_num_queries(1):
        routing.list_by_tenant(tenants)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("from_address", "username", "default"),
    [
        ("noreply@example.com", "account@example.com", "noreply@example.com"),
        ("", "account@example.com", "account@example.com"),
    ],
)
def test_mail_that_names_no_sender_goes_out_as_the_server_s(
    tenant: Tenant, from_address: str, username: str, default: str
) -> None:
    own = server(tenant, from_address=from_address, username=username, from_name="Acme")

    assert routing.check_sender(tenant.pk, None, own) == Address(default, "Acme")


def test_a_server_without_an_address_needs_a_named_sender(tenant: Tenant) -> None:
    own = server(tenant, from_address="", username="account")

    with pytest.raises(SenderMissing):
        routing.check_sender(tenant.pk, None, own)


@pytest.mark.parametrize(
    "sender",
    ["noreply@example.com", "account@example.net", "list@example.org", "anyone@example.info", "NoReply@Example.com"],
)
def test_a_request_may_send_as_what_the_server_allows(tenant: Tenant, sender: str) -> None:
    own = server(tenant, username="account@example.net", allowed_senders=["list@example.org", "@example.info"])

    assert routing.check_sender(tenant.pk, Address(sender, "Acme"), own) == Address(sender, "Acme")


def test_a_request_may_send_as_the_tenant_s_own_identities(tenant: Tenant) -> None:
    SenderIdentityFactory(tenant=tenant, value="billing@acme.test")

    assert routing.check_sender(tenant.pk, Address("billing@acme.test"), server(tenant)).email == "billing@acme.test"


def test_a_request_may_not_send_as_anybody_else(tenant: Tenant) -> None:
    SenderIdentityFactory(tenant=TenantFactory(), value="@neighbour.test")

    with pytest.raises(SenderNotAllowed) as refusal:
        routing.check_sender(tenant.pk, Address("ceo@neighbour.test"), server(tenant))

    assert refusal.value.params == {"sender": "ceo@neighbour.test"}


def test_an_account_that_is_no_address_allows_nothing(tenant: Tenant) -> None:
    own = server(tenant, username="example.org", allowed_senders=["example.org", ""])

    with pytest.raises(SenderNotAllowed):
        routing.check_sender(tenant.pk, Address("x@example.org"), own)


@pytest.mark.parametrize(
    ("subject", "prefix", "shown"),
    [
        ("Hello", "", "Hello"),
        ("Hello", "  ", "Hello"),
        ("Hello", "[Acme]", "[Acme]|Hello"),
        ("[Acme] Hello", "[Acme]", "[Acme] Hello"),
    ],
)
def test_a_server_s_prefix_stands_before_the_subject_once(subject: str, prefix: str, shown: str) -> None:
    assert routing.prefixed(subject, prefix) == shown
