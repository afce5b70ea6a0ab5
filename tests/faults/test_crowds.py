"""Many at once: cancels against sends, one tenant's bulk against another's urgent mail."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notifications import outbox
from notifications.contracts import Lane
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.rules import Rule
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)


def send_many(tenant: Tenant, count: int, **changes: object) -> list[int]:
    return list(send(tenant, *[f"r{n}@example.org" for n in range(count)], **changes).message_ids)


def test_of_a_cancel_and_a_send_exactly_one_wins_for_each_of_a_thousand_messages(works: Works) -> None:
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.002))
    tenant = MailServerFactory(port=sink.port).tenant
    works.deliver_many("worker", "worker", DELIVERY_THREADS="2")
    start = datetime.now(UTC) + timedelta(seconds=1)
    ids = [id_ for n in range(100) for id_ in send_many(tenant, 10, due_at=start + timedelta(seconds=2) * n / 100)]
    cancelled: set[int] = set()

    def cancel_all() -> None:
        """Those due first long after they have left, those due last long before, and close to it in the middle."""
        try:
            for first in range(0, len(ids), 10):
                time.sleep(max((start - datetime.now(UTC)).total_seconds() + 0.5 + first / len(ids), 0))
                cancelled.update(outbox.cancel(tenant_id=tenant.pk, message_ids=ids[first : first + 10]))
        finally:
            connection.close()

    racer = threading.Thread(target=cancel_all)
    racer.start()
    racer.join(timeout=20)
    wait_until(is_idle, "all mail is settled", timeout_s=30)

    sent = arrivals(sink.message_ids)
    assert set(sent.values()) == {1}
    assert set(sent).isdisjoint(cancelled)
    assert set(sent) | cancelled == set(ids)
    assert statuses(cancelled) == {Status.CANCELLED: len(cancelled)}
    assert min(len(sent), len(cancelled)) > 50, "too one-sided to be a race"


def test_ten_thousand_in_bulk_delay_a_neighbour_s_urgent_mail_by_less_than_a_second(works: Works) -> None:
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.002))
    bulk, neighbour = MailServerFactory(port=sink.port).tenant, MailServerFactory(port=sink.port).tenant
    for _ in range(20):
        send_many(bulk, 500, lane=Lane.BULK)
    works.deliver_many("worker", "worker")
    sink.wait_for(500)

    accepted = time.time()
    (urgent,) = send(neighbour, "urgent@example.org", lane=Lane.URGENT).message_ids
    wait_until(lambda: urgent in arrivals(sink.message_ids), "the urgent mail is there", timeout_s=10)

    (entry,) = [entry for entry in sink.entries if entry["recipients"] == ["urgent@example.org"]]
    assert entry["at"] - accepted < 1.0
    assert not is_idle(), "the bulk must still be on its way"
