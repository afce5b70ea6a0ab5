"""P3: two dispatchers at once, and hosts whose clocks are an hour off. Only the database says what time it is."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from notifications import holds, outbox
from notifications.contracts import Lane
from notifications.delivery import health
from notifications.models import Hold, MailServer, Message, Outbox, RouteHealth
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, make_key, send
from tests.faults.harness import database
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.sink import Sink
from tests.faults.harness.works import Works, clock_off

pytestmark = pytest.mark.django_db(transaction=True)

#: In seconds, of the host under test.
skewed = pytest.mark.parametrize("skew_s", [3600, -3600], ids=["an hour ahead", "an hour behind"])
LATE = timedelta(seconds=5)


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now


def finished_at(message_id: int) -> datetime:
    moment = Message.across_tenants.get(pk=message_id).finished_at
    assert moment is not None
    return moment


@skewed
def test_p3_a_worker_with_a_wrong_clock_sends_when_the_database_says(
    tenant: Tenant, sink: Sink, works: Works, skew_s: int
) -> None:
    now = database_time()
    (due,) = send(tenant, due_at=now + timedelta(seconds=4)).message_ids
    (living,) = send(tenant, expires_at=now + timedelta(minutes=1)).message_ids
    (held,) = send(tenant, "held@example.org").message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=2)
    outbox.release([living], lease=lease)
    (expired,) = send(tenant).message_ids
    Message.across_tenants.filter(pk=expired).update(expires_at=now)

    works.deliver(**clock_off(skew_s))
    wait_until(lambda: Outbox.objects.count() == 1, "all but the held one are settled")

    assert sorted(arrivals(sink.message_ids)) == [due, living]
    assert now + timedelta(seconds=4) <= finished_at(due) <= now + timedelta(seconds=4) + LATE
    assert statuses([expired]) == {Status.EXPIRED: 1}
    assert list(Outbox.objects.values_list("pk", "lease")) == [(held, lease.key)]


@skewed
def test_p3_a_worker_with_a_wrong_clock_waits_for_a_resting_server_as_long_as_it_rests(
    tenant: Tenant, sink: Sink, works: Works, skew_s: int
) -> None:
    (id_,) = send(tenant).message_ids
    rest = database_time() + timedelta(seconds=4)
    RouteHealth.objects.create(server=MailServer.across_tenants.get(), failures=health.THRESHOLD, rests_until=rest)

    works.deliver(**clock_off(skew_s))
    sink.wait_for(1)
    wait_until(is_idle, "all mail is settled")

    assert rest <= finished_at(id_) <= rest + LATE


@skewed
def test_p3_a_worker_with_a_wrong_clock_holds_mail_back_as_long_as_it_should(
    tenant: Tenant, sink: Sink, works: Works, skew_s: int
) -> None:
    (id_,) = send(tenant).message_ids
    until = database_time() + timedelta(seconds=4)
    holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason="A test.", until=until)

    works.deliver(**clock_off(skew_s))
    sink.wait_for(1)
    wait_until(is_idle, "all mail is settled")

    assert until <= finished_at(id_) <= until + LATE


@skewed
def test_p3_a_code_from_a_web_process_with_a_wrong_clock_lives_as_long_as_its_template_says(
    tenant: Tenant, sink: Sink, works: Works, seeded: None, skew_s: int
) -> None:
    api = works.api(**clock_off(skew_s))
    api.key = make_key(tenant)
    before = database_time()
    reply = api.send(type="TEMPLATE", bizKey="SIGNUP", language="en", verificationCode=True, subject=None, content=None)

    works.deliver()
    sink.wait_for(1)

    assert reply.status_code == 200
    expires_at = Message.across_tenants.get().expires_at
    assert expires_at is not None
    assert timedelta(minutes=5) <= expires_at - before <= timedelta(minutes=5) + LATE


def test_p3_ten_workers_at_once_send_each_of_five_thousand_messages_once(works: Works) -> None:
    sink = works.sink()
    broken_before = database.deadlocks()
    ids = send(MailServerFactory(port=sink.port).tenant, *[f"r{n}@example.org" for n in range(5000)]).message_ids

    workers = works.deliver_many(*[f"worker{n}" for n in range(10)])
    wait_until(is_idle, "all mail is settled", timeout_s=60)

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}
    assert sum("attempted" in worker.text for worker in workers) > 1
    assert database.deadlocks() == broken_before
