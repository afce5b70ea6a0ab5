"""Mail of a verified domain over real SMTP conversations: what its owner published proves it; no other is signed."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications.contracts import Address, Content, UnsubscribeOffer
from notifications.delivery.deliver import deliver_due
from notifications.models import Message, Outbox
from notifications.states import Status
from tenants import identities
from tenants.identities import Purpose
from tenants.models import SenderDomain, Tenant
from tenants.sealed import Secret
from tests.factories import MailServerFactory, SenderIdentityFactory, send
from tests.fakes.dkim_receiver import Untrusted, verify
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def domain_of(tenant: Tenant, name: str = "shop.example", *, is_verified: bool = True) -> SenderDomain:
    domain = identities.create(tenant.pk, name, key_bits=1024)
    if is_verified:
        # The records themselves are looked for in test_identities.py, in a real DNS.
        SenderDomain.objects.for_tenant(tenant.pk).filter(pk=domain.pk).update(verified_at=timezone.now())
    return domain


def published(domain: SenderDomain) -> dict[str, str]:
    """What we tell the domain's owner to publish."""
    return {record.name: record.expected for record in identities.records(domain) if record.purpose is Purpose.DKIM}


def mail_from(tenant: Tenant, sender: str = "news@shop.example", **changes: object) -> None:
    # Whatever it has verified: somebody let it send as this address.
    SenderIdentityFactory(tenant=tenant, value=sender)
    send(tenant, "ann@example.org", sender=Address(sender), **changes)
    deliver_due()


def is_signed(sink: Sink) -> bool:
    return b"DKIM-Signature:" in sink.accepted[-1].data


def test_the_published_key_proves_what_arrived(tenant: Tenant, sink: Sink) -> None:
    domain = domain_of(tenant)
    content = Content("Grüße", html="<p>Hello</p>", text=".one\n..two\n.\n  three  \n")

    mail_from(tenant, content=content, unsubscribe=UnsubscribeOffer("de"))

    tags = verify(sink.accepted[-1].data, published(domain))
    assert (tags["d"], tags["s"]) == ("shop.example", "angarium")
    assert "list-unsubscribe-post" in tags["h"].split(":")


def test_the_server_s_own_sender_is_signed_for_as_well(sink: Sink) -> None:
    tenant = MailServerFactory(port=sink.port, from_address="Shop@Shop.Example").tenant
    domain = domain_of(tenant)

    send(tenant, "ann@example.org")
    deliver_due()

    assert verify(sink.accepted[-1].data, published(domain))["d"] == "shop.example"


def test_a_domain_in_our_alphabet_is_signed_under_its_name_in_the_dns(tenant: Tenant, sink: Sink) -> None:
    domain = domain_of(tenant, "bücher.example")

    mail_from(tenant, "news@xn--bcher-kva.example")

    assert verify(sink.accepted[-1].data, published(domain))["d"] == "xn--bcher-kva.example"


def test_a_later_attempt_is_signed_as_well(tenant: Tenant, sink: Sink) -> None:
    domain = domain_of(tenant)
    sink.obey([Rule("DOT", reply="451 later", times=1)])
    ids = send(tenant, "ann@example.org", sender=Address("news@shop.example")).message_ids
    deliver_due()
    Outbox.objects.filter(message_id__in=ids).update(due_at=timezone.now())
    deliver_due()

    verify(sink.accepted[-1].data, published(domain))


@pytest.mark.parametrize("sender", ["news@example.com", "news@sub.shop.example", "news@notshop.example"])
def test_other_senders_are_not_signed_for(tenant: Tenant, sink: Sink, sender: str) -> None:
    domain_of(tenant)

    mail_from(tenant, sender)

    assert not is_signed(sink)


def test_a_domain_that_is_not_verified_signs_nothing_and_neither_does_a_new_key(tenant: Tenant, sink: Sink) -> None:
    domain_of(tenant, is_verified=False)
    mail_from(tenant)
    assert not is_signed(sink)

    domain = domain_of(tenant, "other.example")
    identities.rekey(domain, key_bits=1024)
    mail_from(tenant, "news@other.example")
    assert not is_signed(sink)


def test_mail_whose_key_cannot_be_opened_waits_until_it_can(tenant: Tenant, sink: Sink) -> None:
    domain = domain_of(tenant)
    key, rows = domain.private_key, SenderDomain.objects.for_tenant(tenant.pk)
    rows.update(private_key=Secret("sealed with a key that is gone"))
    mail_from(tenant)

    message = Message.objects.for_tenant(tenant.pk).get()
    assert (message.status, message.attempts) == (Status.PENDING, 0)
    assert "FIELD_ENCRYPTION_KEYS" in message.failure_reason
    assert not sink.accepted

    rows.update(private_key=key)
    Outbox.objects.update(due_at=timezone.now())
    deliver_due()
    verify(sink.accepted[-1].data, published(domain))


def test_a_stranger_s_mail_is_not_signed_with_our_key(tenant: Tenant, sink: Sink) -> None:
    domain = domain_of(tenant)
    stranger = MailServerFactory(port=sink.port).tenant

    mail_from(stranger)

    with pytest.raises(Untrusted, match="no signature"):
        verify(sink.accepted[-1].data, published(domain))


def test_the_keys_of_a_batch_are_one_query(tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    domains = [domain_of(tenant, name) for name in ("a.example", "b.example")]

    with django_assert_num_queries(1):
        keys = identities.find_keys([tenant.pk, tenant.pk + 1])

    assert set(keys) == {(tenant.pk, domain.name) for domain in domains}
