"""What a worker does as it starts; imported by workers only."""

from typing import Any

from celery.signals import worker_init, worker_shutting_down

from notifications.delivery.stop import stopping
from tenants import canary


@worker_init.connect
def check_the_seal(**_: Any) -> None:
    """Refuses to start when the sealed fields cannot be opened, as the web process does."""
    canary.check()


@worker_shutting_down.connect
def finish_the_windows(**_: Any) -> None:
    """On SIGTERM the delivery loops end after the windows in hand and give the rest back."""
    stopping.set()
