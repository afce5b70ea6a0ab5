"""Seals every stored secret anew."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.rotation import reseal_messages
from tenants.errors import SealBroken
from tenants.rotation import reseal_fields
from tenants.sealed import Secret

EXAMPLES = """How to change the key that seals passwords and other secrets:
  1. make a new key:
       python3 -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
  2. put it first, keep the old one behind it, and restart web and workers:
       FIELD_ENCRYPTION_KEYS=NEW,OLD
  3. seal everything with the first key, while they run:
       manage.py rotate_keys
  4. when it says so, drop the old key and restart:
       FIELD_ENCRYPTION_KEYS=NEW
"""


class Command(BaseCommand):
    help = "Seals every stored secret anew, with the first of FIELD_ENCRYPTION_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES

    def handle(self, **_: Any) -> None:
        try:
            Secret.of("")
        except SealBroken as error:
            raise CommandError("FIELD_ENCRYPTION_KEYS is empty; there is no key to seal with.") from error
        kept, waiting = reseal_fields(), reseal_messages()
        self.stdout.write(f"Sealed {kept.resealed + waiting.resealed} secrets with the first key.")
        broken = [*kept.broken, *waiting.broken]
        for name in broken:
            self.stdout.write(f"No configured key opens {name}.")
        if broken:
            raise CommandError("Keep the old keys: some secrets could not be opened, and were left as they are.")
        self.stdout.write(self.style.SUCCESS("The other keys are not needed any more."))
