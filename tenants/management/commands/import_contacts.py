"""Reads a CSV file of contacts into a tenant's directory, all of it or nothing."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.contact_csv import COLUMNS
from tenants.contact_import import Imported, import_contacts, rehearse_import
from tenants.errors import DomainError
from tenants.management import files
from tenants.management.owners import resolve_tenant

EXAMPLES = f"""Examples:
  manage.py import_contacts acme people.csv --dry-run
  manage.py import_contacts acme people.csv
  export-people | manage.py import_contacts acme -

The first line names the columns, any of them in any order:
  {", ".join(COLUMNS)}

  user_id,name,email,phone,language,policies,depts,groups,is_active
  7,Ann Lee,ann@example.org,+8613800138000,zh_CN,ADMIN AUDIT,10,20 21,yes

A line is the contact with its user_id, else the one with its email, else a new one. A column that is not there leaves
what it would change as it is; an empty cell clears it. Departments and groups that are not there yet are made.
"""


class Command(BaseCommand):
    help = "Reads a CSV file of contacts into a tenant's directory. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        parser.add_argument("file", help="CSV in UTF-8; - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and store nothing")

    def handle(self, *, tenant: str, file: str, dry_run: bool, **_: Any) -> None:
        owner, data = resolve_tenant(tenant), files.read(file)
        act = rehearse_import if dry_run else import_contacts
        try:
            imported = act(owner, data, progress=files.teller(self.stderr))
        except DomainError as error:
            raise CommandError(str(error)) from error
        if imported.errors:
            raise CommandError(files.complaint(imported.errors))
        self.stdout.write(self.style.SUCCESS(_summary(imported, is_rehearsed=dry_run)))
        for name in imported.new_groups:
            self.stdout.write(f"  new: {name}")


def _summary(imported: Imported, *, is_rehearsed: bool) -> str:
    counts = f"{imported.created} new, {imported.updated} changed, {imported.unchanged} as they were"
    return f"{'Would import' if is_rehearsed else 'Imported'}: {counts}."
