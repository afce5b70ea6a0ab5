"""Holding mail back and letting it go: by tenant, template, mail server or recipients' domain, with a reason.

A held message keeps its row in the outbox, marked with the hold; releasing wakes exactly those rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from notifications import addresses, outbox
from notifications.models import Hold, MailServer, Message
from tenants.errors import InvalidField, NotFound

MAX_REASON = 500
MAX_VALUE = 255
#: Longer than any worker takes from planning a batch to settling what it put aside.
_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holds:
    """Those in force when a batch was planned."""

    rows: Sequence[Hold]

    def find(self, message: Message, server: MailServer | None) -> Hold | None:
        """The first hold that stops this message on its way through this server."""
        return next((hold for hold in self.rows if _covers(hold, message, server)), None)


def in_force() -> Holds:
    """All holds that are neither released nor over, with the time that ``remaining`` until their end. One query."""
    # A worker serves all tenants; each hold names the one it stops.
    rows = Hold.across_tenants.filter(Q(until=None) | Q(until__gt=Now()), released_at=None)
    remaining = ExpressionWrapper(F("until") - Now(), output_field=DurationField())
    return Holds(list(rows.select_related("tenant").annotate(remaining=remaining)))


def resolve(hold_id: int) -> Hold:
    """Raises NotFound. Ended holds are found too."""
    found = Hold.across_tenants.filter(pk=hold_id).first()
    if found is None:
        raise NotFound(resource="Hold", id=hold_id)
    return found


def begin(
    kind: Hold.Kind,
    value: str,
    *,
    tenant_id: int | None,
    reason: str,
    until: datetime | None = None,
    user_id: int | None = None,
) -> Hold:
    """Stops matching mail from the next batch on. Raises InvalidField."""
    check(kind, value, tenant_id=tenant_id, reason=reason)
    hold = Hold(
        tenant_id=tenant_id,
        kind=kind,
        # As the domains of recipients are stored, or it would hold nothing.
        value=addresses.parse_domain(value) if kind == Hold.Kind.DOMAIN else value.strip(),
        reason=reason.strip(),
        until=until,
        created_by_id=user_id,
    )
    hold.save(force_insert=True)
    return hold


def check(kind: str, value: str, *, tenant_id: int | None, reason: str) -> None:
    """Raises InvalidField for a hold that says too little, or too much."""
    if len(reason) > MAX_REASON:
        raise InvalidField(field="reason", reason=f"at most {MAX_REASON} characters.")
    if not reason.strip():
        raise InvalidField(field="reason", reason="say why; operators read it on every message that waits.")
    if kind == Hold.Kind.TENANT and tenant_id is None:
        raise InvalidField(field="tenant", reason="name the tenant to hold.")
    if kind != Hold.Kind.TENANT and not value.strip():
        raise InvalidField(field="value", reason=f"name the {kind} to hold.")
    if kind == Hold.Kind.ROUTE and not _is_server(value):
        raise InvalidField(field="value", reason="a mail server is named by its id, and none has this one.")
    if kind == Hold.Kind.DOMAIN:
        addresses.parse_domain(value, field="value")
    if len(value) > MAX_VALUE:
        raise InvalidField(field="value", reason=f"at most {MAX_VALUE} characters.")


def release(hold: Hold) -> int:
    """Ends a hold and wakes what waits for it; returns how many messages."""
    with transaction.atomic():
        # Whoever released it first is the one who is on record.
        Hold.across_tenants.filter(pk=hold.pk, released_at=None).update(released_at=Now())
        woken = outbox.wake(hold.pk)
    hold.refresh_from_db(fields=["released_at"])
    return woken


def wake_late() -> int:
    """Wakes what a worker put aside for a hold in the very moment of its release; returns how many. For the sweep."""
    lately = Hold.across_tenants.filter(released_at__gt=Now() - _LATELY)
    return sum(outbox.wake(hold_id) for hold_id in lately.values_list("pk", flat=True))


def _is_server(value: str) -> bool:
    # An operator may hold any tenant's server.
    return value.isascii() and value.isdigit() and MailServer.across_tenants.filter(pk=int(value)).exists()


def _covers(hold: Hold, message: Message, server: MailServer | None) -> bool:
    if hold.tenant_id not in (None, message.tenant_id):
        return False
    match hold.kind:
        case Hold.Kind.TENANT:
            return True
        case Hold.Kind.TEMPLATE:
            return bool(message.template_code == hold.value)
        case Hold.Kind.ROUTE:
            return server is not None and str(server.pk) == hold.value
        case _:
            return _has_domain([*message.to, *message.cc, *message.bcc], hold.value)


def _has_domain(recipients: Iterable[str], domain: str) -> bool:
    return any(address.rpartition("@")[2].lower() == domain for address in recipients)
