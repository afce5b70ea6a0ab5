"""K9 and K10: workers that die again and again in the middle of a drain, and workers that are asked to go."""

import random

import pytest

from notifications.contracts import Lane
from notifications.models import Outbox
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, doubles, is_idle, lost, statuses, unexplained
from tests.faults.harness.pace import rate
from tests.faults.harness.process import Process
from tests.faults.harness.recorder import Recorder
from tests.faults.harness.rules import Rule
from tests.faults.harness.time import time_passing
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 20
WINDOW = 20


def send_many(tenant: Tenant, count: int) -> list[int]:
    return list(send(tenant, *[f"r{n}@example.org" for n in range(count)]).message_ids)


def kill_at_random(works: Works, sink: Recorder, workers: list[Process]) -> None:
    """Kills a worker after a random number of messages, again and again; another one takes its place."""
    for _ in range(KILLS):
        sink.wait_for(sink.count + random.randrange(1, 200))
        workers.pop(random.randrange(len(workers))).kill()
        workers.append(works.start_deliver("worker", DELIVERY_THREADS="2"))
    for worker in workers:
        worker.wait_to_say("Delivering.", timeout_s=40)


def test_k9_twenty_kills_lose_nothing_double_only_what_is_on_record_and_nothing_under_hold(works: Works) -> None:
    sink, breaking = works.sink(), works.sink(Rule("DOT", do="drop", accepts=True))
    workers = works.deliver_many("worker", "worker", "worker", DELIVERY_THREADS="2")
    before = rate(works, 360)
    ids = send_many(MailServerFactory(port=sink.port).tenant, 5000)
    held = send_many(MailServerFactory(port=breaking.port, tenant__held_lanes=list(Lane)).tenant, 60)

    kill_at_random(works, sink, workers)
    with time_passing():
        wait_until(is_idle, "all mail is settled", timeout_s=90)
    after = max(rate(works, 360), rate(works, 360))

    assert set(arrivals(sink.message_ids)) == set(ids)
    assert doubles(sink.message_ids).total() <= KILLS * WINDOW
    assert not unexplained(sink.message_ids)
    assert statuses(ids) == {Status.SENT: len(ids)}
    assert not doubles(breaking.message_ids)
    assert not lost(held, breaking.message_ids)
    assert statuses(held) == {Status.UNCERTAIN: len(held)}
    assert after >= 0.9 * before


def test_k10_a_worker_that_is_asked_to_go_ends_its_window_and_gives_back_the_rest(works: Works) -> None:
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.02))
    ids = send_many(MailServerFactory(port=sink.port).tenant, 240)
    worker = works.deliver()
    sink.wait_for(50)

    assert worker.terminate(timeout_s=30) == 0

    assert not Outbox.objects.exclude(lease=None).exists()
    assert sink.count < len(ids)
    works.deliver("successor")
    wait_until(is_idle, "all mail is settled", timeout_s=20)
    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}


def test_k10_a_celery_worker_that_is_asked_to_go_ends_its_windows_and_gives_back_the_rest(works: Works) -> None:
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.02))
    worker = works.celery_on_folder(concurrency=2)
    ids = send_many(MailServerFactory(port=sink.port).tenant, 240)
    sink.wait_for(50)

    assert worker.terminate(timeout_s=30) == 0

    assert not Outbox.objects.exclude(lease=None).exists()
    assert sink.count < len(ids)
    works.deliver("successor")
    wait_until(is_idle, "all mail is settled", timeout_s=20)
    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}
