"""Messages in bulk, for pages and filters: written straight to the table, as nobody else may."""

from itertools import count
from typing import Any

from django.utils import timezone

from notifications.models import Message, Submission
from notifications.models.ids import first_id_at
from tenants.models import Tenant
from tests.factories import fitting

#: Django does not read back ids that the database makes for many rows at once, so these bring their own.
_IDS = count(first_id_at(timezone.now()))


def make_submission(tenant: Tenant, **fields: Any) -> Submission:
    submission = Submission(tenant=tenant, facade="test", out_id="call-1", subject="Hello", text="It works.", **fields)
    submission.save(force_insert=True)
    submission.refresh_from_db()
    return submission


def make_messages(tenant: Tenant, n: int, **fields: Any) -> list[int]:
    """Ids, oldest first."""
    submission = make_submission(tenant)
    made = Message.across_tenants.bulk_create(
        Message(
            **{
                "id": next(_IDS),
                "tenant": tenant,
                "submission": submission,
                "lane": 1,
                "kind": "CUSTOM",
                "recipient": "ann@example.org",
                "to": ["ann@example.org"],
                "subject": "Hello",
                "is_html": False,
                "is_batch": False,
                "out_id": "call-1",
                **fitting({"status": "SENT", **fields}),
            }
        )
        for _ in range(n)
    )
    return [message.pk for message in made]
