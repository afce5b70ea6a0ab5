"""Lets held mail go, or lists what is held."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications import holds, queue
from notifications.management import tables
from notifications.models import Hold
from tenants.errors import DomainError

EXAMPLES = """Examples:
  the holds in force, and how many messages wait for each:
    manage.py release
  let the mail of hold 3 go:
    manage.py release 3
"""

_HEADER = ("Hold", "Holds back", "Of", "Since", "Until", " Waiting", "Reason")


class Command(BaseCommand):
    help = "Ends holds, so that the mail they kept back leaves. Without arguments: lists the holds in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("ids", nargs="*", type=int, metavar="HOLD", help="ids of holds, as listed")

    def handle(self, *, ids: list[int], **_: Any) -> None:
        if not ids:
            self._list()
            return
        try:
            found = [holds.resolve(id_) for id_ in ids]
        except DomainError as error:
            raise CommandError(str(error)) from error
        for hold in found:
            was_over = hold.released_at is not None
            woken = holds.release(hold)
            note = " (it had been released before)" if was_over else ""
            self.stdout.write(self.style.SUCCESS(f"Released {hold.pk}: {hold}; {woken} messages go on{note}."))

    def _list(self) -> None:
        rows = holds.in_force().rows
        if not rows:
            self.stdout.write("Nothing is held.")
            return
        waiting = queue.waiting_for([hold.pk for hold in rows])
        cells = [_cells(hold, waiting.get(hold.pk, 0)) for hold in rows]
        self.stdout.write("\n".join(tables.lines(_HEADER, cells)))


def _cells(hold: Hold, waiting: int) -> tuple[str, ...]:
    owner = hold.tenant.code if hold.tenant else "everybody"
    since = timezone.localtime(hold.created_at)
    until = f"{timezone.localtime(hold.until):%Y-%m-%d %H:%M}" if hold.until else "released"
    return (str(hold.pk), str(hold), owner, f"{since:%Y-%m-%d %H:%M}", until, str(waiting), hold.reason)
