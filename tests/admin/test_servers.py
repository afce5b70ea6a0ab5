"""The rules about mail servers, in the one module that knows them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from notifications import servers
from notifications.errors import ServerBusy, ServerLimitReached, ServerNameTaken
from notifications.models import MailServer
from tenants.errors import InvalidField
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db
SMTP: dict[str, Any] = {"name": "Relay", "host": "smtp.example.com"}


@pytest.fixture
def tenant(db: None) -> Tenant:
    return TenantFactory()


def enabled(tenant: Tenant | None) -> list[str]:
    rows = MailServer.across_tenants.filter(tenant=tenant, enabled=True).order_by("name")
    return list(rows.values_list("name", flat=True))


def test_the_first_server_of_an_owner_is_enabled_and_the_next_is_not(tenant: Tenant):
    servers.create(tenant_id=tenant.pk, fields=SMTP)
    servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": "Second"})
    servers.create(tenant_id=None, fields=SMTP)

    assert enabled(tenant) == ["Relay"]
    assert enabled(None) == ["Relay"]


def test_enabling_one_switches_the_others_of_the_same_owner_off(tenant: Tenant):
    servers.create(tenant_id=None, fields=SMTP)
    servers.create(tenant_id=tenant.pk, fields=SMTP)
    second = servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": "Second"})

    servers.enable(second)

    assert enabled(tenant) == ["Second"]
    assert enabled(None) == ["Relay"]


def test_disabling_and_removing_enable_nothing_else(tenant: Tenant):
    first = servers.create(tenant_id=tenant.pk, fields=SMTP)
    second = servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": "Second"})

    servers.disable(first)
    after_disable = enabled(tenant)
    servers.enable(second)
    servers.remove(second)

    assert (after_disable, enabled(tenant)) == ([], [])


def test_secrets_are_sealed_at_rest_and_open_again(tenant: Tenant):
    fields = {**SMTP, "password": "pa55-word", "credentials": {"api_key": "key-1"}}
    server = servers.create(tenant_id=tenant.pk, fields=fields)

    with connection.cursor() as cursor:
        cursor.execute("SELECT password, credentials FROM notifications_mailserver WHERE id = %s", [server.pk])
        stored = cursor.fetchone()

    assert "pa55-word" not in stored[0]
    assert "key-1" not in stored[1]
    server = MailServer.objects.for_tenant(tenant.pk).get()
    assert server.password.reveal() == "pa55-word"
    assert json.loads(server.credentials.reveal()) == {"api_key": "key-1"}


def test_an_update_touches_only_what_it_names(tenant: Tenant):
    server = servers.create(tenant_id=tenant.pk, fields={**SMTP, "password": "pa55-word"})
    before = server.modified_at

    servers.update(server, {"remark": "old one"})

    server = MailServer.objects.for_tenant(tenant.pk).get()
    assert (server.remark, server.host, server.password.reveal()) == ("old one", "smtp.example.com", "pa55-word")
    assert server.modified_at > before


def test_a_secret_of_none_is_forgotten(tenant: Tenant):
    server = servers.create(tenant_id=tenant.pk, fields={**SMTP, "password": "pa55-word"})

    servers.update(server, {"password": None})

    assert MailServer.objects.for_tenant(tenant.pk).get().password is None


def test_names_are_unique_per_owner(tenant: Tenant):
    servers.create(tenant_id=tenant.pk, fields=SMTP)
    servers.create(tenant_id=None, fields=SMTP)
    other = servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": "Second"})

    with pytest.raises(ServerNameTaken):
        servers.create(tenant_id=tenant.pk, fields=SMTP)
    with pytest.raises(ServerNameTaken):
        servers.update(other, {"name": "Relay"})


def test_an_owner_has_at_most_ten_servers(tenant: Tenant):
    for number in range(servers.LIMIT):
        servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": f"Relay {number}"})

    with pytest.raises(ServerLimitReached):
        servers.create(tenant_id=tenant.pk, fields=SMTP)

    assert servers.create(tenant_id=None, fields=SMTP).pk


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "x"}, "host"),
        ({"name": "x", "kind": "anymail"}, "service"),
        ({**SMTP, "port": 70000}, "port"),
        ({**SMTP, "enabled": True}, "enabled"),
        ({**SMTP, "tenant_id": 1}, "tenant_id"),
    ],
)
def test_what_cannot_be_stored_names_its_field(tenant: Tenant, fields: dict[str, Any], name: str):
    with pytest.raises(InvalidField) as refusal:
        servers.create(tenant_id=tenant.pk, fields=fields)

    assert refusal.value.params["field"] == name
    assert not MailServer.objects.for_tenant(tenant.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_ten_people_who_enable_at_once_leave_one_server_enabled():
    tenant = TenantFactory()
    made = [servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": f"Relay {n}"}) for n in range(5)]

    def enable(server: MailServer) -> None:
        try:
            servers.enable(server)
        except ServerBusy:
            # A refusal is an answer too; a crash or a second enabled server would not be.
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=5) as people:
        list(people.map(enable, made * 2, timeout=30))

    assert len(enabled(tenant)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_servers_made_at_once_leave_one_enabled():
    tenant = TenantFactory()

    def create(name: str) -> bool:
        try:
            servers.create(tenant_id=tenant.pk, fields={**SMTP, "name": name})
        except ServerBusy:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(max_workers=4) as people:
        made = list(people.map(create, ["a", "b", "c", "d"], timeout=30))

    assert any(made)
    assert len(enabled(tenant)) == 1
