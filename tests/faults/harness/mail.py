"""Messages and routes for tests of transports; no database needed."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notifications.contracts import Address
from notifications.delivery.transports import Route, Timeouts
from notifications.models.route import ServerKind
from notifications.parcel import Composed
from tenants.sealed import Secret

#: For tests in which nothing should take long; on a busy machine it may.
PATIENT = Timeouts(connect_s=5.0, command_s=5.0, body_s=10.0, data_end_s=5.0)
#: So that a test of a time-out takes no longer than it must.
HASTY = Timeouts(connect_s=1.0, command_s=0.4, body_s=1.0, data_end_s=0.6, idle_s=30)

#: No two tests share a kept session.
_ids = itertools.count(100_000)
_VERSION = datetime(2026, 1, 1, tzinfo=UTC)


def message(number: int = 1, *recipients: str, **fields: Any) -> Composed:
    """Message ``number``, to ``recipients`` or to one of its own; ``fields`` replace any others."""
    rcpt_to = recipients or (f"user{number}@example.test",)
    composed = Composed(
        message_id=number,
        rfc_message_id=f"<{number}@angarium.test>",
        mail_from="shop@example.test",
        rcpt_to=rcpt_to,
        sender=Address("shop@example.test", "The Shop"),
        to=tuple(Address(recipient) for recipient in rcpt_to),
        subject=f"Order {number}",
        html=None,
        text=f"Your order {number} has left.\n",
    )
    return replace(composed, **fields)


def messages(count: int, **fields: Any) -> list[Composed]:
    return [message(number, **fields) for number in range(1, count + 1)]


def smtp_route(port: int, **fields: Any) -> Route:
    """A plaintext route without login to a sink on this machine."""
    route = Route(id=port, version=_VERSION, kind=ServerKind.SMTP, host="127.0.0.1", port=port, starttls=False)
    return replace(route, **fields)


def service_route(service: str, credentials: dict[str, Any], **options: Any) -> Route:
    """A platform's route to an e-mail service; ``options`` are arguments that need no seal."""
    return Route(
        id=next(_ids),
        version=_VERSION,
        kind=ServerKind.ANYMAIL,
        service=service,
        options=options,
        credentials=Secret.of(json.dumps(credentials)),
        is_platform=True,
    )
