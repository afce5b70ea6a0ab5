"""Redis and RabbitMQ where they answer, in a corner of their own: one database of Redis, one queue of RabbitMQ."""

import os
from dataclasses import dataclass

import pytest
import redis
from celery import Celery
from kombu import Connection

from config.standalone.ports import HOST, answers
from notifications.contracts import Lane

_REDIS_PORT, _RABBITMQ_PORT = 6379, 5672
#: Emptied before and after each test; the other databases are never touched.
_REDIS_DATABASE = 9

_app = Celery("faults", set_as_current=False)


@dataclass(frozen=True, slots=True)
class Broker:
    """``url`` and ``queue`` are for the workers; what the test itself sends goes there too."""

    name: str
    port: int
    queue: str

    def url(self, port: int | None = None) -> str:
        """By way of another port, such as a wire's, where one is given."""
        if self.name == "redis":
            return f"redis://{HOST}:{port or self.port}/{_REDIS_DATABASE}"
        return f"amqp://guest:guest@{HOST}:{port or self.port}//"

    def nudge(self, lane: Lane = Lane.BULK, *, count: int = 1) -> None:
        self._send("notifications.tasks.deliver", args=[int(lane)], count=count)

    def sweep(self) -> None:
        """As beat does every few seconds."""
        self._send("notifications.tasks.sweep", args=[], count=1)

    def wipe(self) -> None:
        """Everything is gone, as after a restart without persistence."""
        if self.name == "redis":
            with redis.Redis(HOST, self.port, db=_REDIS_DATABASE) as server:
                server.flushdb()
        else:
            with Connection(self.url()) as connection:
                queue = connection.SimpleQueue(self.queue).queue
                queue.delete()
                queue.exchange.delete()

    def _send(self, task: str, *, args: list[int], count: int) -> None:
        # A connection of our own: Celery itself goes where CELERY_BROKER_URL says, whatever the app is told.
        with Connection(self.url()) as connection:
            for _ in range(count):
                _app.send_task(task, args=args, queue=self.queue, connection=connection)


def resolve(name: str) -> Broker:
    """Skips the test where that broker does not answer on its usual port."""
    port = {"redis": _REDIS_PORT, "rabbitmq": _RABBITMQ_PORT}[name]
    if not answers(port):
        pytest.skip(f"{name} does not answer on port {port}")
    return Broker(name, port, queue="angarium" if name == "redis" else f"angarium-faults-{os.getpid()}")
