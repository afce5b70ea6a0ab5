"""A bulk call for a hundred thousand: how soon it is durable, what it costs in memory, and who gets a mail."""

import time
from pathlib import Path

import httpx
import pytest

from notifications.states import Status
from tests.factories import MailServerFactory, make_key
from tests.faults.harness.api import Api
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = 100_000
MAX_S = 2.5
MAX_GROWTH_KIB = 150 * 1024


def memory_kib(api: Api, kind: str) -> int:
    """``VmRSS`` now, ``VmHWM`` at its peak, of the process that answers."""
    (child,) = api.children
    status = dict(line.split(":", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines())
    return int(status[kind].split()[0])


def test_a_hundred_thousand_are_durable_within_seconds_and_each_gets_one_mail(
    works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    sink, api = works.sink(), works.api(MAX_BODY_BYTES="31457280")
    key = make_key(MailServerFactory(port=sink.port).tenant)
    url = f"http://127.0.0.1:{api.port}/communication/bulk"
    call = {"channel": "email", "subject": "News", "content": "Hello"}
    headers = {"Authorization": f"Bearer {key}"}
    httpx.post(url, json=call | {"recipients": ["first@example.org"]}, headers=headers).raise_for_status()
    before = memory_kib(api, "VmRSS")
    recipients = [f"person{n}@example.org" for n in range(RECIPIENTS)]

    started = time.monotonic()
    with httpx.stream("POST", url, json=call | {"recipients": recipients}, headers=headers, timeout=60) as reply:
        accepted_s = time.monotonic() - started
        answer = reply.read()
    answered_s = time.monotonic() - started
    growth = memory_kib(api, "VmHWM") - before

    started = time.monotonic()
    works.deliver_many("worker", "worker")
    wait_until(is_idle, "all mail is settled", timeout_s=300)
    drained_s = time.monotonic() - started

    with capsys.disabled():
        print(f"\n{RECIPIENTS} accepted in {accepted_s:.2f} s, answered in {answered_s:.2f} s, +{growth // 1024} MiB")
        print(f"drained in {drained_s:.1f} s by two processes, {RECIPIENTS / drained_s:.0f} a second with their start")
    assert answer.count(b'"id":"log_') == RECIPIENTS
    assert set(arrivals(sink.message_ids).values()) == {1}
    assert statuses() == {Status.SENT: RECIPIENTS + 1}
    assert (accepted_s <= MAX_S, growth <= MAX_GROWTH_KIB) == (True, True)
