"""P1, P2 and D1: PostgreSQL crashes, throws sessions out, runs out of connections or of disk."""

import secrets
import time

import pytest
from django.db import connection

from notifications.contracts import CodeWish, TemplateChoice
from notifications.models import Message
from notifications.states import Status
from tests.factories import MailServerFactory, make_key, send
from tests.faults.harness import database
from tests.faults.harness.api import Api
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, doubles, is_idle, statuses, unexplained
from tests.faults.harness.pace import rate
from tests.faults.harness.recorder import Recorder
from tests.faults.harness.rules import Rule
from tests.faults.harness.spare import Spare
from tests.faults.harness.time import time_passing
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = [f"r{n}@example.org" for n in range(400)]
SLOWLY = Rule("DOT", accepts=True, delay_s=0.01)


def open_api(works: Works, sink: Recorder) -> Api:
    tenant = MailServerFactory(port=sink.port).tenant
    api = works.api()
    api.key = make_key(tenant)
    return api


def accepted_ids() -> set[int]:
    return set(Message.across_tenants.values_list("pk", flat=True))


def settle_all() -> None:
    with time_passing():
        wait_until(is_idle, "all mail is settled", timeout_s=30)


def test_p1_workers_and_api_outlive_a_crash_of_the_database(spare: Spare, works: Works) -> None:
    sink = works.sink(SLOWLY)
    api = open_api(works, sink)
    # The crash takes less than a lease: nobody is thought dead for it.
    workers = works.deliver_many("worker", "worker", LEASE_SECONDS="20")
    workers.append(works.celery_on_folder(LEASE_SECONDS="20"))
    send(MailServerFactory(port=sink.port).tenant, *RECIPIENTS)
    sink.wait_for(100)

    spare.crash()
    while_down = [api.send() for _ in range(2)]
    connection.close()
    spare.start()
    back = time.monotonic()
    urgent = api.send("late@example.org")
    wait_until(lambda: "late@example.org" in str(sink.entries[-50:]), "new mail arrives", timeout_s=10)
    reconnected_s = time.monotonic() - back
    settle_all()

    assert [(reply.status_code, "Retry-After" in reply.headers) for reply in while_down] == [(503, True)] * 2
    assert urgent.status_code == 200
    assert reconnected_s < 10
    assert all(worker.is_alive for worker in workers)
    assert set(arrivals(sink.message_ids)) == accepted_ids()
    assert len(accepted_ids()) == len(RECIPIENTS) + 1
    assert not doubles(sink.message_ids)


def test_p1_a_worker_whose_sessions_are_ended_goes_on_in_new_ones(works: Works) -> None:
    sink = works.sink(SLOWLY)
    ids = send(MailServerFactory(port=sink.port).tenant, *RECIPIENTS).message_ids
    worker = works.deliver(LEASE_SECONDS="20")

    ended = 0
    for seen in (30, 120, 210):
        sink.wait_for(min(seen, len(ids)), timeout_s=10)
        ended += database.terminate("worker")
    settle_all()

    assert ended >= 6
    assert worker.is_alive
    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)


def test_p1_a_session_that_ends_while_mail_is_rendered_fails_no_mail(works: Works, seeded: None) -> None:
    sink = works.sink()
    tenant = MailServerFactory(port=sink.port).tenant
    template = TemplateChoice(biz_key="SIGNUP", language="en")
    ids = send(tenant, *RECIPIENTS[:30], content=None, template=template, code=CodeWish()).message_ids
    with database.blocked("templates_app_templateversion") as block:
        works.deliver(LEASE_SECONDS="20")
        block.wait_for("worker")
        database.terminate("worker")

    settle_all()

    assert arrivals(sink.message_ids) == dict.fromkeys(ids, 1)
    assert statuses() == {Status.SENT: len(ids)}


def test_p2_with_every_connection_taken_the_workers_go_on_and_the_api_says_503(spare: Spare, works: Works) -> None:
    sink = works.sink(SLOWLY)
    api = open_api(works, sink)
    ids = send(MailServerFactory(port=sink.port).tenant, *RECIPIENTS).message_ids
    worker = works.deliver()
    sink.wait_for(50)

    with spare.exhausted():
        reply = api.send()
        seen = sink.count
        sink.wait_for(seen + 100)
    settle_all()

    assert (reply.status_code, "Retry-After" in reply.headers) == (503, True)
    assert api.send().status_code == 200
    settle_all()
    assert worker.is_alive
    assert arrivals(sink.message_ids) == dict.fromkeys(accepted_ids(), 1)
    assert set(ids) < accepted_ids()


def test_p2_a_transaction_left_open_hardly_slows_the_workers(works: Works) -> None:
    works.deliver()
    alone, beside = [], []

    # In turn, so that the machine's moods meet both.
    for _ in range(2):
        alone.append(rate(works, 180))
        with database.idle_in_transaction():
            beside.append(rate(works, 180))

    assert max(beside) >= 0.8 * max(alone)


def test_p2_no_session_of_ours_waits_or_idles_for_ever(works: Works) -> None:
    with connection.cursor() as cursor:
        limits = {}
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {name}")
            (limits[name],) = cursor.fetchone()

    assert limits == {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "1min"}


def test_d1_a_full_disk_is_a_503_and_everything_resumes_by_itself(spare_on_small_disk: Spare, works: Works) -> None:
    sink = works.sink(SLOWLY)
    api = open_api(works, sink)
    worker = works.deliver()
    send(MailServerFactory(port=sink.port).tenant, *RECIPIENTS)
    sink.wait_for(50)

    with spare_on_small_disk.full():
        replies = [api.send(content=secrets.token_hex(50_000)) for _ in range(3)]
        worker.wait_to_say("No space left on device")
    settle_all()
    after = api.send()
    settle_all()

    assert [(reply.status_code, "Retry-After" in reply.headers) for reply in replies] == [(503, True)] * 3
    assert after.status_code == 200
    assert worker.is_alive
    assert len(accepted_ids()) == len(RECIPIENTS) + 1
    assert set(arrivals(sink.message_ids)) == accepted_ids()
    assert not unexplained(sink.message_ids)
