"""Sending once more what has ended: to whom, and what is never sent again."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from notifications import outbox
from notifications.contracts import CodeWish, TemplateChoice
from notifications.delivery.deliver import deliver_due
from notifications.models import Message, Outbox
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def requeue_all(tenant: Tenant) -> int:
    ids = list(Message.across_tenants.values_list("pk", flat=True))
    return len(outbox.requeue(tenant_id=tenant.pk, message_ids=ids))


def test_a_partly_sent_message_goes_once_more_to_those_it_did_not_reach(tenant: Tenant, sink: Sink) -> None:
    sink.obey([Rule("RCPT", reply="550 no such user", argument="<b@", times=1)])
    send(tenant, "a@example.org", "b@example.org", is_separate=False)
    deliver_due()
    assert Message.across_tenants.get().status == Status.PARTIAL

    assert requeue_all(tenant) == 1
    deliver_due()

    assert [each.recipients for each in sink.accepted] == [("a@example.org",), ("b@example.org",)]
    assert Message.across_tenants.get().status == Status.SENT


def test_a_failed_message_goes_once_more_to_all_it_was_refused_for(tenant: Tenant, sink: Sink) -> None:
    sink.obey([Rule("RCPT", reply="450 busy", argument="<b@", times=1), Rule("RCPT", reply="550 no", times=2)])
    send(tenant, "a@example.org", "b@example.org", is_separate=False)
    deliver_due()
    Outbox.objects.update(due_at=Now() - timedelta(seconds=1))
    deliver_due()
    assert Message.across_tenants.get().status == Status.FAILED

    assert requeue_all(tenant) == 1
    deliver_due()

    assert [set(each.recipients) for each in sink.accepted] == [{"a@example.org", "b@example.org"}]


def test_a_message_that_is_waiting_or_sent_is_left_alone(tenant: Tenant, sink: Sink) -> None:
    send(tenant)
    assert requeue_all(tenant) == 0
    deliver_due()

    assert requeue_all(tenant) == 0

    assert len(sink.accepted) == 1


def test_a_stranger_requeues_nothing(tenant: Tenant, sink: Sink) -> None:
    sink.obey([Rule("RCPT", reply="550 no such user")])
    send(tenant)
    deliver_due()

    assert requeue_all(MailServerFactory().tenant) == 0


def test_a_code_that_was_erased_is_not_sent_again(tenant: Tenant, sink: Sink, seeded: None) -> None:
    sink.obey([Rule("RCPT", reply="550 no such user")])
    send(tenant, content=None, template=TemplateChoice(biz_key="SIGNUP", language="en"), code=CodeWish())
    deliver_due()

    assert requeue_all(tenant) == 0

    assert Message.across_tenants.get().status == Status.FAILED


def test_a_code_that_may_have_arrived_goes_again_only_while_it_lives(tenant: Tenant, sink: Sink, seeded: None) -> None:
    Tenant.objects.update(held_lanes=[0])
    sink.obey([Rule("DOT", do="drop", times=1)])
    send(tenant, content=None, template=TemplateChoice(biz_key="SIGNUP", language="en"), code=CodeWish())
    deliver_due()
    assert Message.across_tenants.get().status == Status.UNCERTAIN
    Message.across_tenants.update(expires_at=Now() - timedelta(seconds=1))

    assert requeue_all(tenant) == 1
    deliver_due()

    assert Message.across_tenants.get().status == Status.EXPIRED
    assert sink.accepted == []
