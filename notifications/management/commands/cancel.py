"""Stops messages that have not begun to leave."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications import outbox, selection
from tenants.management.owners import resolve_tenant

EXAMPLES = """Examples:
  one message:
    manage.py cancel 227924480733742741
  everything that still waits of one call, by the id that the application gave it:
    manage.py cancel --tenant acme --out-id newsletter-2025-06

What is being sent in this moment cannot be stopped any more. To keep mail back without ending it: manage.py hold.
"""


class Command(BaseCommand):
    help = "Cancels messages that have not begun to leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="message ids")
        parser.add_argument("--tenant", help="the tenant's code, with --out-id")
        parser.add_argument("--out-id", metavar="ID", help="the caller's own id of a call")

    def handle(self, *, ids: list[int], tenant: str | None, out_id: str | None, **_: Any) -> None:
        chosen = _choose(ids, tenant, out_id)
        cancelled = sum(
            len(outbox.cancel(tenant_id=tenant_id, message_ids=batch)) for tenant_id, batch in selection.batches(chosen)
        )
        self.stdout.write(self.style.SUCCESS(f"Cancelled {cancelled}."))
        wanted = len(set(ids)) if ids else sum(map(len, chosen.values()))
        if wanted > cancelled:
            self.stdout.write(f"{wanted - cancelled} left alone: unknown, ended, or on their way.")


def _choose(ids: list[int], tenant: str | None, out_id: str | None) -> Mapping[int, Sequence[int]]:
    if ids and not (tenant or out_id):
        return selection.by_owner(ids)
    if ids or not (tenant and out_id):
        raise CommandError("Give message ids, or --tenant and --out-id.")
    owner = resolve_tenant(tenant)
    return {owner.pk: selection.by_out_id(owner.pk, out_id)}
