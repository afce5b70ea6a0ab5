"""Issues an API key and prints it, once."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.auth import issue_key
from tenants.management.owners import resolve_tenant
from tenants.models.api_key import PlatformScope, Scope
from tenants.tokens import TokenFormat

EXAMPLES = """Examples:
  manage.py create_api_key acme --name billing
  manage.py create_api_key acme --name reports --scope email.read --days 90
  manage.py create_api_key acme --name sdk --format jwt --days 30

The key is printed once and cannot be shown again. With --quiet only the key is printed:
  KEY=$(manage.py create_api_key acme --name billing --quiet)
"""


class Command(BaseCommand):
    help = "Issues an API key for a tenant and prints it, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        parser.add_argument("--name", required=True, help="what will use the key")
        parser.add_argument(
            "--scope",
            action="append",
            choices=[*Scope.values, *PlatformScope.values],
            help="what the key may do; repeat for several (default: email.send and email.read)",
        )
        parser.add_argument("--days", type=int, help="days until the key expires (default: never)")
        parser.add_argument("--user-id", type=int, default=-1, help="the user that the key acts for (default: nobody)")
        parser.add_argument(
            "--format",
            choices=[each.value for each in TokenFormat],
            default=TokenFormat.PLAIN.value,
            help="jwt: shaped like a JWT, for clients that insist on one",
        )
        parser.add_argument("--quiet", action="store_true", help="print the key and nothing else")

    def handle(
        self, *, tenant: str, name: str, scope: list[str] | None, days: int | None, quiet: bool, **options: Any
    ) -> None:
        owner = resolve_tenant(tenant)
        if days is not None and not 1 <= days <= 3650:
            raise CommandError("--days takes a number from 1 to 3650.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        scopes = scope or [Scope.EMAIL_SEND, Scope.EMAIL_READ]
        key, token = issue_key(
            owner,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            user_id=options["user_id"],
            token_format=TokenFormat(options["format"]),
        )
        if not quiet:
            self.stdout.write(f"Key {key.prefix}… for {owner.code}, scopes: {', '.join(key.scopes)}. Keep it; this is")
            self.stdout.write("the only time it is shown:")
        self.stdout.write(token)
