"""Celery's side of delivery: one call each. Tasks carry a lane, never a message; run twice, one finds nothing to do."""

from celery import shared_task

from notifications import batches, notices
from notifications.contracts import Lane
from notifications.delivery.deliver import deliver_due, recover
from notifications.delivery.stop import stopping
from notifications.retention import forget


@shared_task(name="notifications.tasks.deliver")
def deliver(lane: int) -> None:
    """What a nudge asks for: everything due in this lane and those above it."""
    deliver_due(lane=Lane(lane), stop=stopping)


@shared_task(name="notifications.tasks.run_batches")
def run_batches() -> None:
    """Every few seconds: batch tasks whose time has come."""
    batches.run_due()


@shared_task(name="notifications.tasks.tidy")
def tidy() -> None:
    """Every ten minutes: what is past its time."""
    forget()


@shared_task(name="notifications.tasks.sweep", expires=5)
def sweep() -> None:
    """Every few seconds: what nudges missed, what is due now, what the dead left behind, who is to hear of failures."""
    recover()
    deliver_due(lane=Lane.BULK, stop=stopping)
    notices.write()
