"""The test mail: through exactly the server that is asked for, while somebody waits, tried once and recorded."""

import threading
import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.db import connection
from pytest_django import Settings

from notifications import holds
from notifications.contracts import Address
from notifications.delivery.deliver import deliver_due
from notifications.errors import DeliveryFailed
from notifications.models import DeliveryAttempt, Hold, MailServer, Message, Outbox, RouteHealth
from notifications.trial import Asker, send_test_mail
from tenants.errors import QuotaExceeded
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("seeded")]

ANN = Address("ann@example.org")


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


@pytest.fixture
def server(tenant: Tenant, sink: Sink) -> MailServer:
    return MailServerFactory(tenant=tenant, name="Spare one", enabled=False, port=sink.port)


def ask(tenant: Tenant, server: MailServer, *recipients: Address, language: str = "en") -> tuple[int, ...]:
    return send_test_mail(
        tenant, server, recipients or (ANN,), language=language, asker=Asker(facade="test")
    ).message_ids


def words_of_failure(tenant: Tenant, server: MailServer, *recipients: Address) -> str:
    with pytest.raises(DeliveryFailed) as failure:
        ask(tenant, server, *recipients)
    return str(failure.value.params["words"])


def test_it_leaves_through_a_server_that_is_not_enabled_and_has_arrived_when_we_return(
    tenant: Tenant, server: MailServer, sink: Sink
) -> None:
    (message_id,) = ask(tenant, server)

    (received,) = sink.accepted
    mail = message_from_bytes(received.data, policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("ann@example.org", "Test message")
    assert "Spare one" in str(mail.get_body(("plain",)))
    record = Message.across_tenants.get(pk=message_id)
    assert (record.status, record.biz_key, record.route_id, record.lane) == ("SENT", "CHANNEL_TEST", server.pk, 0)
    assert not Outbox.objects.exists()


def test_it_leaves_through_that_server_although_another_one_is_enabled(
    tenant: Tenant, server: MailServer, sink: Sink
) -> None:
    with Sink() as usual:
        MailServerFactory(tenant=tenant, port=usual.port)

        ask(tenant, server)

        assert (len(sink.accepted), len(usual.accepted)) == (1, 0)


def test_the_subject_and_the_sender_are_that_servers(tenant: Tenant, server: MailServer, sink: Sink) -> None:
    MailServerFactory(tenant=tenant, from_address="usual@example.com", subject_prefix="USUAL")
    MailServer.across_tenants.filter(pk=server.pk).update(subject_prefix="SPARE", from_address="spare@example.com")
    server.refresh_from_db()

    ask(tenant, server, language="zh_CN")

    mail = message_from_bytes(sink.accepted[0].data, policy=policy.default)
    assert (mail["Subject"], mail["From"]) == ("SPARE|测试邮件", "spare@example.com")
    assert Message.across_tenants.get().subject == "SPARE|测试邮件"


def test_each_recipient_gets_a_mail_of_its_own_and_the_connection_is_not_kept(
    tenant: Tenant, server: MailServer, sink: Sink
) -> None:
    ask(tenant, server, ANN, Address("bob@example.org"))

    assert [received.recipients for received in sink.accepted] == [("ann@example.org",), ("bob@example.org",)]
    sink.wait_for_step("QUIT")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("RCPT", reply="550 5.1.1 no such user"), "no such user"),
        (Rule("RCPT", reply="450 4.2.1 try again in 10 minutes"), "try again in 10 minutes"),
        (Rule("MAIL", reply="530 5.7.0 log in first"), "log in first"),
        (Rule("BANNER", reply="554 no service"), "no service"),
        (Rule("DOT", do="drop", accepts=True), ""),
    ],
)
def test_whatever_the_server_refuses_is_told_in_its_words_and_not_tried_again(
    tenant: Tenant, server: MailServer, sink: Sink, rule: Rule, words: str
) -> None:
    sink.obey([rule])

    told = words_of_failure(tenant, server)

    assert words in told
    record = Message.across_tenants.get()
    assert (record.status, record.failure_reason) == ("FAILED", told)
    assert not Outbox.objects.exists()


def test_a_refused_login_is_told(tenant: Tenant, sink: Sink) -> None:
    server = MailServerFactory(tenant=tenant, port=sink.port, auth_enabled=True, username="ann@example.com")

    assert "login" in words_of_failure(tenant, server)

    assert Message.across_tenants.get().status == "FAILED"


def test_a_server_that_cannot_be_reached_fails_at_once_and_is_known_to_have_failed(tenant: Tenant) -> None:
    server = MailServerFactory(tenant=tenant, port=1)

    assert words_of_failure(tenant, server)

    assert DeliveryAttempt.across_tenants.get().verdict == "later"
    assert RouteHealth.objects.get().failures == 1


def test_a_silent_server_costs_seconds_and_no_more(tenant: Tenant, server: MailServer, sink: Sink) -> None:
    sink.obey([Rule("BANNER", do="silence")])
    started = time.monotonic()

    assert words_of_failure(tenant, server)

    assert time.monotonic() - started < 15


def test_a_success_closes_the_breaker(tenant: Tenant, server: MailServer) -> None:
    RouteHealth.objects.create(server=server, failures=5)

    ask(tenant, server)

    assert RouteHealth.objects.get().failures == 0


def test_a_hold_stops_it(tenant: Tenant, server: MailServer, sink: Sink) -> None:
    holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason="abuse")

    assert "abuse" in words_of_failure(tenant, server)

    assert not sink.accepted
    assert not Outbox.objects.exists()


def test_the_quota_counts_it(tenant: Tenant, server: MailServer) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(daily_quota=1)
    tenant.refresh_from_db()
    ask(tenant, server)

    with pytest.raises(QuotaExceeded):
        ask(tenant, server)

    assert Message.across_tenants.count() == 1


def test_rates_count_it(tenant: Tenant, server: MailServer, sink: Sink) -> None:
    MailServer.across_tenants.filter(pk=server.pk).update(rate_per_day=1)
    server.refresh_from_db()
    ask(tenant, server)

    assert words_of_failure(tenant, server)

    assert len(sink.accepted) == 1


def test_no_worker_can_carry_it_elsewhere_however_fast_it_is(tenant: Tenant, server: MailServer, sink: Sink) -> None:
    with Sink() as usual:
        MailServerFactory(tenant=tenant, port=usual.port)
        stop = threading.Event()
        worker = threading.Thread(target=_deliver_until, args=(stop,))
        worker.start()
        try:
            for number in range(20):
                ask(tenant, server, Address(f"r{number}@example.org"))
        finally:
            stop.set()
            worker.join(30)

    assert (len(sink.accepted), len(usual.accepted)) == (20, 0)


def test_one_left_behind_by_a_dead_process_has_expired_before_anybody_else_can_have_it(
    tenant: Tenant, server: MailServer, settings: Settings
) -> None:
    ask(tenant, server)

    record = Message.across_tenants.get()
    assert record.expires_at is not None
    assert record.expires_at - record.created_at <= timedelta(seconds=settings.LEASE_SECONDS)


def test_other_mail_is_left_alone(tenant: Tenant, server: MailServer) -> None:
    MailServerFactory(tenant=tenant)
    (waiting,) = send(tenant).message_ids

    ask(tenant, server)

    assert Outbox.objects.get().message_id == waiting


def _deliver_until(stop: threading.Event) -> None:
    while not stop.is_set():
        deliver_due(limit_s=0.1)
    connection.close()
