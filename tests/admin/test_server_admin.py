"""Mail servers in the admin: a friendly form over the rules, secrets that go in and never come out."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from notifications import servers
from notifications.delivery import health
from notifications.models import MailServer, Message
from tenants.models import Tenant
from tests.factories import MailServerFactory
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db
ADD = reverse("admin:notifications_mailserver_add")
LIST = reverse("admin:notifications_mailserver_changelist")


def change(server: MailServer, page: str = "change") -> str:
    return f"{LIST}{server.pk}/{page}/"


def form(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Relay",
        "tenant": tenant.pk,
        "kind": "smtp",
        "host": "smtp.example.com",
        "port": 587,
        "encryption": "starttls",
        "verify_certificate": "on",
        "auth_enabled": "on",
        "username": "mailer",
        "options": "{}",
        "max_connections": 10,
        **fields,
    }


def errors(reply: Any) -> dict[str, Any]:
    return reply.context["adminform"].form.errors


def servers_of(tenant: Tenant) -> Any:
    return MailServer.objects.for_tenant(tenant.pk)


@pytest.fixture
def server(acme: Tenant) -> MailServer:
    """The one that Acme has, with a password."""
    server = servers_of(acme).get()
    servers.update(
        server, {"host": "smtp.example.com", "username": "mailer", "auth_enabled": True, "password": "old-secret"}
    )
    return server


def test_a_server_is_added_sealed_and_off_beside_the_enabled_one(operator: Client, acme: Tenant):
    operator.post(ADD, form(acme, new_password="s3cret-pw"))

    made = servers_of(acme).get(name="Relay")
    assert made.password.reveal() == "s3cret-pw"
    assert (made.enabled, made.starttls, made.implicit_tls) == (False, True, False)


def test_an_empty_password_keeps_the_stored_one(operator: Client, acme: Tenant, server: MailServer):
    operator.post(change(server), form(acme, remark="changed", new_password=""))

    stored = servers_of(acme).get()
    assert (stored.remark, stored.password.reveal()) == ("changed", "old-secret")


def test_a_typed_password_replaces_the_stored_one(operator: Client, acme: Tenant, server: MailServer):
    operator.post(change(server), form(acme, new_password="new-secret"))

    assert servers_of(acme).get().password.reveal() == "new-secret"


@pytest.mark.parametrize("changed", [{"host": "elsewhere.example.net"}, {"username": "somebody"}])
def test_a_stored_password_is_not_sent_to_another_host_or_account(
    operator: Client, acme: Tenant, server: MailServer, changed: dict[str, str]
):
    reply = operator.post(change(server), form(acme, **changed))

    assert "new_password" in errors(reply)
    assert servers_of(acme).get().host == "smtp.example.com"


def test_switching_authentication_off_forgets_the_password(operator: Client, acme: Tenant, server: MailServer):
    fields = form(acme)
    del fields["auth_enabled"]

    operator.post(change(server), fields)

    assert servers_of(acme).get().password is None


def test_secrets_appear_on_no_page(operator: Client, acme: Tenant, server: MailServer):
    token = servers_of(acme).get().password.token
    typed = {"new_password": "typed-secret", "new_credentials": '{"api_key": "typed-key"}', "port": "none"}

    pages = [
        operator.get(change(server)).content.decode(),
        operator.get(LIST).content.decode(),
        operator.get(change(server, "history")).content.decode(),
        operator.post(change(server), form(acme, **typed)).content.decode(),
        operator.post(ADD, form(acme, **typed)).content.decode(),
    ]

    for page in pages:
        assert not [secret for secret in ("old-secret", token, "typed-secret", "typed-key") if secret in page]
    assert "secret" not in "".join(LogEntry.objects.values_list("change_message", flat=True)).replace(
        "new_password", ""
    )


def test_an_email_service_takes_its_credentials_as_json(operator: Client, acme: Tenant):
    fields = form(acme, kind="anymail", service="sendgrid", new_credentials='{"api_key": "key-1"}', host="")

    operator.post(ADD, fields)

    made = servers_of(acme).get(name="Relay")
    assert (made.service, made.credentials.reveal()) == ("sendgrid", '{"api_key": "key-1"}')


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "anymail", "service": ""}, "service"),
        ({"kind": "anymail", "service": "nosuch"}, "service"),
        ({"kind": "anymail", "service": "sendgrid", "new_credentials": "not json"}, "new_credentials"),
        ({"kind": "anymail", "service": "sendgrid", "new_credentials": "[1]"}, "new_credentials"),
        ({"kind": "anymail", "service": "sendgrid", "options": '{"debug_api_requests": true}'}, "options"),
        ({"host": ""}, "host"),
        ({"port": "0"}, "port"),
        ({"name": "Acme relay"}, "name"),
    ],
    ids=lambda case: str(case)[:40],
)
def test_a_refusal_stands_beside_its_field(operator: Client, acme: Tenant, fields: dict[str, str], name: str):
    reply = operator.post(ADD, form(acme, **fields))

    assert reply.status_code == 200
    assert name in errors(reply)
    assert servers_of(acme).count() == 1


def test_the_eleventh_server_is_refused_in_words(operator: Client, acme: Tenant):
    for number in range(servers.LIMIT - 1):
        servers.create(tenant_id=acme.pk, fields={"name": f"n{number}", "host": "h.example.com"})

    reply = operator.post(ADD, form(acme))

    assert "At most 10 servers" in str(errors(reply))


def test_enabling_asks_first_then_switches_the_other_off(operator: Client, acme: Tenant, server: MailServer):
    second = servers.create(tenant_id=acme.pk, fields={"name": "Second", "host": "h.example.com"})

    question = operator.get(change(second, "enable"))
    asked_only = servers_of(acme).get(enabled=True)
    operator.post(change(second, "enable"), {"confirmed": "yes"})

    assert question.status_code == 200
    assert (asked_only.name, servers_of(acme).get(enabled=True).name) == ("Acme relay", "Second")
    assert LogEntry.objects.get().get_change_message() == "Enabled."


def test_the_page_offers_the_switch_that_fits(operator: Client, server: MailServer):
    page = operator.get(change(server)).content.decode()

    assert change(server, "disable") in page
    assert change(server, "enable") not in page


def test_a_platform_server_can_be_read_and_not_switched_by_staff(operator: Client):
    platform = servers.create(tenant_id=None, fields={"name": "Platform relay", "host": "h.example.com"})

    page = operator.get(change(platform))
    attempts = [operator.post(change(platform, each), {"confirmed": "yes"}) for each in ("disable", "delete", "change")]

    assert page.status_code == 200
    assert {reply.status_code for reply in attempts} == {403}
    assert MailServer.across_tenants.get(pk=platform.pk).enabled


def test_deleting_goes_through_the_rules(operator: Client, acme: Tenant, server: MailServer):
    operator.post(change(server, "delete"), {"post": "yes"})

    assert not servers_of(acme).exists()


def test_a_server_that_rests_says_so_and_why(operator: Client, server: MailServer):
    for _ in range(health.THRESHOLD):
        health.record_failure(server, "535 Authentication failed")

    pages = [operator.get(page).content.decode() for page in (LIST, change(server), reverse("admin:index"))]

    assert all("Resting" in page and "535 Authentication failed" in page for page in pages)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
def test_a_test_mail_leaves_at_once_and_is_on_record(acme: Tenant, operator: Client):
    with Sink() as sink:
        spare = MailServerFactory(tenant=acme, name="Spare", enabled=False, port=sink.port)
        form = {"address": "olga@example.com", "tenant": acme.pk}
        reply = operator.post(change(spare, "test"), form, follow=True)

        assert [received.recipients for received in sink.accepted] == [("olga@example.com",)]
    assert "Spare took the test." in reply.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Test sent."


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
def test_a_refused_test_mail_brings_the_reason_back(acme: Tenant, operator: Client):
    server = servers_of(acme).get()

    reply = operator.post(change(server, "test"), {"address": "olga@example.com", "tenant": acme.pk}, follow=True)

    assert "refused" in reply.content.decode().lower()
    assert LogEntry.objects.get().get_change_message() == "Test refused."


def test_looking_at_the_form_of_a_test_sends_nothing(operator: Client, acme: Tenant, server: MailServer):
    reply = operator.get(change(server, "test"))

    assert reply.status_code == 200
    assert not Message.objects.for_tenant(acme.pk).exists()


@pytest.mark.parametrize("fields", [{"address": "not an address"}, {"tenant": "0"}])
def test_a_test_without_address_or_tenant_is_refused(
    operator: Client, acme: Tenant, server: MailServer, fields: dict[str, str]
):
    form = {"address": "olga@example.com", "tenant": acme.pk, **fields}

    reply = operator.post(change(server, "test"), form)

    assert reply.context["form"].errors
    assert not Message.objects.for_tenant(acme.pk).exists()


def test_a_kind_that_carries_something_else_is_refused(operator: Client, acme: Tenant):
    reply = operator.post(ADD, form(acme, kind="twilio"))

    assert "kind" in errors(reply)
