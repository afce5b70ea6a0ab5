"""One recipient's fate, where a message has many: only what the facades' own tests do not reach."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Message
from notifications.states import Status
from notifications.traces import list_traces
from tests.factories import MailServerFactory, end, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "verdict", "fate"),
    [
        (Status.PENDING, "sent", Status.SENT),
        (Status.PENDING, "later", Status.PENDING),
        (Status.PENDING, "never", Status.FAILED),
        (Status.DELIVERED, "sent", Status.DELIVERED),
        (Status.BOUNCED, "sent", Status.BOUNCED),
        (Status.BOUNCED, "never", Status.FAILED),
        (Status.PARTIAL, None, Status.SENT),
        (Status.CANCELLED, None, Status.CANCELLED),
    ],
)
def test_what_a_message_and_an_outcome_come_to(status: Status, verdict: str | None, fate: Status) -> None:
    tenant, now = MailServerFactory().tenant, timezone.now()
    outcomes = {"ann@example.org": {"verdict": verdict, "code": None, "words": "x"}} if verdict else None
    (message_id,) = send(tenant, "ann@example.org").message_ids
    end(Message.across_tenants.filter(pk=message_id), status, recipient_outcomes=outcomes)

    hour = timedelta(hours=1)
    (trace,) = list_traces(tenant.pk, since=now - hour, until=now + hour, offset=0, size=9)

    assert trace.status is fate
