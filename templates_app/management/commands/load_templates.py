"""The command behind ``templates_app.seeding``."""

import argparse
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from templates_app import seeding


class Command(BaseCommand):
    help = "Load the templates that come with Angarium, for mail and SMS, in Chinese and English."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        kwargs["epilog"] = """
what happens to each template and language:
  created   it was not there
  updated   its text came from an earlier release and nobody has edited it
  kept      it is up to date, or somebody edited or withdrew it: then it is never touched again

examples:
  python3 manage.py load_templates           after installing and after every upgrade
  python3 manage.py load_templates -v 2      one line for each template and language
  python3 manage.py load_templates -v 0      silent, for scripts
"""
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = [*seeding.load(), *seeding.load_sms()]
        if options["verbosity"] >= 2:
            for one in loaded:
                self.stdout.write(f"{one.outcome:8} {one.channel:6} {one.code} ({one.language})")
        if options["verbosity"] >= 1:
            outcomes = Counter(one.outcome for one in loaded)
            counts = (f"{outcomes[outcome]} {outcome}" for outcome in (seeding.CREATED, seeding.UPDATED, seeding.KEPT))
            self.stdout.write(f"Templates: {', '.join(counts)}.")
