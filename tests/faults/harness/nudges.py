"""The project's Celery app on a queue of the test's own, for brokers that others use too."""

import os

from config.celery import app

if "NUDGE_QUEUE" in os.environ:
    app.conf.task_default_queue = os.environ["NUDGE_QUEUE"]

__all__ = ["app"]
