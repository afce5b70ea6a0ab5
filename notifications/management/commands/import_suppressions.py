"""Reads a CSV file onto a tenant's list of who gets nothing, all of it or nothing."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.contracts import Channel
from notifications.suppression_import import COLUMNS, import_suppressions, rehearse_import
from tenants.errors import DomainError
from tenants.management import files
from tenants.management.owners import resolve_tenant

EXAMPLES = f"""Examples:
  manage.py import_suppressions acme blocked.csv --dry-run
  manage.py import_suppressions acme blocked.csv
  manage.py import_suppressions acme numbers.csv --channel sms
  export-blocked | manage.py import_suppressions acme -

The first line names the columns, any of them in any order, address among them:
  {", ".join(COLUMNS)}

  address,category,note,expires_at
  ann@example.org,newsletter,asked by phone,
  bob@example.org,,no mail at all until then,2030-12-31

Without a category the address gets nothing at all, without expires_at until somebody takes it off the list.
"""


class Command(BaseCommand):
    help = "Reads a CSV file of addresses that get nothing more. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        parser.add_argument("file", help="CSV in UTF-8; - for standard input")
        parser.add_argument("--channel", choices=[channel.value for channel in Channel], default=Channel.EMAIL.value)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and store nothing")

    def handle(self, *, tenant: str, file: str, channel: str, dry_run: bool, **_: Any) -> None:
        owner, data = resolve_tenant(tenant), files.read(file)
        act = rehearse_import if dry_run else import_suppressions
        try:
            imported = act(owner, Channel(channel), data, progress=files.teller(self.stderr))
        except DomainError as error:
            raise CommandError(str(error)) from error
        if imported.errors:
            raise CommandError(files.complaint(imported.errors))
        done = "Would import" if dry_run else "Imported"
        self.stdout.write(self.style.SUCCESS(f"{done}: {imported.new} new, {imported.known} on the list before."))
