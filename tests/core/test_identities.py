"""Sender domains: a real key, real records, and nobody sends as a domain whose DNS does not carry them."""

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key
from pytest_django import Settings

from notifications.contracts import Address
from notifications.errors import SenderNotAllowed
from notifications.routing import check_sender
from tenants import identities, senders
from tenants.errors import (
    AlreadyExists,
    DnsUnavailable,
    DomainTaken,
    DomainUnverified,
    InvalidField,
    LimitReached,
    NotFound,
    StillInUse,
)
from tenants.models import SenderDomain, SenderIdentity, Tenant
from tests.factories import MailServerFactory, TenantFactory
from tests.fakes.dns_server import DnsServer, dns_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def dns(settings: Settings) -> Iterator[DnsServer]:
    with dns_server() as server:
        settings.DNS_SERVERS = [server.address]
        settings.SPF_MECHANISMS = ["include:spf.example.net"]
        yield server


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def domain_of(tenant: Tenant, name: str = "mail.example.com") -> SenderDomain:
    return identities.create(tenant.pk, name, key_bits=1024)


def publish(dns: DnsServer, domain: SenderDomain, **changed: str) -> None:
    for record in identities.records(domain):
        dns.publish(record.name, changed.get(record.purpose.value, record.expected))


def verified(dns: DnsServer, tenant: Tenant, name: str = "mail.example.com") -> SenderDomain:
    domain = domain_of(tenant, name)
    publish(dns, domain)
    return identities.check(domain)


@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_domain_gets_a_real_key_whose_private_half_is_sealed(tenant: Tenant, bits: int) -> None:
    domain = identities.create(tenant.pk, " BÜCHER.example ", key_bits=bits)

    stored = SenderDomain.objects.for_tenant(tenant.pk).get(name="xn--bcher-kva.example")
    public = load_der_public_key(base64.b64decode(stored.public_key))
    private = load_pem_private_key(stored.private_key.reveal().encode(), password=None)
    assert isinstance(public, rsa.RSAPublicKey)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert public.key_size == bits
    assert private.public_key() == public
    assert "PRIVATE" not in stored.private_key.token
    assert domain.verified_at is None


def test_the_records_to_publish(tenant: Tenant, settings: Settings) -> None:
    settings.SPF_MECHANISMS = []
    settings.BASE_URL = "https://notify.example.net:8443/"

    spf, dkim, dmarc = identities.records(domain_of(tenant))

    assert (spf.name, spf.expected) == ("mail.example.com", "v=spf1 a:notify.example.net ~all")
    assert dkim.name == "angarium._domainkey.mail.example.com"
    assert dkim.expected.startswith("v=DKIM1; k=rsa; p=MIGf")
    assert (dmarc.name, dmarc.expected) == ("_dmarc.mail.example.com", "v=DMARC1; p=none")
    assert [record.is_required for record in (spf, dkim, dmarc)] == [True, True, False]
    assert not any(record.is_right for record in (spf, dkim, dmarc))


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("http://192.0.2.7:8000", "ip4:192.0.2.7"), ("http://[2001:db8::7]/", "ip6:2001:db8::7")],
)
def test_an_address_is_allowed_as_one(settings: Settings, base_url: str, expected: str) -> None:
    settings.BASE_URL = base_url

    assert identities.spf_mechanisms() == (expected,)


def test_what_is_published_verifies_the_domain_and_lets_it_send(dns: DnsServer, tenant: Tenant) -> None:
    server, sender = MailServerFactory(tenant=tenant), Address("news@mail.example.com")
    domain = domain_of(tenant)
    with pytest.raises(SenderNotAllowed):
        check_sender(tenant.pk, sender, server)

    publish(dns, domain)
    identities.check(domain)

    assert all(record.is_right for record in identities.records(domain))
    assert check_sender(tenant.pk, sender, server) == sender
    with pytest.raises(SenderNotAllowed):
        check_sender(tenant.pk, Address("news@other.example.com"), server)
    with pytest.raises(SenderNotAllowed):
        check_sender(TenantFactory().pk, sender, server)


@pytest.mark.parametrize(
    ("changed", "is_verified"),
    [
        ({"spf": "V=spf1 +Include:spf.example.net include:other.example -all"}, True),
        ({"spf": "v=spf1 include:other.example ~all"}, False),
        ({"spf": "v=spf10 include:spf.example.net ~all"}, False),
        ({"dmarc": "v=DMARC1; p=reject; rua=mailto:d@example.com"}, True),
        ({"dmarc": "nothing of the kind"}, True),
        ({"dkim": "v=DKIM1; k=rsa; p="}, False),
        ({"dkim": "v=DKIM1; k=rsa; p=MIGfMA0G"}, False),
        ({"dkim": "v=DKIM1; k=ed25519; p={key}"}, False),
        ({"dkim": "k=rsa; t=s; p={key_with_blanks}; n=ours"}, True),
    ],
)
def test_which_records_verify(dns: DnsServer, tenant: Tenant, changed: dict[str, str], is_verified: bool) -> None:
    domain = domain_of(tenant)
    key = domain.public_key
    publish(dns, domain, **{p: t.format(key=key, key_with_blanks=f"{key[:9]} {key[9:]}") for p, t in changed.items()})

    assert (identities.check(domain).verified_at is not None) is is_verified


def test_two_spf_records_are_none(dns: DnsServer, tenant: Tenant) -> None:
    domain = domain_of(tenant)
    publish(dns, domain)
    spf = identities.records(domain)[0]
    dns.publish(spf.name, spf.expected, "v=spf1 -all", "unrelated")

    identities.check(domain)

    assert domain.verified_at is None
    assert identities.records(domain)[0].found == f"v=spf1 -all | {spf.expected}"


def test_a_record_that_disappears_ends_the_permission(dns: DnsServer, tenant: Tenant) -> None:
    domain = verified(dns, tenant)
    dns.publish("angarium._domainkey.mail.example.com")

    identities.check(domain)

    assert "@mail.example.com" not in senders.list_permitted(tenant.pk)


def test_a_server_that_fails_says_nothing_about_the_domain(dns: DnsServer, tenant: Tenant) -> None:
    domain = verified(dns, tenant)
    dns.broken.add("mail.example.com")

    with pytest.raises(DnsUnavailable):
        identities.check(domain)

    assert "@mail.example.com" in senders.list_permitted(tenant.pk)


def test_a_domain_is_verified_for_one_tenant_at_a_time(dns: DnsServer, tenant: Tenant) -> None:
    late = domain_of(TenantFactory())
    verified(dns, tenant)
    publish(dns, late)

    with pytest.raises(DomainTaken):
        identities.check(late)
    with pytest.raises(DomainTaken):
        domain_of(TenantFactory())

    assert SenderDomain.objects.for_tenant(late.tenant_id).get().verified_at is None


@pytest.mark.parametrize("name", ["", "localhost", "a..b", "exa mple.com", "ann@example.com", "127.0.0.1"])
def test_what_is_no_domain_is_refused(tenant: Tenant, name: str) -> None:
    with pytest.raises(InvalidField):
        domain_of(tenant, name)


def test_a_tenant_has_a_domain_once_and_only_so_many(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "MAX_DOMAINS", 1)
    domain_of(tenant)

    with pytest.raises(AlreadyExists):
        domain_of(tenant, "MAIL.example.com")
    with pytest.raises(LimitReached):
        domain_of(tenant, "b.example.com")


def test_senders_are_addresses_of_verified_domains(dns: DnsServer, tenant: Tenant) -> None:
    verified(dns, tenant)
    domain_of(tenant, "later.example.com")

    sender = senders.create(tenant.pk, "news@Mail.example.com", name="News")

    assert (sender.value, sender.display_name) == ("news@mail.example.com", "News")
    assert senders.list_senders(tenant.pk) == [sender]
    for address, refusal in (
        ("NEWS@mail.example.com", AlreadyExists),
        ("news@later.example.com", DomainUnverified),
        ("news@other.example.com", NotFound),
        ("nobody", InvalidField),
    ):
        with pytest.raises(refusal):
            senders.create(tenant.pk, address)
    with pytest.raises(InvalidField):
        senders.create(tenant.pk, "a@mail.example.com", name="x" * 101)


def test_a_domain_has_ten_senders_and_goes_when_they_are_gone(dns: DnsServer, tenant: Tenant) -> None:
    domain = verified(dns, tenant)
    for number in range(senders.MAX_PER_DOMAIN):
        senders.create(tenant.pk, f"s{number}@mail.example.com")

    with pytest.raises(LimitReached):
        senders.create(tenant.pk, "more@mail.example.com")
    with pytest.raises(StillInUse):
        identities.delete(domain)

    for number in range(senders.MAX_PER_DOMAIN):
        senders.delete(tenant.pk, f"s{number}@mail.example.com")
    identities.delete(domain)
    assert not SenderDomain.objects.for_tenant(tenant.pk).exists()


def test_a_strangers_domains_and_senders_are_not_there(dns: DnsServer, tenant: Tenant) -> None:
    verified(dns, tenant)
    senders.create(tenant.pk, "news@mail.example.com")
    stranger = TenantFactory().pk

    for act in (
        lambda: identities.resolve(stranger, "mail.example.com"),
        lambda: senders.create(stranger, "more@mail.example.com"),
        lambda: senders.delete(stranger, "news@mail.example.com"),
    ):
        with pytest.raises(NotFound):
            act()
    assert SenderIdentity.objects.for_tenant(tenant.pk).count() == 1
    assert not senders.list_permitted(stranger)
