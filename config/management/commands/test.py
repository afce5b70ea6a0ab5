"""``manage.py test``: the whole suite, from nothing. Replaces Django's command of this name."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.standalone import suite


class Command(BaseCommand):
    help = "Runs the tests. Whatever follows is for pytest: manage.py test -x -k outbox tests/core"
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        # Past Django's option parser: every option is pytest's.
        sys.exit(suite.run(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(suite.run(list(args)))
