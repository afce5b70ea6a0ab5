"""Whoever was suppressed after the message was accepted gets nothing, and it is on record why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications import outbox, suppression
from notifications.contracts import Address, Channel, CodeWish, Lane, SuppressionSource, UnsubscribeOffer
from notifications.delivery import deliver
from notifications.delivery.deliver import deliver_due
from notifications.delivery.plan import Plan, plan
from notifications.delivery.suppressed import leave_out
from notifications.errors import DeliveryFailed
from notifications.models import DeliveryAttempt, MailServer, Message, Outbox
from notifications.states import Status, Verdict
from notifications.suppression import Entry
from notifications.trial import Asker, send_test_mail
from tenants.models import Tenant
from tests.core.sms import ANN as ANN_S_NUMBER
from tests.core.sms import send_sms
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory, by_template, make_template, send
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

NEWS = {"unsubscribe": UnsubscribeOffer()}
ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"
WORDS = "Suppressed: the recipient unsubscribed."


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


@pytest.fixture
def sink(transactional_db: None) -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def suppress(tenant: Tenant, address: str, category: str = "", *, channel: Channel = Channel.EMAIL) -> None:
    suppression.add(tenant.pk, channel, [Entry(address, category)], source=SuppressionSource.UNSUBSCRIBE)


def planned() -> Plan:
    return plan(deliver._load(outbox.claim(lane=Lane.BULK, limit=1000).attempts))


def due_now() -> None:
    Outbox.objects.filter(rank=None).update(due_at=Now() - timedelta(seconds=1))


def verdicts(message: Message) -> dict[str, str]:
    return {address: each["verdict"] for address, each in (message.recipient_outcomes or {}).items()}


@pytest.mark.django_db
class TestPlan:
    def test_an_opt_out_stops_its_category_and_lets_receipts_and_codes_go(self, tenant: Tenant) -> None:
        make_template(tenant, "SIGNUP", subject="Your code", text="{{ verificationCode }}")
        news = send(tenant, ANN, **NEWS).message_ids
        offers = send(tenant, ANN, category="offers").message_ids
        receipt, code = send(tenant, ANN).message_ids, send(tenant, ANN, **by_template("SIGNUP"), code=CodeWish())
        suppress(tenant, ANN, "newsletter")

        made = planned()

        assert {message.pk for group in made.groups for message in group.messages} == {
            *(*offers, *receipt, *code.message_ids)
        }
        (end,) = made.outcomes
        assert (end.message_id, end.verdict, end.words, end.is_attempt) == (news[0], Verdict.SUPPRESSED, WORDS, False)

    def test_an_address_suppressed_altogether_gets_nothing_at_all(self, tenant: Tenant) -> None:
        make_template(tenant, "SIGNUP", subject="Your code", text="{{ verificationCode }}")
        send(tenant, ANN, **NEWS)
        send(tenant, ANN)
        send(tenant, ANN, **by_template("SIGNUP"), code=CodeWish())
        suppress(tenant, ANN)

        assert [end.verdict for end in planned().outcomes] == [Verdict.SUPPRESSED] * 3

    def test_only_what_is_in_force_counts_and_only_for_its_tenant_and_channel(self, tenant: Tenant) -> None:
        SmsGatewayFactory(tenant=tenant)
        mail, sms = send(tenant, ANN).message_ids, send_sms(tenant).message_ids
        suppress(TenantFactory(), ANN)
        suppress(tenant, ANN, channel=Channel.SMS)
        suppress(tenant, ANN_S_NUMBER, channel=Channel.SMS)
        suppression.add(tenant.pk, Channel.EMAIL, [Entry(ANN, expires_at=datetime(2020, 1, 1, tzinfo=UTC))])

        made = planned()

        assert [message.pk for group in made.groups for message in group.messages] == [*mail]
        assert [end.message_id for end in made.outcomes] == [*sms]

    def test_it_does_not_wait_for_a_server(self, tenant: Tenant) -> None:
        send(tenant, ANN)
        suppress(tenant, ANN)
        MailServer.across_tenants.update(enabled=False)

        assert [end.verdict for end in planned().outcomes] == [Verdict.SUPPRESSED]

    def test_one_query_answers_for_a_batch(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(3):
            tenant = MailServerFactory().tenant
            send(tenant, ANN, BOB, is_separate=False)
            suppress(tenant, ANN)
        messages = deliver._load(outbox.claim(lane=Lane.BULK, limit=100).attempts)

        with django_assert_num_queries(1):
            ends = leave_out(messages)

        assert not ends
        assert [verdicts(message) for message in messages] == [{ANN: "suppressed"}] * 3

    def test_copies_alone_are_not_sent(self, tenant: Tenant) -> None:
        send(tenant, ANN, cc=(Address(CID),), is_separate=False)
        suppress(tenant, ANN)

        assert [end.verdict for end in planned().outcomes] == [Verdict.SUPPRESSED]


class TestDelivery:
    def test_it_is_not_sent_and_on_record(self, sink: Sink) -> None:
        tenant = MailServerFactory(port=sink.port).tenant
        (id_,) = send(tenant, ANN, **NEWS).message_ids
        suppress(tenant, ANN, "newsletter")

        deliver_due()

        message = Message.across_tenants.get(pk=id_)
        assert (message.status, message.failure_reason, message.attempts) == (Status.SUPPRESSED, WORDS, 0)
        assert message.finished_at is not None
        assert not sink.accepted
        assert not Outbox.objects.exists()
        assert not DeliveryAttempt.across_tenants.exists()

    def test_a_shared_mail_goes_past_them(self, sink: Sink) -> None:
        tenant = MailServerFactory(port=sink.port).tenant
        sink.obey([Rule("RCPT", reply="450 busy", argument="<cid@", times=1)])
        (id_,) = send(tenant, ANN, BOB, CID, is_separate=False).message_ids
        suppress(tenant, ANN)

        deliver_due()
        first = Message.across_tenants.get(pk=id_)
        suppress(tenant, CID)
        due_now()
        deliver_due()

        assert [each.recipients for each in sink.accepted] == [(BOB,)]
        assert (first.status, verdicts(first)) == (Status.PENDING, {ANN: "suppressed", BOB: "sent"})
        last = Message.across_tenants.get(pk=id_)
        assert (last.status, last.failure_reason) == (Status.PARTIAL, WORDS)
        assert verdicts(last) == {ANN: "suppressed", BOB: "sent", CID: "suppressed"}

    def test_a_test_mail_says_why_it_cannot_be_sent(self, sink: Sink) -> None:
        server = MailServerFactory(port=sink.port)
        make_template(server.tenant, "CHANNEL_TEST", subject="Test", text="It works.")
        suppress(server.tenant, ANN)

        with pytest.raises(DeliveryFailed) as failure:
            send_test_mail(server.tenant, server, [Address(ANN)], language="en", asker=Asker(facade="test"))

        assert failure.value.params["words"] == WORDS
        assert not sink.accepted
