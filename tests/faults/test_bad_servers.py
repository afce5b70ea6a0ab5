"""N1 to N3: a mail server that refuses, defers or hangs up at any step, and what that means for each message."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from notifications.contracts import Content, Lane
from notifications.delivery.deliver import deliver_due
from notifications.models import DeliveryAttempt, Message, Outbox
from notifications.outbox import RETRY_WAITS
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.ledger import arrivals, doubles, statuses, unexplained, verdicts
from tests.faults.harness.rules import Action, Rule, Step
from tests.faults.harness.sink import Sink
from tests.faults.harness.time import finish, make_due

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = [f"r{n}@example.org" for n in range(9)]


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


@pytest.mark.parametrize("step", ["BANNER", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_n1_a_4xx_at_any_step_is_tried_again_on_schedule_under_the_same_message_id(
    tenant: Tenant, sink: Sink, step: Step
) -> None:
    sink.obey([Rule(step, reply="451 4.3.0 not now", times=1)])
    (id_,) = send(tenant).message_ids

    deliver_due()

    wait = Outbox.objects.get().due_at - datetime.now(UTC)
    assert RETRY_WAITS[0] * 0.7 < wait < RETRY_WAITS[0] * 1.3
    assert statuses() == {Status.PENDING: 1}
    assert "not now" in DeliveryAttempt.across_tenants.get().words
    make_due()
    deliver_due()
    assert sink.message_ids == [f"<{id_}@{settings.MESSAGE_ID_DOMAIN}>"]
    assert verdicts(id_) == ["later", "sent"]
    assert statuses() == {Status.SENT: 1}


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_n2_a_5xx_about_a_message_ends_it_at_once_in_the_server_s_words(tenant: Tenant, sink: Sink, step: Step) -> None:
    sink.obey([Rule(step, reply="554 5.7.1 not wanted", times=1)])
    ids = send(tenant, *RECIPIENTS).message_ids

    finish()

    refused = Message.across_tenants.get(status=Status.FAILED)
    assert "not wanted" in refused.failure_reason
    assert verdicts(refused.pk) == ["never"]
    assert arrivals(sink.message_ids) == dict.fromkeys(set(ids) - {refused.pk}, 1)


@pytest.mark.parametrize("step", ["BANNER", "EHLO"])
def test_n2_a_5xx_about_us_bounces_no_mail(tenant: Tenant, sink: Sink, step: Step) -> None:
    sink.obey([Rule(step, reply="554 5.3.2 we are closed"), Rule("HELO", reply="554 5.3.2 we are closed")])
    ids = send(tenant, *RECIPIENTS).message_ids

    deliver_due()

    assert statuses() == {Status.PENDING: len(ids)}
    sink.obey([])
    finish()
    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)


def test_n2_of_mixed_recipients_each_gets_its_own_end_and_nobody_gets_the_mail_twice(
    tenant: Tenant, sink: Sink
) -> None:
    sink.obey(
        [
            Rule("RCPT", reply="550 5.1.1 no such user", argument="<gone@"),
            Rule("RCPT", reply="451 4.7.1 greylisted", argument="<grey@", times=1),
            Rule("RCPT", reply="452 4.2.2 full", argument="<full@", times=2),
        ]
    )
    to = ("ann@example.org", "gone@example.org", "grey@example.org", "full@example.org", "bob@example.org")
    (id_,) = send(tenant, *to, is_separate=False).message_ids

    finish()

    assert [each.recipients for each in sink.accepted] == [
        ("ann@example.org", "bob@example.org"),
        ("grey@example.org",),
        ("full@example.org",),
    ]
    assert len(set(sink.message_ids)) == 1
    assert statuses() == {Status.PARTIAL: 1}
    outcomes = Message.across_tenants.get(pk=id_).recipient_outcomes or {}
    assert outcomes["gone@example.org"]["verdict"] == "never"


@pytest.mark.parametrize("do", ["drop", "reset"])
@pytest.mark.parametrize("step", ["BANNER", "EHLO", "MAIL", "RCPT", "DATA"])
def test_n3_a_connection_lost_before_the_dot_costs_a_new_one_and_no_double(
    tenant: Tenant, sink: Sink, step: Step, do: Action
) -> None:
    sink.obey([Rule(step, do=do, times=1)])
    ids = send(tenant, *RECIPIENTS).message_ids

    finish()

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert sink.connections > 1
    assert statuses() == {Status.SENT: len(ids)}
    assert not DeliveryAttempt.across_tenants.filter(verdict="uncertain").exists()


@pytest.mark.parametrize("do", ["drop", "reset"])
def test_n3_a_connection_lost_within_the_body_leaves_no_doubt(tenant: Tenant, sink: Sink, do: Action) -> None:
    sink.obey([Rule("BODY", do=do, times=1)])
    # Longer than the buffers between us: its end cannot have left.
    (id_,) = send(tenant, content=Content(subject="Long", text="word " * 2_000_000)).message_ids

    finish()

    assert len(sink.accepted) == 1
    assert verdicts(id_) == ["later", "sent"]


@pytest.mark.parametrize("step", ["BANNER", "MAIL", "DOT"])
def test_n3_a_server_that_says_good_bye_gets_the_rest_over_a_new_connection(
    tenant: Tenant, sink: Sink, step: Step
) -> None:
    sink.obey([Rule(step, reply="421 4.3.2 shutting down", times=1), Rule("EHLO", do="drop", skip=1, times=1)])
    ids = send(tenant, *RECIPIENTS).message_ids

    finish()

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}


def test_n3_a_server_that_always_hangs_up_after_the_dot_gets_a_mail_as_often_as_the_schedule_says(
    tenant: Tenant, sink: Sink
) -> None:
    sink.obey([Rule("DOT", do="drop", accepts=True)])
    (id_,) = send(tenant).message_ids

    finish()

    attempts = len(RETRY_WAITS) + 1
    assert arrivals(sink.message_ids) == {id_: attempts}
    assert verdicts(id_) == ["uncertain"] * attempts
    assert statuses() == {Status.UNCERTAIN: 1}


@pytest.mark.parametrize("do", ["drop", "reset"])
@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_n3_a_connection_lost_after_the_dot_follows_the_tenant_s_policy(sink: Sink, policy: str, do: Action) -> None:
    lanes = list(Lane) if policy == "hold" else []
    tenant = MailServerFactory(port=sink.port, tenant__held_lanes=lanes).tenant
    sink.obey([Rule("DOT", do=do, accepts=True, times=1)])
    ids = send(tenant, *RECIPIENTS).message_ids

    finish()

    assert set(arrivals(sink.message_ids)) == set(ids)
    assert doubles(sink.message_ids).total() == (1 if policy == "resend" else 0)
    assert not unexplained(sink.message_ids)
    held = {Status.UNCERTAIN: 1, Status.SENT: len(ids) - 1}
    assert statuses() == ({Status.SENT: len(ids)} if policy == "resend" else held)
