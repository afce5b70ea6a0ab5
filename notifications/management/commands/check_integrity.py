"""Proves that nothing in the database points at a row that is not there."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications import integrity

EXAMPLES = """Examples:
  everything there is, some hundred thousand rows a second:
    manage.py check_integrity
  after an incident, what was accepted since yesterday:
    manage.py check_integrity --days 1

The tables that take mail carry no foreign keys, for speed; this is what proves that none are missed. Exits with 1 when
anything is wrong. It only reads, and may run beside everything else.
"""


class Command(BaseCommand):
    help = "Proves that messages, submissions, outbox, attempts and attachments fit together; exits 1 if not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--days", type=int, metavar="N", help="only what was accepted in the last N days")

    def handle(self, *, days: int | None, **_: Any) -> None:
        if days is not None and not 1 <= days <= 36500:
            raise CommandError("--days takes a number from 1.")
        report = integrity.check(since=timezone.now() - timedelta(days=days) if days else None)
        looked_at = ", ".join(f"{count:,} {table}" for table, count in report.checked.items())
        self.stdout.write(f"Looked at {looked_at}.")
        for problem in report.problems:
            more = ", …" if problem.count > len(problem.ids) else ""
            ids = ", ".join(map(str, problem.ids))
            self.stdout.write(f"{problem.count:,} in {problem.table}: {problem.sentence}: {ids}{more}")
        if report.problems:
            raise CommandError("The tables do not fit together.")
        self.stdout.write(self.style.SUCCESS("They fit together."))
