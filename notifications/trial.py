"""A test through exactly one server or gateway, enabled or not, while the caller waits for what it says.

For the API and the admin alike. It enters by the same door as all mail and leaves a record like all mail; only nobody
else may carry it, and it is tried once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from notifications import outbox, suppression
from notifications.contracts import Address, Channel, Lane, Receipt, SendRequest, TemplateChoice
from notifications.delivery.deliver import deliver_now
from notifications.errors import DeliveryFailed
from notifications.models import MailServer
from notifications.models.route import Protocol
from notifications.submit import submit
from tenants.models import Tenant

#: AngusGM's: the template says that the server in the variable ``channelType`` can send.
BIZ_KEY = "CHANNEL_TEST"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to know, for the record."""

    facade: str
    user_id: int = -1
    key_id: int | None = None


def send_test_mail(
    tenant: Tenant, server: MailServer, recipients: Sequence[Address], *, language: str, asker: Asker
) -> Receipt:
    """One mail, or SMS, to each of ``recipients``; returns when the server has taken all of them.

    Do not call it in a transaction: none may be open while anything goes over a wire. Raises DeliveryFailed with the
    server's own words (ours where a recipient is suppressed), and what ``submit`` raises.
    """
    request = SendRequest(
        facade=asker.facade,
        recipients=tuple(recipients),
        channel=Channel.SMS if server.protocol == Protocol.SMS else Channel.EMAIL,
        template=TemplateChoice(language, BIZ_KEY),
        params={"channelType": server.name},
        lane=Lane.URGENT,
        # Should we die before it is settled, the reaper gives it to workers, who choose servers for themselves.
        expires_at=datetime.now(UTC) + timedelta(seconds=settings.LEASE_SECONDS),
        user_id=asker.user_id,
        key_id=asker.key_id,
        options={"language": language},
    )
    with transaction.atomic(durable=True):
        receipt = submit(tenant, request, server=server)
        lease = outbox.take(receipt.message_ids, tenant_id=tenant.pk)
    failures = deliver_now(lease, server) or [suppression.explain(source) for source in receipt.suppressed.values()]
    if failures:
        raise DeliveryFailed(words=failures[0])
    return receipt
