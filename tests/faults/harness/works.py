"""Starts the processes of a test against its database, and stops every one of them."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self, TypeVar

from django.conf import settings

from tests.faults.harness import database
from tests.faults.harness.api import Api
from tests.faults.harness.process import Process
from tests.faults.harness.recorder import Recorder
from tests.faults.harness.rules import Rule

#: Instead of half a minute, so that tests of what dead workers leave behind are short.
LEASE_S = 2
_NONE: Mapping[str, str] = MappingProxyType({})

P = TypeVar("P", bound=Process)


def clock_off(seconds: int) -> dict[str, str]:
    """Variables for a process whose host's clock is wrong by that much."""
    return {"PYTHONPATH": str(Path(__file__).parent / "skewed"), "CLOCK_SKEW_S": str(seconds)}


class Works:
    """``place`` takes the logs. Processes get the production settings, and sessions that bear their names."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._all: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for process in reversed(self._all):
            process.kill()

    def deliver(self, name: str = "worker", **env: str) -> Process:
        """``manage.py deliver``, once it looks for mail."""
        worker = self.start_deliver(name, **env)
        worker.wait_to_say("Delivering.", timeout_s=40)
        return worker

    def start_deliver(self, name: str = "worker", **env: str) -> Process:
        """The same, which may still be loading."""
        command = ["manage.py", "deliver", "--every", "0.2", "--skip-checks"]
        return self._start(Process(name, command, env=self._env(name, env), place=self._place))

    def deliver_many(self, *names: str, **env: str) -> list[Process]:
        """Several at once."""
        workers = [self.start_deliver(name, **env) for name in names]
        for worker in workers:
            worker.wait_to_say("Delivering.", timeout_s=40)
        return workers

    def celery(self, broker_url: str, *, queue: str, concurrency: int = 1, **env: str) -> Process:
        """A Celery worker without beat, ready for tasks of that queue."""
        broker = {"CELERY_BROKER_URL": broker_url, "NUDGE_QUEUE": queue}
        app = ["-m", "celery", "--app", "tests.faults.harness.nudges:app", "worker", "--loglevel", "INFO"]
        # A name of its own: for a moment RabbitMQ still keeps the queue of one that was killed.
        name = ["--hostname", f"celery{len(self._all)}@%h"]
        size = ["--concurrency", str(concurrency), "--without-mingle", "--without-gossip", "--without-heartbeat"]
        worker = self._start(
            Process("celery", [*app, *name, *size], env=self._env("celery", broker | env), place=self._place)
        )
        worker.wait_to_say(" ready.", timeout_s=40)
        return worker

    def celery_on_folder(self, *, concurrency: int = 1, **env: str) -> Process:
        """A Celery worker for the nudges that this test itself sends from now on; needs no broker."""
        shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)
        return self.celery("filesystem://", queue="angarium", concurrency=concurrency, **env)

    def api(self, **env: str) -> Api:
        """gunicorn, once it answers."""
        api = self._start(Api(env=self._env("api", env), place=self._place))
        api.wait_to_listen()
        return api

    def sink(self, *rules: Rule, port: int = 0, record: Path | None = None) -> Recorder:
        """A sink that outlives the workers' faults and writes down what it takes, into ``record`` where it is given."""
        sink = self._start(Recorder(rules, port=port, record=record, env=self._env("sink", {}), place=self._place))
        sink.wait_to_listen()
        return sink

    def _start(self, process: P) -> P:
        self._all.append(process)
        return process

    def _env(self, name: str, changes: Mapping[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database.url(name),
            "LEASE_SECONDS": str(LEASE_S),
            "BROKER_DIR": str(settings.BROKER_DIR),
            "PYTHONUNBUFFERED": "1",
            **changes,
        }
