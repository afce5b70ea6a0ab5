"""Creates a signing key and prints its two halves, once; or revokes one."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants import signing
from tenants.errors import CredentialInvalid, TenantInactive
from tenants.management.owners import resolve_tenant
from tenants.models.api_key import Scope

EXAMPLES = """Examples:
  manage.py create_signing_key acme --name billing
  manage.py create_signing_key acme --name reports --scope email.read --days 90
  manage.py create_signing_key acme --revoke AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE

The secret key is printed once and cannot be shown again. With --quiet only the secret id and the secret key are
printed, on one line:
  read -r ID KEY < <(manage.py create_signing_key acme --name billing --quiet)
"""


class Command(BaseCommand):
    help = (
        "Creates a secret id and a secret key for a client that signs its requests, such as one of Tencent Cloud SES."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        wish = parser.add_mutually_exclusive_group(required=True)
        wish.add_argument("--name", help="what will use the key")
        wish.add_argument("--revoke", metavar="SECRET_ID", help="end this key instead of creating one")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what the key may do; repeat for several (default: email.send and email.read)",
        )
        parser.add_argument("--days", type=int, help="days until the key expires (default: never)")
        parser.add_argument("--quiet", action="store_true", help="print the two halves and nothing else")

    def handle(self, *, tenant: str, name: str | None, revoke: str | None, **options: Any) -> None:
        owner = resolve_tenant(tenant)
        if revoke is not None:
            self._revoke(owner.pk, revoke)
            return
        days, scopes = options["days"], options["scope"] or [Scope.EMAIL_SEND, Scope.EMAIL_READ]
        if days is not None and not 1 <= days <= 3650:
            raise CommandError("--days takes a number from 1 to 3650.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        key, clear = signing.issue(owner, name=name or "", scopes=scopes, expires_at=expires_at)
        if options["quiet"]:
            self.stdout.write(f"{key.secret_id} {clear}")
            return
        self.stdout.write(f"Signing key for {owner.code}, scopes: {', '.join(key.scopes)}. Keep it; this is the only")
        self.stdout.write("time the secret key is shown:")
        self.stdout.write(f"  secret id   {key.secret_id}\n  secret key  {clear}")

    def _revoke(self, tenant_id: int, secret_id: str) -> None:
        try:
            key = signing.find_live(secret_id, now=timezone.now())
        except (CredentialInvalid, TenantInactive):
            key = None
        if key is None or key.tenant_id != tenant_id:
            raise CommandError(f"The tenant has no live key {secret_id}.")
        signing.revoke(key, now=timezone.now())
        self.stdout.write(f"{key} is revoked.")
