"""Says which server mail leaves through, and why."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.contracts import Channel
from notifications.delivery.explain import explain, look
from notifications.models import Message
from tenants.management.owners import resolve_tenant

EXAMPLES = """Examples:
  where would a tenant's mail go now?
    manage.py explain_route acme
  why does this message not leave?
    manage.py explain_route acme --message 227924480733742741

  and its SMS?
    manage.py explain_route acme --sms

Every server is listed in the order in which it is tried, with its breaker, its rates and the holds on it.
"""


class Command(BaseCommand):
    help = "Says which server a tenant's mail leaves through, and why; or why it waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("tenant", help="the tenant's code")
        parser.add_argument("--message", type=int, metavar="ID", help="one message of the tenant's")
        parser.add_argument("--sms", action="store_true", help="its SMS in general (default: its mail)")

    def handle(self, *, tenant: str, message: int | None, sms: bool, **_: Any) -> None:
        owner = resolve_tenant(tenant)
        found = None
        if message is not None:
            found = Message.objects.for_tenant(owner.pk).select_related("submission").filter(pk=message).first()
            if found is None:
                raise CommandError(f"{owner.code} has no message {message}.")
        self.stdout.write(explain(look(owner, found, channel=Channel.SMS if sms else Channel.EMAIL)))
