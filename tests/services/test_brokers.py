"""The one path with the brokers of production, where they answer on their usual ports."""

import uuid
from collections.abc import Iterator

import pytest
from kombu import Connection

from config.celery import app
from config.standalone.ports import answers
from notifications.states import Status
from tests.factories import MailServerFactory, send
from tests.faults.conftest import works
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import is_idle, statuses
from tests.faults.harness.sink import Sink
from tests.faults.harness.works import Works

__all__ = ["works"]

pytestmark = pytest.mark.django_db(transaction=True)

BROKERS = {"RabbitMQ": (5672, "amqp://guest:guest@127.0.0.1:5672//"), "Redis": (6379, "redis://127.0.0.1:6379/9")}


@pytest.fixture
def queue() -> str:
    return f"angarium-test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=BROKERS)
def broker_url(request: pytest.FixtureRequest, queue: str) -> Iterator[str]:
    """A broker that this process nudges through, on a queue of its own that is gone afterwards."""
    port, url = BROKERS[request.param]
    if not answers(port):
        pytest.skip(f"{request.param} does not answer on port {port}")
    with Connection(url, connect_timeout=2) as connection:
        yield url
        connection.SimpleQueue(queue).queue.delete()


def test_a_message_leaves_within_moments_of_its_nudge(
    works: Works, sink: Sink, broker_url: str, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.celery(broker_url, queue=queue)
    tenant = MailServerFactory(port=sink.port).tenant
    # Celery lets this variable win over what an app is told.
    monkeypatch.setenv("CELERY_BROKER_URL", broker_url)
    nudged_app = app.__class__("test", broker=broker_url, set_as_current=False)
    nudged_app.conf.task_default_queue = queue
    monkeypatch.setattr("notifications.nudge.current_app", nudged_app)

    ids = send(tenant, "ann@example.org", "bob@example.org").message_ids

    # No sweep runs here, so only the nudge can have brought them.
    sink.wait_for(2, timeout_s=10)
    wait_until(is_idle, "both are settled")
    assert statuses(ids) == {Status.SENT: 2}
    nudged_app.close()
