"""K1, K2 and I1: the web process dies around its commit, the broker swallows nudges, and fifty clients ask at once."""

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from config.standalone.ports import HOST
from notifications.models import Message
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, make_key
from tests.faults.harness import database
from tests.faults.harness.api import Api
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses
from tests.faults.harness.sink import Sink
from tests.faults.harness.time import finish
from tests.faults.harness.wire import silent_port
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def open_api(works: Works, tenant: Tenant, **env: str) -> Api:
    api = works.api(**env)
    api.key = make_key(tenant)
    return api


def test_k1_a_web_process_killed_before_its_commit_leaves_nothing_and_the_retries_send_one_mail(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    api = open_api(works, tenant)
    with database.blocked("notifications_message") as block, ThreadPoolExecutor(1) as client:
        answer = client.submit(api.send, once="order-7")
        block.wait_for("api")
        api.kill()
        with pytest.raises(httpx.TransportError):
            answer.result(timeout=10)
    wait_until(lambda: not database.sessions("api"), "the orphaned session has ended")
    left_behind = Message.across_tenants.count()

    again = open_api(works, tenant)
    replies = [again.send(once="order-7") for _ in range(3)]
    finish()

    assert left_behind == 0
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert len({reply.json()["data"]["ids"][0] for reply in replies}) == 1
    assert arrivals(sink.message_ids).total() == Message.across_tenants.count() == 1


def test_k1_a_web_process_killed_between_commit_and_reply_gives_the_retries_the_first_answer(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    with silent_port() as port, ThreadPoolExecutor(1) as client:
        api = open_api(works, tenant, CELERY_BROKER_URL=f"amqp://127.0.0.1:{port}")
        answer = client.submit(api.send, once="order-7")
        # It has committed and tells the broker now.
        wait_until(Message.across_tenants.exists, "the commit")
        api.kill()
        with pytest.raises(httpx.TransportError):
            answer.result(timeout=10)

    again = open_api(works, tenant)
    replies = [again.send(once="order-7") for _ in range(3)]
    finish()

    assert [reply.headers.get("Idempotent-Replayed") for reply in replies] == ["true"] * 3
    assert {reply.json()["data"]["ids"][0] for reply in replies} == {str(Message.across_tenants.get().pk)}
    assert arrivals(sink.message_ids).total() == 1


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_k2_a_mail_whose_nudge_was_swallowed_is_answered_at_once_and_swept_up_within_ten_seconds(
    tenant: Tenant, sink: Sink, works: Works, scheme: str
) -> None:
    works.deliver()
    with silent_port() as port:
        api = open_api(works, tenant, CELERY_BROKER_URL=f"{scheme}://127.0.0.1:{port}")

        reply = api.send(timeout_s=8)
        sink.wait_for(1, timeout_s=10)

    assert reply.status_code == 200
    wait_until(is_idle, "all mail is settled")
    assert statuses() == {Status.SENT: 1}


def test_i1_fifty_equal_requests_at_once_are_one_mail(tenant: Tenant, sink: Sink, works: Works) -> None:
    api = open_api(works, tenant)
    with ThreadPoolExecutor(50) as clients:
        replies = list(clients.map(lambda _: api.send(once="order-7"), range(50), timeout=60))
    finish()

    codes = Counter(reply.status_code for reply in replies)
    assert codes[200] + codes[409] == 50
    assert sum(reply.status_code == 200 and "Idempotent-Replayed" not in reply.headers for reply in replies) == 1
    assert {reply.json()["data"]["ids"][0] for reply in replies if reply.status_code == 200} == {
        str(Message.across_tenants.get().pk)
    }
    assert arrivals(sink.message_ids).total() == 1


@pytest.mark.parametrize(("key", "megabytes", "status"), [("unknown", 5, 401), (None, 40, 413)])
def test_a_refusal_reaches_a_caller_who_is_still_sending(
    tenant: Tenant, works: Works, key: str | None, megabytes: int, status: int
) -> None:
    api = open_api(works, tenant)
    headers = {"Authorization": f"Bearer {key or api.key}", "Content-Type": "application/json"}

    with socket.create_connection((HOST, api.port), timeout=20) as caller:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        caller.sendall("\r\n".join(["POST /api/v1/email HTTP/1.1", "Host: localhost", *lines, ""]).encode())
        caller.sendall(f"Content-Length: {megabytes * 1_000_000}\r\n\r\n".encode())
        for _ in range(megabytes):
            caller.sendall(b"x" * 1_000_000)
            time.sleep(0.02)
        answer = caller.recv(4096)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
