"""The rules about gateways for SMS, through the module that keeps them for all ways out."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from notifications import servers
from notifications.models import MailServer, SmsGateway
from notifications.models.route import Protocol
from tenants.errors import InvalidField
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory

pytestmark = pytest.mark.django_db
SHAPE = {"url": "https://sms.example.com/v1", "json": {"to": "{to}", "text": "{text}"}}
HTTP: dict[str, Any] = {"name": "Gateway", "kind": "http", "options": SHAPE, "username": "me", "password": "p"}


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def create(tenant: Tenant | None, **fields: Any) -> MailServer:
    tenant_id = None if tenant is None else tenant.pk
    return servers.create(tenant_id=tenant_id, fields={**HTTP, **fields}, protocol=Protocol.SMS)


def fetch(gateway: MailServer) -> SmsGateway:
    return SmsGateway.across_tenants.get(pk=gateway.pk)


def test_the_first_gateway_of_an_owner_is_enabled_beside_its_mail_server(tenant: Tenant) -> None:
    MailServerFactory(tenant=tenant)

    first, second = create(tenant), create(tenant, name="Second")

    assert (first.enabled, second.enabled) == (True, False)
    assert MailServer.objects.for_tenant(tenant.pk).filter(enabled=True).count() == 2


def test_enabling_a_gateway_switches_the_other_off_and_leaves_mail_alone(tenant: Tenant) -> None:
    mail = MailServerFactory(tenant=tenant)
    create(tenant)
    second = create(tenant, name="Second")

    servers.enable(second)

    enabled = MailServer.objects.for_tenant(tenant.pk).filter(enabled=True)
    assert {row.name for row in enabled} == {mail.name, "Second"}


def test_a_gateway_may_be_called_like_a_mail_server(tenant: Tenant) -> None:
    MailServerFactory(tenant=tenant, name="Gateway")

    assert create(tenant).name == "Gateway"


def test_gateways_are_found_apart_from_mail_servers(tenant: Tenant) -> None:
    MailServerFactory(tenant=tenant)
    platform = create(None)
    own = create(tenant)

    assert set(SmsGateway.objects.for_tenant(tenant.pk)) == {fetch(own)}
    assert set(SmsGateway.objects.visible_to(tenant.pk)) == {fetch(own), fetch(platform)}
    assert SmsGateway.across_tenants.count() == 2


@pytest.mark.parametrize(("protocol", "kind"), [("SMTP", "http"), ("SMS", "smtp"), ("SMS", "anymail")])
def test_a_kind_carries_its_own_protocol_only(tenant: Tenant, protocol: str, kind: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        servers.create(tenant_id=tenant.pk, fields={**HTTP, "kind": kind}, protocol=Protocol(protocol))
    assert refusal.value.params["field"] == "kind"

    with pytest.raises(IntegrityError), transaction.atomic():
        SmsGatewayFactory(tenant=tenant, protocol=protocol, kind=kind)


def test_a_tenant_s_gateway_speaks_tls_and_the_platform_s_may_do_without(tenant: Tenant, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_SERVERS = False
    plain = {**SHAPE, "url": "http://10.0.0.5/sms"}
    with pytest.raises(InvalidField):
        create(tenant, options=plain)

    assert create(None, options=plain).pk


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"options": {"url": "https://x.example/"}}, "options"),
        ({"options": {}}, "options"),
        ({"kind": "capture", "options": {}}, "kind"),
        ({"from_address": "A\nB"}, "from_address"),
    ],
)
def test_a_gateway_that_could_not_send_is_refused(tenant: Tenant, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        create(tenant, **fields)

    assert refusal.value.params["field"] == field


def test_capturing_is_there_while_developing(tenant: Tenant, settings: Any) -> None:
    settings.DEBUG = True

    assert create(tenant, kind="capture", options={}).pk


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {**SHAPE, "url": "https://evil.example/v1"}},
        {"username": "somebody else"},
        {"options": {**SHAPE, "url": "https://sms.example.com:8443/v1"}},
    ],
)
def test_stored_secrets_do_not_follow_to_another_address_or_account(tenant: Tenant, changes: dict[str, Any]) -> None:
    gateway = create(tenant, credentials={"token": "t"})
    token = fetch(gateway).password

    for kept in ({}, {"password": "new"}, {"credentials": {"token": "new"}}):
        with pytest.raises(InvalidField):
            servers.update(fetch(gateway), changes | kept)
    assert fetch(gateway).password == token

    servers.update(fetch(gateway), changes | {"password": "new", "credentials": {"token": "new"}})

    assert fetch(gateway).password != token


def test_what_keeps_address_and_account_needs_no_secret_again(tenant: Tenant) -> None:
    gateway = create(tenant)

    servers.update(fetch(gateway), {"options": {**SHAPE, "url": "https://sms.example.com/v2"}, "from_address": "Acme"})

    assert fetch(gateway).options["url"].endswith("/v2")
