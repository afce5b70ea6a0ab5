"""N4 to N6: servers that are slow without end, that are not who they should be, or that do not know our password."""

from pathlib import Path

import pytest

from notifications.delivery import health
from notifications.models import DeliveryAttempt, MailServer, Message, RouteHealth
from notifications.states import Status
from tenants.sealed import Secret
from tests.factories import MailServerFactory, send
from tests.faults.harness.certificates import Authority
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses, verdicts
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink
from tests.faults.harness.time import end_rests, finish, time_passing, try_again
from tests.faults.harness.works import LEASE_S, Works

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = [f"r{n}@example.org" for n in range(90)]


def is_resting(server: MailServer) -> bool:
    return health.observe([server.pk]).get(server.pk, health.HEALTHY).is_resting


@pytest.mark.parametrize(
    "rule",
    [
        Rule("BANNER", do="silence"),
        Rule("EHLO", do="drip", delay_s=1),
        Rule("EHLO", do="endless"),
        Rule("MAIL", do="long_line"),
        Rule("DOT", do="silence"),
    ],
    ids=["no banner", "a byte a second", "a reply without end", "a line of 10 MB", "no reply to the dot"],
)
def test_n4_a_server_that_never_comes_to_an_end_stops_nobody_else_s_mail(sink: Sink, works: Works, rule: Rule) -> None:
    with Sink([rule]) as bad:
        stuck, free = MailServerFactory(port=bad.port).tenant, MailServerFactory(port=sink.port).tenant
        send(stuck, *RECIPIENTS)
        ids = send(free, *RECIPIENTS).message_ids

        worker = works.deliver()
        memory_mib = worker.peak_memory_mib
        sink.wait_for(len(ids), timeout_s=10)

        assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
        assert bad.accepted == []
        assert worker.peak_memory_mib < memory_mib + 64
        worker.kill()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_n4_a_server_slower_than_a_lease_keeps_it_and_gets_each_mail_once(works: Works, threads: str) -> None:
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.25))
    ids = send(MailServerFactory(port=sink.port).tenant, *RECIPIENTS[: 10 * LEASE_S]).message_ids

    works.deliver("slow", DELIVERY_THREADS=threads)
    sink.wait_for(1)
    # It has nothing to do but to look for leases that lapsed.
    works.deliver("watcher")
    wait_until(is_idle, "all mail is settled", timeout_s=20)

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert {tuple(verdicts(id_)) for id_ in ids} == {("sent",)}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path)


def test_n5_mail_waits_for_a_server_whose_certificate_has_expired_and_is_never_sent_in_clear(
    works: Works, authority: Authority
) -> None:
    with Sink(tls=authority.server_context(days=-1)) as impostor:
        server = MailServerFactory(port=impostor.port, starttls=True)
        ids = send(server.tenant, *RECIPIENTS).message_ids
        works.deliver(SSL_CERT_FILE=str(authority.certificate_file))
        wait_until(lambda: is_resting(server), "the breaker opens")

        assert impostor.accepted == []
        assert statuses() == {Status.PENDING: len(ids)}
        assert not DeliveryAttempt.across_tenants.exists()
        assert "certificate" in RouteHealth.objects.get().words

    with Sink(port=impostor.port, tls=authority.server_context()) as mended:
        end_rests()
        with time_passing():
            wait_until(is_idle, "all mail is settled", timeout_s=20)
        assert arrivals(mended.message_ids) == dict.fromkeys(ids, 1)
        assert all(each.is_encrypted for each in mended.accepted)


def test_n5_mail_waits_for_a_server_that_no_longer_offers_encryption(sink: Sink) -> None:
    ids = send(MailServerFactory(port=sink.port, starttls=True).tenant, *RECIPIENTS).message_ids

    try_again()

    assert sink.accepted == []
    assert statuses() == {Status.PENDING: len(ids)}
    assert "STARTTLS" in RouteHealth.objects.get().words


def test_n6_a_wrong_password_pauses_the_server_after_three_tries_and_keeps_the_mail() -> None:
    with Sink(users={"shop": "right"}) as sink:
        server = MailServerFactory(
            port=sink.port,
            auth_enabled=True,
            username="shop",
            password=Secret.of("wrong"),
            from_address="s@example.com",
        )
        ids = send(server.tenant, *RECIPIENTS).message_ids

        try_again()

        assert sum(verb == "AUTH" for _, verb in sink.steps) <= health.THRESHOLD
        assert is_resting(server)
        assert statuses() == {Status.PENDING: len(ids)}
        assert not DeliveryAttempt.across_tenants.exists()
        assert "535" in RouteHealth.objects.get().words
        assert "resting" in Message.across_tenants.latest("pk").failure_reason
        server.password = Secret.of("right")
        server.save()
        end_rests()
        finish()
        assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
