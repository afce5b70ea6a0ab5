"""A thousand messages become due within two seconds while somebody cancels half of them: each is sent, or cancelled."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notifications import outbox
from notifications.states import Status
from tests.factories import MailServerFactory, send
from tests.faults.harness import database
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

BATCHES, SIZE = 40, 25
WINDOW_S = 2.0


def test_each_of_a_thousand_due_messages_is_sent_once_or_cancelled_and_never_both(works: Works) -> None:
    sink = works.sink()
    tenant = MailServerFactory(port=sink.port).tenant
    broken_before = database.deadlocks()
    works.deliver_many("worker0", "worker1")
    begin = datetime.now(UTC) + timedelta(seconds=1.5)
    due = {
        id_: moment
        for batch in range(BATCHES)
        for moment in [begin + timedelta(seconds=WINDOW_S) * batch / BATCHES]
        for id_ in send(tenant, *[f"r{n}@example.org" for n in range(SIZE)], due_at=moment).message_ids
    }
    said: dict[int, bool] = {}

    def cancel(ids: list[int]) -> None:
        try:
            for id_ in ids:
                # Around the moment at which it leaves, some before and some behind it.
                wait_s = (due[id_] - datetime.now(UTC)).total_seconds() + random.uniform(-0.3, 0.7)
                time.sleep(max(wait_s, 0))
                said[id_] = id_ in outbox.cancel(tenant_id=tenant.pk, message_ids=[id_])
        finally:
            connection.close()

    asked = sorted(random.sample(sorted(due), len(due) // 2), key=due.__getitem__)
    racers = [threading.Thread(target=cancel, args=(asked[n::4],)) for n in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    wait_until(is_idle, "all mail is settled", timeout_s=20)

    cancelled = {id_ for id_, is_cancelled in said.items() if is_cancelled}
    assert len(said) == len(asked)
    assert 0 < len(cancelled) < len(asked)
    assert arrivals(sink.message_ids) == dict.fromkeys(set(due) - cancelled, 1)
    assert statuses() == {Status.SENT: len(due) - len(cancelled), Status.CANCELLED: len(cancelled)}
    assert database.deadlocks() == broken_before
