"""Nudges: through the folder of quickstart they travel whole, and no broker that is away holds up a request."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError

from config import celery as config_celery
from config.standalone.ports import any_free

TASK = "notifications.tasks.deliver"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Connection]:
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "processed_folder": str(tmp_path / "taken"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("filesystem://localhost", transport_options=options) as connection:
        yield connection


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A queue of the test's own: kombu remembers which ones it has set up in this process, in whatever folder."""
    return request.node.name


def test_messages_leave_the_folder_in_the_order_they_came(folder: Connection, name: str, tmp_path: Path):
    queue = folder.SimpleQueue(name)
    for number in range(5):
        queue.put({"number": number})

    numbers = [queue.get(timeout=1).payload["number"] for _ in range(5)]

    queue.close()
    assert numbers == [0, 1, 2, 3, 4]
    assert list((tmp_path / "queue").iterdir()) == []


def test_a_reader_never_sees_half_a_message(folder: Connection, name: str):
    """With kombu's own folder this fails within a second."""
    expected = 1_000

    def write() -> None:
        with Connection("filesystem://localhost", transport_options=folder.transport_options) as other:
            queue = other.SimpleQueue(name)
            for number in range(expected):
                queue.put({"number": number, "filling": "x" * 5_000})
            queue.close()

    queue = folder.SimpleQueue(name)
    writer = threading.Thread(target=write)
    writer.start()
    numbers: list[int] = []
    deadline = time.monotonic() + 30
    while len(numbers) < expected and time.monotonic() < deadline:
        with suppress(Empty):
            message = queue.get_nowait()
            message.ack()
            numbers.append(message.payload["number"])
    writer.join()
    queue.close()

    assert sorted(numbers) == list(range(expected))


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_that_is_away_costs_a_request_nearly_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch, scheme: str
):
    app = app_for(settings, monkeypatch, f"{scheme}://127.0.0.1:{any_free()}//")
    started = time.monotonic()

    with pytest.raises(OperationalError):
        app.send_task(TASK, args=[0])

    assert time.monotonic() - started < 1


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_that_does_not_answer_costs_a_request_two_seconds_at_most(
    settings: Any, monkeypatch: pytest.MonkeyPatch, scheme: str
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = app_for(settings, monkeypatch, f"{scheme}://127.0.0.1:{silent.getsockname()[1]}//")
        started = time.monotonic()

        with pytest.raises(OperationalError):
            app.send_task(TASK, args=[0])

    assert time.monotonic() - started < 2.5


def app_for(settings: Any, monkeypatch: pytest.MonkeyPatch, url: str) -> Celery:
    settings.CELERY_BROKER_URL = url
    # Celery itself reads this variable, and prefers it.
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    app = Celery("elsewhere", set_as_current=False)
    app.conf.update(config_celery.configuration())
    return app
