"""K3 to K7: a worker dies of kill -9 at a chosen moment of its way, and what its successor makes of what it left."""

import time

import pytest
from django.conf import settings

from notifications.contracts import Content, Lane
from notifications.models import DeliveryAttempt, MailServer, Outbox
from notifications.states import Status, Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness import database
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, doubles, is_idle, lost, statuses, unexplained, verdicts
from tests.faults.harness.rules import Rule, Step
from tests.faults.harness.sink import Sink
from tests.faults.harness.time import finish
from tests.faults.harness.wire import Wire
from tests.faults.harness.works import LEASE_S, Works

pytestmark = pytest.mark.django_db(transaction=True)

#: More than one window on each connection, so that there is something behind the one in flight.
RECIPIENTS = [f"r{n}@example.org" for n in range(90)]
WINDOW = 20


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def hold_when_uncertain() -> None:
    Tenant.objects.update(held_lanes=list(Lane))


def test_k3_a_worker_killed_between_claim_and_connection_costs_one_lease(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    ids = send(tenant, *RECIPIENTS).message_ids
    with database.blocked("notifications_mailserver") as block:
        worker = works.deliver()
        block.wait_for("worker")
        claimed = Outbox.objects.exclude(lease=None).count()
        worker.kill()
    died = time.monotonic()

    works.deliver("successor")
    sink.wait_for(len(ids))

    assert claimed == len(ids)
    assert time.monotonic() - died < LEASE_S + 10
    assert not doubles(sink.message_ids)
    wait_until(is_idle, "all mail is settled")
    assert statuses() == {Status.SENT: len(ids)}
    assert {tuple(verdicts(id_)) for id_ in ids} == {("sent",)}


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_k4_a_worker_killed_before_the_body_leaves_no_double(
    tenant: Tenant, sink: Sink, works: Works, step: Step
) -> None:
    sink.obey([Rule(step, do="silence")])
    ids = send(tenant, *RECIPIENTS).message_ids
    worker = works.deliver()
    sink.wait_for_step(step)

    worker.kill()
    sink.obey([])
    finish()

    assert not doubles(sink.message_ids)
    assert statuses() == {Status.SENT: len(ids)}
    assert DeliveryAttempt.across_tenants.filter(verdict=Verdict.UNCERTAIN).exists()


def test_k5_a_body_that_was_cut_in_the_middle_is_no_mail(sink: Sink, works: Works) -> None:
    with Wire(sink.port, jam_after=200_000) as wire:
        tenant = MailServerFactory(port=wire.port).tenant
        (id_,) = send(tenant, content=Content(subject="Long", text="word " * 2_000_000)).message_ids
        worker = works.deliver()
        assert wire.is_jammed.wait(10)

        worker.kill()
        wire.cut()

    assert sink.accepted == []
    MailServer.across_tenants.update(port=sink.port)
    finish()
    assert len(sink.accepted) == 1
    assert verdicts(id_) == ["uncertain", "sent"]


def test_k6_a_worker_killed_after_the_dot_sends_again_under_the_same_message_id(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    sink.obey([Rule("DOT", do="silence", accepts=True)])
    ids = send(tenant, *RECIPIENTS).message_ids
    worker = works.deliver()
    sink.wait_for(1)

    worker.kill()
    sink.obey([])
    finish()

    twice = doubles(sink.message_ids)
    assert 1 <= twice.total() <= settings.DELIVERY_THREADS
    assert {tuple(verdicts(id_)) for id_ in twice} == {("uncertain", "sent")}
    assert statuses() == {Status.SENT: len(ids)}


def test_k6_a_worker_killed_after_the_dot_holds_the_window_where_the_tenant_says_so(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    hold_when_uncertain()
    sink.obey([Rule("DOT", do="silence", accepts=True)])
    ids = send(tenant, *RECIPIENTS).message_ids
    worker = works.deliver()
    sink.wait_for(1)

    worker.kill()
    sink.obey([])
    finish()

    counts = statuses()
    assert not doubles(sink.message_ids)
    assert set(arrivals(sink.message_ids)) <= set(ids)
    assert 1 <= counts[Status.UNCERTAIN] <= WINDOW * settings.DELIVERY_THREADS
    assert counts[Status.SENT] == len(ids) - counts[Status.UNCERTAIN]


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_k7_a_worker_killed_between_the_replies_and_their_record_doubles_a_window_at_most(
    tenant: Tenant, sink: Sink, works: Works, policy: str
) -> None:
    if policy == "hold":
        hold_when_uncertain()
    ids = send(tenant, *RECIPIENTS).message_ids
    with database.locked_rows("notifications_message") as block:
        worker = works.deliver()
        block.wait_for("worker")
        worker.kill()
        # The host is gone and its sessions are too: what they were asked to record is not recorded.
        database.terminate("worker")

    finish()

    twice = doubles(sink.message_ids)
    assert twice.total() in (range(1, WINDOW * settings.DELIVERY_THREADS + 1) if policy == "resend" else [0])
    assert not unexplained(sink.message_ids)
    assert not lost(ids, sink.message_ids)
    assert set(statuses()) == ({Status.SENT} if policy == "resend" else {Status.SENT, Status.UNCERTAIN})


def test_k7_what_the_database_was_already_told_is_recorded_though_the_worker_died(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    ids = send(tenant, *RECIPIENTS).message_ids
    with database.locked_rows("notifications_message") as block:
        worker = works.deliver()
        wait_until(lambda: block.waiting("worker") == sink.connections > 0, "every job waits to record")
        worker.kill()

    wait_until(lambda: not database.sessions("worker"), "the orphaned sessions have ended")
    finish()

    assert not doubles(sink.message_ids)
    assert statuses() == {Status.SENT: len(ids)}
