"""The project's web application, nudging on the queue of the test's own."""

from config.wsgi import application
from tests.faults.harness import nudges

__all__ = ["application", "nudges"]
