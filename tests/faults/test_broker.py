"""B1, B2 and K8: the broker forgets, is away, says things twice; PostgreSQL is the truth and nothing depends on it."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from notifications import verification
from notifications.contracts import CodeWish, TemplateChoice
from notifications.errors import CodeRejected
from notifications.models import Message
from notifications.states import Status
from tenants.errors import QuotaExceeded
from tenants.models import Tenant
from tests.factories import MailServerFactory, make_key, send
from tests.faults.harness import brokers, database
from tests.faults.harness.brokers import Broker
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink
from tests.faults.harness.wire import Wire
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = [f"r{n}@example.org" for n in range(200)]


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


# Tests name it first, so that it is wiped when the workers have gone: they would declare their queue anew.
@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    broker = brokers.resolve(request.param)
    broker.wipe()
    yield broker
    broker.wipe()


@pytest.fixture
def redis() -> Iterator[Broker]:
    broker = brokers.resolve("redis")
    broker.wipe()
    yield broker
    broker.wipe()


def test_k8_a_celery_worker_killed_before_its_acknowledgement_sends_nothing_again(
    broker: Broker, tenant: Tenant, sink: Sink, works: Works
) -> None:
    sink.obey([Rule("DOT", accepts=True, delay_s=0.5)])
    (id_,) = send(tenant).message_ids
    worker = works.celery(broker.url(), queue=broker.queue)
    broker.nudge()
    sink.wait_for(1)
    # The next look for work waits, so that the task is still running when all it did is committed.
    with database.blocked("notifications_fairclock") as block:
        wait_until(lambda: statuses() == {Status.SENT: 1}, "the commit")
        block.wait_for("celery")
        if broker.name == "redis":
            # Redis itself brings back what a dead worker held, but only minutes later: here its parent lives.
            os.kill(worker.children[0], signal.SIGKILL)
        else:
            worker.kill()
            worker = works.celery(broker.url(), queue=broker.queue)

    worker.wait_to_say("] received", count=2 if broker.name == "redis" else 1)
    worker.wait_to_say("] succeeded")

    assert arrivals(sink.message_ids) == {id_: 1}


def test_b1_a_broker_that_lost_everything_costs_one_sweep(
    redis: Broker, tenant: Tenant, sink: Sink, works: Works
) -> None:
    api = works.api(CELERY_BROKER_URL=redis.url(), NUDGE_QUEUE=redis.queue)
    api.key = make_key(tenant)
    replies = [api.send() for _ in range(20)]
    redis.wipe()

    works.celery(redis.url(), queue=redis.queue)
    redis.sweep()
    sink.wait_for(len(replies))

    wait_until(is_idle, "all mail is settled")
    assert arrivals(sink.message_ids) == dict.fromkeys(Message.across_tenants.values_list("pk", flat=True), 1)
    assert statuses() == {Status.SENT: len(replies)}


def test_b1_while_the_broker_is_away_the_api_answers_and_afterwards_the_worker_is_back_by_itself(
    broker: Broker, tenant: Tenant, sink: Sink, works: Works
) -> None:
    with Wire(broker.port) as wire:
        worker = works.celery(broker.url(wire.port), queue=broker.queue)
        api = works.api(CELERY_BROKER_URL=broker.url(wire.port), NUDGE_QUEUE=broker.queue)
        api.key = make_key(tenant)
        wire.cut()
        started = time.monotonic()
        replies = [api.send() for _ in range(5)]
        answered_s = (time.monotonic() - started) / 5
        wire.mend()
        worker.wait_to_say("Connected to", count=2, timeout_s=30)
        # Nobody sweeps: what comes now is nudged by the same web process, and the worker hears it.
        replies.append(api.send())
        sink.wait_for(6)

    assert [reply.status_code for reply in replies] == [200] * 6
    assert answered_s < 3
    wait_until(is_idle, "all mail is settled")
    assert set(arrivals(sink.message_ids).values()) == {1}


def test_b1_a_nudge_that_comes_twenty_times_sends_each_mail_once(
    broker: Broker, tenant: Tenant, sink: Sink, works: Works
) -> None:
    ids = send(tenant, *RECIPIENTS).message_ids
    worker = works.celery(broker.url(), queue=broker.queue, concurrency=2)

    broker.nudge(count=20)
    worker.wait_to_say("] succeeded", count=20)

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}


def test_b2_codes_verify_although_the_broker_lost_everything(sink: Sink, seeded: None, redis: Broker) -> None:
    tenant = MailServerFactory(port=sink.port).tenant
    codes = {}
    for number in range(3):
        address = f"r{number}@example.org"
        wish = CodeWish(is_shared=True, code=f"12345{number}")
        send(tenant, address, content=None, template=TemplateChoice(biz_key="SIGNUP", language="en"), code=wish)
        codes[address] = wish.code

    redis.wipe()

    for address, code in codes.items():
        verification.check(tenant.pk, "SIGNUP", address, code or "")
        with pytest.raises(CodeRejected):
            verification.check(tenant.pk, "SIGNUP", address, code or "")


def test_b2_quotas_hold_although_the_broker_lost_everything(sink: Sink, redis: Broker) -> None:
    tenant = MailServerFactory(port=sink.port, tenant__daily_quota=5).tenant
    send(tenant, *RECIPIENTS[:5])

    redis.wipe()

    with pytest.raises(QuotaExceeded):
        send(tenant)
