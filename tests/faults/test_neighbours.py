"""One tenant's flood and another tenant's urgent mail."""

import time

import pytest

from notifications.contracts import Content, Lane
from tests.factories import MailServerFactory, TenantFactory, send
from tests.faults.harness.ledger import is_idle
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

BULK = 10_000
#: Of each bulk mail, in bytes.
SIZE = 4_000
URGENT = 10


@pytest.mark.parametrize("share", ["a server of its own", "the flooded server"])
def test_ten_thousand_bulk_mails_delay_another_tenant_s_urgent_one_by_less_than_a_second(
    works: Works, share: str
) -> None:
    sink = works.sink()
    MailServerFactory(tenant=None, port=sink.port)
    loud, quiet = TenantFactory(), TenantFactory()
    if share == "a server of its own":
        MailServerFactory(tenant=quiet, port=sink.port)
    content = Content(subject="News", text="word " * (SIZE // 5))
    for start in range(0, BULK, 1000):
        send(loud, *[f"b{n}@example.org" for n in range(start, start + 1000)], content=content, lane=Lane.BULK)
    works.deliver()
    sink.wait_for(200)

    committed = {}
    for _ in range(URGENT):
        (id_,) = send(quiet, lane=Lane.URGENT).message_ids
        committed[f"<{id_}@"] = time.time()
        time.sleep(0.1)
    sink.wait_for(sink.count + 300)

    assert not is_idle()
    delays_s = [
        entry["at"] - moment
        for entry in sink.entries
        for start, moment in committed.items()
        if entry["message_id"].startswith(start)
    ]
    assert len(delays_s) == URGENT
    assert max(delays_s) < 1.0
