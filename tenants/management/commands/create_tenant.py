"""Creates a tenant."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.models import Tenant

EXAMPLES = """Examples:
  manage.py create_tenant acme --name "Acme Ltd"
  manage.py create_tenant acme --name "Acme Ltd" --language en

Then give its applications a key:
  manage.py create_api_key acme --name billing --scope email.send
"""


class Command(BaseCommand):
    help = "Creates a tenant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("code", help="short name for commands and logs; letters, digits, - and _")
        parser.add_argument("--name", help="as people read it (default: the code)")
        parser.add_argument("--language", default="zh_CN", help="language of mail that names none (default: zh_CN)")

    def handle(self, *, code: str, name: str | None, language: str, **_: Any) -> None:
        tenant = Tenant(code=code, name=name or code, default_language=language)
        try:
            tenant.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        tenant.save(force_insert=True)
        self.stdout.write(self.style.SUCCESS(f"Created tenant {tenant.code} with id {tenant.pk}."))
