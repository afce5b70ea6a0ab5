"""Gateways for SMS have a list and a form of their own over the same rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import MailServer, Message, SmsGateway
from tenants.models import Tenant
from tests.admin.conftest import listed
from tests.factories import SmsGatewayFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_smsgateway_changelist")
SERVERS = reverse("admin:notifications_mailserver_changelist")
SHAPE = {
    "url": "https://sms.example.com/v1/messages",
    "json": {"to": "{to}", "text": "{text}"},
    "headers": {"Authorization": "Bearer {secret.token}"},
}


def form(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Texts",
        "tenant": tenant.pk,
        "kind": "http",
        "username": "acme",
        "options": json.dumps(SHAPE),
        "from_address": "Acme",
        "new_credentials": '{"token": "s3cret-token"}',
        "max_connections": 1,
        **fields,
    }


def errors(reply: Any) -> Any:
    return reply.context["adminform"].form.errors


def gateway_of(tenant: Tenant) -> SmsGateway:
    return SmsGateway.objects.for_tenant(tenant.pk).get()


@pytest.fixture
def gateway(operator: Client, acme: Tenant) -> SmsGateway:
    operator.post(f"{LIST}add/", form(acme))
    return gateway_of(acme)


def test_a_gateway_is_added_sealed_and_enabled_beside_the_mail_server(acme: Tenant, gateway: SmsGateway):
    assert (gateway.protocol, gateway.enabled, gateway.options) == ("SMS", True, SHAPE)
    assert gateway.credentials is not None
    assert json.loads(gateway.credentials.reveal()) == {"token": "s3cret-token"}
    assert MailServer.objects.for_tenant(acme.pk).filter(protocol="SMTP", enabled=True).exists()


def test_gateways_and_servers_do_not_appear_in_each_others_lists(operator: Client, acme: Tenant, gateway: SmsGateway):
    server = MailServer.objects.for_tenant(acme.pk).get(protocol="SMTP")

    assert listed(operator, LIST) == [gateway.pk]
    assert listed(operator, SERVERS) == [server.pk]
    assert operator.get(f"{SERVERS}{gateway.pk}/change/").status_code == 404
    assert operator.get(f"{LIST}{server.pk}/change/").status_code == 404


def test_its_secrets_appear_on_no_page(operator: Client, acme: Tenant, gateway: SmsGateway):
    page = f"{LIST}{gateway.pk}/change/"
    wrong = form(acme, new_credentials='{"token": "typed-token"}', max_connections="none")

    pages = [operator.get(page).content.decode(), operator.post(page, wrong).content.decode()]

    assert not [page for page in pages for secret in ("s3cret-token", "typed-token") if secret in page]


def test_a_stored_secret_does_not_move_to_another_address(operator: Client, acme: Tenant, gateway: SmsGateway):
    page = f"{LIST}{gateway.pk}/change/"
    moved = json.dumps({**SHAPE, "url": "https://elsewhere.example.net/"})

    kept = operator.post(page, form(acme, options=moved, new_credentials=""))
    url_after_refusal = gateway_of(acme).options["url"]
    operator.post(page, form(acme, options=moved, new_credentials='{"token": "new"}'))

    assert "new_credentials" in errors(kept)
    assert url_after_refusal == SHAPE["url"]
    assert gateway_of(acme).options["url"] == "https://elsewhere.example.net/"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "smtp"}, "kind"),
        ({"options": "[1]"}, "options"),
        ({"options": ""}, "options"),
        ({"options": '{"url": "http://127.0.0.1/"}'}, "options"),
        ({"kind": "capture"}, "kind"),
        ({"new_credentials": "nope"}, "new_credentials"),
    ],
    ids=str,
)
def test_a_refusal_stands_beside_its_field(operator: Client, acme: Tenant, fields: dict[str, str], name: str):
    reply = operator.post(f"{LIST}add/", form(acme, **fields))

    assert reply.status_code == 200
    assert name in errors(reply)
    assert not SmsGateway.objects.for_tenant(acme.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
def test_a_test_sms_leaves_at_once_and_is_on_record(operator: Client, acme: Tenant, settings: Any, tmp_path: Path):
    settings.DEBUG, settings.SMS_CAPTURE_DIR = True, tmp_path
    spare = SmsGatewayFactory(tenant=acme, name="Spare", enabled=False)

    reply = operator.post(trial(spare), {"address": "138 0013 8000", "tenant": acme.pk}, follow=True)

    assert "Spare took the test." in reply.content.decode()
    (kept,) = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert kept["to"] == ["+8613800138000"]
    assert "Spare" in kept["text"]
    assert Message.objects.for_tenant(acme.pk).get().status == "SENT"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
def test_a_refused_test_sms_brings_the_reason_back(operator: Client, acme: Tenant):
    gateway = SmsGatewayFactory(tenant=acme)

    reply = operator.post(trial(gateway), {"address": "+8613800138000", "tenant": acme.pk}, follow=True)

    assert "only while DEBUG is on" in reply.content.decode()


def test_a_test_sms_goes_to_a_number(operator: Client, acme: Tenant):
    reply = operator.post(trial(SmsGatewayFactory(tenant=acme)), {"address": "ann@example.org", "tenant": acme.pk})

    assert "is not a phone number" in reply.content.decode()
    assert not Message.across_tenants.exists()


def trial(gateway: SmsGateway) -> str:
    return reverse("admin:notifications_smsgateway_test", args=[gateway.pk])
