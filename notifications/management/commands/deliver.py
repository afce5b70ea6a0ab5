"""Delivers what is due, without Celery."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from notifications import batches, notices
from notifications.delivery.deliver import deliver_due, recover
from notifications.retention import forget
from notifications.states import Verdict

log = logging.getLogger(__name__)

EXAMPLES = """Examples:
  deliver until nothing is due, then exit (for cron):
    manage.py deliver --once
  keep delivering, looking every second, until Ctrl-C (instead of Celery):
    manage.py deliver --every 1
"""

#: How often what is past its time is deleted, in seconds.
_TIDY_S = 600.0


class Command(BaseCommand):
    help = "Delivers what is due: once, or in a loop without Celery."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--once", action="store_true", help="stop when nothing is due any more")
        parser.add_argument(
            "--every", type=float, default=1.0, metavar="SECONDS", help="pause between looks (default: 1)"
        )

    def handle(self, *, once: bool, every: float, **_: Any) -> None:
        if once:
            batches.run_due()
            recover()
            counts = deliver_due(limit_s=float("inf"))
            while notices.write():
                counts += deliver_due(limit_s=float("inf"))
            self._report(counts, is_final=True)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Delivering. Ctrl-C stops after the window in hand.")
        tidied = float("-inf")
        while not stop.is_set():
            started = time.monotonic()
            try:
                # A connection that broke under us is replaced here, not in the middle of the work.
                close_old_connections()
                batches.run_due()
                recover()
                self._report(deliver_due(limit_s=10, stop=stop), is_final=False)
                notices.write()
                if time.monotonic() > tidied + _TIDY_S:
                    forget()
                    tidied = time.monotonic()
            except (OperationalError, InterfaceError) as error:
                log.warning("The database is not available; looking again. %s", error)
            stop.wait(max(0.0, every - (time.monotonic() - started)))
        self.stdout.write("Stopped.")

    def _report(self, counts: Counter[Verdict], *, is_final: bool) -> None:
        if counts or is_final:
            verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
            self.stdout.write(f"{counts.total()} attempted{': ' if verdicts else ''}{verdicts}")
