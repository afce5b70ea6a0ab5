"""Brings a quickstart's database up to date: ``python -m config.standalone.prepare SMTP_PORT``, a process of its own.

Migrates, loads the seed templates, makes the demo tenants. Reads the summary of the last run as JSON; prints the names
of its steps as it goes, a line each, and then the new summary.
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

django.setup()

from config.standalone import demo  # noqa: E402 - models exist only once Django is set up


def main() -> None:
    if not settings.DEBUG:
        sys.exit("This makes an administrator and keys for a demonstration: only when DEBUG is on.")
    print("tables", flush=True)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, stdout=sys.stderr)
    print("templates", flush=True)
    call_command("load_templates", verbosity=0, stdout=sys.stderr)
    print("demo tenants", flush=True)
    with transaction.atomic():
        summary = demo.ensure(json.load(sys.stdin), smtp_port=int(sys.argv[1]))
    json.dump(summary, sys.stdout)


if __name__ == "__main__":
    main()
