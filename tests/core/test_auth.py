"""From a token to a principal: which keys open the door, and what is left of a key in the database."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from tenants.auth import authenticate, hash_token, issue_key, revoke_key
from tenants.errors import AddressNotAllowed, CredentialInvalid, ScopeMissing, TenantInactive
from tenants.models import ApiKey, Tenant
from tenants.models.api_key import Scope
from tests.factories import TenantFactory, make_key

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def enter(token: str, *, address: str = "192.0.2.7", now: datetime = NOW) -> int:
    """The id of the tenant behind the token."""
    return authenticate(token, remote_address=address, now=now).tenant.pk


def test_a_key_opens_its_own_tenant(tenant: Tenant) -> None:
    TenantFactory()
    token = make_key(tenant)

    assert enter(token) == tenant.pk


def test_a_principal_carries_what_the_key_says(tenant: Tenant) -> None:
    key, token = issue_key(tenant, name="billing", scopes=[Scope.EMAIL_SEND], user_id=42)

    principal = authenticate(token, remote_address="192.0.2.7", now=NOW)

    assert (principal.key_id, principal.user_id, principal.scopes) == (key.pk, 42, frozenset({"email.send"}))


def test_a_principal_may_do_only_what_its_scopes_name(tenant: Tenant) -> None:
    principal = authenticate(make_key(tenant, Scope.EMAIL_READ), remote_address="", now=NOW)

    principal.check_scope("email.read")
    with pytest.raises(ScopeMissing) as refusal:
        principal.check_scope("email.send")
    assert refusal.value.params == {"scope": "email.send"}


def test_the_key_s_text_is_stored_nowhere(tenant: Tenant) -> None:
    token = make_key(tenant)

    row = ApiKey.across_tenants.values().get()
    assert token not in repr(row)
    assert bytes(row["secret_hash"]) == hash_token(token)
    assert len(row["prefix"]) == 10
    assert token.startswith(row["prefix"])


def test_every_key_is_another_and_long_enough_to_be_unguessable(tenant: Tenant) -> None:
    tokens = {make_key(tenant) for _ in range(20)}

    assert len(tokens) == 20
    assert min(map(len, tokens)) >= len("ang_") + 43


@pytest.mark.parametrize("token", ["", "ang_", "ang_unknown", "x" * 10_000, "ключ"], ids=ascii)
def test_an_unknown_token_is_refused(token: str) -> None:
    with pytest.raises(CredentialInvalid):
        enter(token)


def test_a_part_of_a_key_is_refused(tenant: Tenant) -> None:
    token = make_key(tenant)

    for part in (token[:-1], token + "A", token.lower(), token[:10]):
        with pytest.raises(CredentialInvalid):
            enter(part)


def test_a_revoked_key_is_refused(tenant: Tenant) -> None:
    key, token = issue_key(tenant, name="old", scopes=[])

    assert revoke_key(key, now=NOW)

    with pytest.raises(CredentialInvalid):
        enter(token)


def test_a_key_is_revoked_once(tenant: Tenant) -> None:
    key, _ = issue_key(tenant, name="old", scopes=[])
    revoke_key(key, now=NOW)

    assert not revoke_key(key, now=NOW + timedelta(days=1))

    assert ApiKey.across_tenants.get().revoked_at == NOW


def test_a_key_works_until_the_moment_it_expires(tenant: Tenant) -> None:
    token = make_key(tenant, expires_at=NOW)

    assert enter(token, now=NOW - timedelta(seconds=1)) == tenant.pk
    with pytest.raises(CredentialInvalid):
        enter(token, now=NOW)


def test_the_keys_of_a_tenant_that_is_switched_off_are_refused(tenant: Tenant) -> None:
    token = make_key(tenant)
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    with pytest.raises(TenantInactive):
        enter(token)


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("10.0.0.0/8", "10.1.2.3"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.9/24", "192.0.2.7"),
        ("2001:db8::/32", "2001:db8::1"),
        ("10.0.0.0/8", "::ffff:10.1.2.3"),
    ],
)
def test_a_key_with_networks_works_from_inside_them(tenant: Tenant, network: str, address: str) -> None:
    token = make_key(tenant)
    ApiKey.across_tenants.update(allowed_networks=["198.51.100.0/24", network])

    assert enter(token, address=address) == tenant.pk


@pytest.mark.parametrize("address", ["11.0.0.1", "2001:db8::1", "", "unknown", "10.1.2.3, 11.0.0.1"])
def test_a_key_with_networks_is_refused_from_anywhere_else(tenant: Tenant, address: str) -> None:
    token = make_key(tenant)
    ApiKey.across_tenants.update(allowed_networks=["10.0.0.0/8"])

    with pytest.raises(AddressNotAllowed):
        enter(token, address=address)


def test_a_network_that_cannot_be_read_lets_nobody_in(tenant: Tenant) -> None:
    token = make_key(tenant)
    ApiKey.across_tenants.update(allowed_networks=["office"])

    with pytest.raises(AddressNotAllowed):
        enter(token)


def test_the_last_use_is_noted_to_the_minute(tenant: Tenant) -> None:
    token = make_key(tenant)

    enter(token, now=NOW)
    enter(token, now=NOW + timedelta(seconds=59))
    assert ApiKey.across_tenants.get().last_used_at == NOW

    later = NOW + timedelta(seconds=61)
    enter(token, now=later)
    assert ApiKey.across_tenants.get().last_used_at == later


def test_a_key_that_was_just_used_costs_one_query(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = make_key(tenant)
    enter(token)

    with django_assert_num_queries(1):
        enter(token)
