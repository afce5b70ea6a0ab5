"""Sender domains in the admin: the records to publish are there to copy, and checking asks first."""

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tenants import identities
from tenants.models import SenderDomain, Tenant
from tests.factories import SenderIdentityFactory
from tests.fakes.dns_server import DnsServer, dns_server

pytestmark = pytest.mark.django_db
ADD = reverse("admin:tenants_senderdomain_add")
LIST = reverse("admin:tenants_senderdomain_changelist")


@pytest.fixture
def dns(settings: Settings) -> Iterator[DnsServer]:
    with dns_server() as server:
        settings.DNS_SERVERS = [server.address]
        yield server


@pytest.fixture
def domain(acme: Tenant) -> SenderDomain:
    return identities.create(acme.pk, "mail.example.com", key_bits=1024)


def page(domain: SenderDomain, name: str = "change") -> str:
    return f"{LIST}{domain.pk}/{name}/"


def test_a_new_domain_leads_to_its_records(operator: Client, acme: Tenant) -> None:
    body = {"tenant": acme.pk, "name": " Mail.Example.com ", "key_bits": 1024}

    reply = operator.post(ADD, body, follow=True)

    domain = SenderDomain.objects.for_tenant(acme.pk).get()
    text = reply.content.decode()
    assert reply.redirect_chain[-1][0] == page(domain)
    assert domain.name == "mail.example.com"
    for record in identities.records(domain):
        assert record.name in text
        assert record.expected in text
    assert "PRIVATE KEY" not in text
    assert "name" in operator.post(ADD, body).context["adminform"].form.errors
    assert "name" in operator.post(ADD, body | {"name": "nonsense"}).context["adminform"].form.errors


def test_checking_asks_first_and_says_what_was_found(operator: Client, domain: SenderDomain, dns: DnsServer) -> None:
    operator.get(page(domain, "check"))
    domain.refresh_from_db()
    assert domain.checked_at is None
    operator.post(page(domain, "check"), {"confirmed": "yes"})
    assert "Not verified" in operator.get(LIST).content.decode()

    for record in identities.records(domain):
        dns.publish(record.name, record.expected)
    reply = operator.post(page(domain, "check"), {"confirmed": "yes"}, follow=True)

    assert "is verified" in reply.content.decode()
    domain.refresh_from_db()
    assert domain.verified_at is not None
    assert LogEntry.objects.latest("pk").change_message == "Checked: verified."


def test_a_silent_dns_is_an_error_message(operator: Client, domain: SenderDomain, dns: DnsServer) -> None:
    dns.broken.add(domain.name)

    reply = operator.post(page(domain, "check"), {"confirmed": "yes"}, follow=True)

    assert "gave no answer" in reply.content.decode()


def test_a_domain_goes_once_it_has_no_senders(operator: Client, acme: Tenant, domain: SenderDomain) -> None:
    sender = SenderIdentityFactory(tenant=acme, value=f"news@{domain.name}")
    assert operator.post(page(domain, "delete"), {"post": "yes"}).status_code == 403

    sender.delete()
    operator.post(page(domain, "delete"), {"post": "yes"})

    assert not SenderDomain.objects.for_tenant(acme.pk).exists()
