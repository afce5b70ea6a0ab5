"""A hint to the workers that there is something to do. Losing one costs a sweep's period, never a message."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from notifications.contracts import Lane

log = logging.getLogger(__name__)


def nudge(lane: Lane) -> None:
    """Asks some worker to deliver now. A broker that is down is logged: the sweep will find the rows."""
    try:
        current_app.send_task("notifications.tasks.deliver", args=[int(lane)], ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("The broker did not take the nudge; the next sweep delivers. %s", error)
