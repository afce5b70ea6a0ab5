"""Keeps mail back."""

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from notifications import holds
from notifications.models import Hold
from tenants.errors import DomainError
from tenants.management.owners import resolve_tenant

EXAMPLES = """Examples:
  everything of a tenant:
    manage.py hold tenant acme --reason "Spam complaints, see ticket 4711"
  everybody's mail to a domain, for two hours:
    manage.py hold domain example.org --reason "They are migrating" --until 2h
  one tenant's mail of a template, until the evening:
    manage.py hold template RECEIPT --tenant acme --reason "Wrong VAT" --until "2025-06-01 18:00"
  what would leave through a mail server, by its id:
    manage.py hold route 5 --reason "On a blocklist"

Held mail waits and loses nothing. What holds there are, and how to end one: manage.py release.
"""

_SPAN = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class Command(BaseCommand):
    help = "Keeps mail of a tenant or a template, through a route or to a domain, back until it is released."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("kind", choices=Hold.Kind.values)
        parser.add_argument("value", help="the tenant's code, the template's code, the server's id, or the domain")
        parser.add_argument("--reason", required=True, help="operators read it on every message that waits")
        parser.add_argument("--tenant", help="only this tenant's mail (default: everybody's)")
        parser.add_argument("--until", metavar="TIME", help="ends by itself: 90m, 2h, 3d, or a date and time")

    def handle(self, *, kind: str, value: str, reason: str, tenant: str | None, until: str | None, **_: Any) -> None:
        if kind == Hold.Kind.TENANT:
            if tenant is not None:
                raise CommandError("A tenant is held by its code alone, without --tenant.")
            tenant, value = value, ""
        owner = resolve_tenant(tenant) if tenant is not None else None
        try:
            hold = holds.begin(
                Hold.Kind(kind),
                value,
                tenant_id=owner.pk if owner else None,
                reason=reason,
                until=_moment(until, now=timezone.now()) if until else None,
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Holding. To let it go: manage.py release {hold.pk}"))


def _moment(text: str, *, now: datetime) -> datetime:
    """A span from now, or a date and time, in the settings' time zone where it names none."""
    if span := _SPAN.fullmatch(text):
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError("--until takes a span such as 90m, 2h or 3d, or a time such as '2025-06-01 18:00'.")
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if moment <= now:
        raise CommandError("--until is in the past.")
    return moment
