"""Time that passes at once: what waits in the database becomes due, and a worker of the test's own follows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from notifications.delivery.deliver import deliver_due, recover
from notifications.models import Outbox, RouteHealth
from tests.faults.harness.ledger import is_idle

_PAST = timedelta(seconds=1)
#: More than the schedule of retries has steps.
_ROUNDS = 12


def lapse_leases() -> None:
    """As if the holders had been silent for as long as a lease lasts."""
    Outbox.objects.filter(leased_until__isnull=False).update(leased_until=Now() - _PAST)


def make_due() -> None:
    """As if every retry's wait were over."""
    Outbox.objects.filter(rank=None).update(due_at=Now() - _PAST)


def end_rests() -> None:
    """As if every resting server's pause were over."""
    RouteHealth.objects.filter(rests_until__isnull=False).update(rests_until=Now() - _PAST)


@contextmanager
def time_passing() -> Iterator[None]:
    """Meanwhile no retry waits for its time: half a minute passes twice a second."""
    over = threading.Event()

    def pass_time() -> None:
        try:
            while not over.wait(0.5):
                make_due()
        finally:
            connection.close()

    clock = threading.Thread(target=pass_time, name="clock")
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()


def finish() -> None:
    """A successor, in this process, does all that is left; the leases of dead workers lapse at once, no retry waits."""
    for _ in range(_ROUNDS):
        lapse_leases()
        recover()
        make_due()
        deliver_due()
        if is_idle():
            return
    raise TimeoutError(f"after {_ROUNDS} rounds there is still mail to deliver: {Outbox.objects.count()}")


def try_again(rounds: int = 4) -> None:
    """A worker's rounds, each when the retries of the one before are due; there may be mail left."""
    for _ in range(rounds):
        deliver_due()
        make_due()
