"""Sends ended messages once more."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications import outbox, selection
from notifications.states import Status
from tenants.management.owners import resolve_tenant

EXAMPLES = """Examples:
  two messages, whatever tenant they belong to:
    manage.py requeue 227924480733742741 227924480733742742
  after a server has taken us off its blocklist, what it refused meanwhile, a hundred at first:
    manage.py requeue --tenant acme --status failed --limit 100
  what may or may not have arrived before a crash, once you have decided that twice is better than never:
    manage.py requeue --tenant acme --status uncertain

Failed, expired, partly sent and uncertain messages can be requeued. Recipients that were reached are left out.
"""


class Command(BaseCommand):
    help = "Sends messages once more that failed, expired, were partly sent or are uncertain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="message ids")
        parser.add_argument("--tenant", help="the tenant's code, with --status")
        parser.add_argument("--status", choices=[status.lower() for status in selection.REQUEUEABLE])
        parser.add_argument("--limit", type=int, default=1000, metavar="N", help="at most (default: 1000)")

    def handle(self, *, ids: list[int], tenant: str | None, status: str | None, limit: int, **_: Any) -> None:
        chosen = _choose(ids, tenant, status, limit)
        requeued = sum(
            len(outbox.requeue(tenant_id=tenant_id, message_ids=batch))
            for tenant_id, batch in selection.batches(chosen)
        )
        self.stdout.write(self.style.SUCCESS(f"Requeued {requeued}."))
        if left := len(set(ids)) - requeued if ids else 0:
            self.stdout.write(f"{left} left alone: unknown, sent, still waiting, or a code that was erased.")


def _choose(ids: list[int], tenant: str | None, status: str | None, limit: int) -> Mapping[int, Sequence[int]]:
    if ids and not (tenant or status):
        return selection.by_owner(ids)
    if ids or not (tenant and status):
        raise CommandError("Give message ids, or --tenant and --status.")
    if limit < 1:
        raise CommandError("--limit takes a number from 1.")
    owner = resolve_tenant(tenant)
    return {owner.pk: selection.by_status(owner.pk, Status(status.upper()), limit=limit)}
