"""A mail server goes away in the middle of a drain: its stand-in takes over, and gives back when it returns."""

import time

import pytest

from notifications.models import MailServer
from notifications.states import Status
from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses, unexplained
from tests.faults.harness.rules import Rule
from tests.faults.harness.time import end_rests, time_passing
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

#: How long a server rests after its third failure in a row.
BREAKER_PERIOD_S = 30


def test_mail_moves_to_the_stand_in_within_one_breaker_period_and_back_and_none_is_lost(works: Works) -> None:
    slowly = Rule("DOT", accepts=True, delay_s=0.01)
    primary, stand_in = works.sink(slowly), works.sink(slowly)
    tenant = MailServerFactory(port=primary.port).tenant
    MailServerFactory(tenant=tenant, enabled=False, failover_rank=1, port=stand_in.port)
    ids = list(send(tenant, *[f"r{n}@example.org" for n in range(600)]).message_ids)
    worker = works.deliver()
    primary.wait_for(100)

    primary.kill()
    gone = time.monotonic()
    ids += send(tenant, "during@example.org").message_ids
    wait_until(lambda: ids[-1] in arrivals(stand_in.message_ids), "the stand-in takes over", timeout_s=BREAKER_PERIOD_S)
    moved_s = time.monotonic() - gone
    with time_passing():
        wait_until(is_idle, "all mail is settled", timeout_s=30)

    returned = works.sink(slowly, port=primary.port, record=primary.record)
    end_rests()
    # The first mail is the trial, and goes to the server that may be back.
    for recipient in ("trial@example.org", "after@example.org"):
        ids += send(tenant, recipient).message_ids
        wait_until(is_idle, "the mail is settled")

    assert moved_s < BREAKER_PERIOD_S
    assert {ids[-2], ids[-1]} <= set(arrivals(returned.message_ids))
    everywhere = [*returned.message_ids, *stand_in.message_ids]
    assert set(arrivals(everywhere)) == set(ids)
    assert not unexplained(everywhere)
    assert statuses() == {Status.SENT: len(ids)}
    assert MailServer.across_tenants.get(enabled=True).port == primary.port
    assert worker.is_alive
