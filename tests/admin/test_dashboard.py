"""The first page: live figures that stay cheap, and the next step where something is missing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications import holds, outbox
from notifications.admin import figures
from notifications.contracts import Lane
from notifications.models import Hold
from notifications.models.ids import first_id_at
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants.models import Tenant
from tests.admin.conftest import logged_in
from tests.admin.messages import make_messages
from tests.factories import send

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


def page(client: Client) -> Any:
    reply = client.get(INDEX)
    assert reply.status_code == 200
    return reply


def test_an_empty_platform_says_what_to_do_first(root: Client):
    reply = page(root)

    assert [step.is_done for step in reply.context["steps"]] == [False, False, False, False]
    text = reply.content.decode()
    assert "Get the first mail out" in text
    assert "No mail server yet" in text
    assert reverse("admin:notifications_mailserver_add") in text


def test_the_steps_go_once_mail_flows(root: Client, acme: Tenant):
    send(acme)

    assert "Get the first mail out" not in page(root).content.decode()


def test_the_queue_is_shown_by_lane(root: Client, acme: Tenant):
    send(acme, lane=Lane.URGENT)
    send(acme, "a@example.org", "b@example.org")
    send(acme, due_at=timezone.now() + timedelta(hours=1))
    outbox.claim(lane=Lane.URGENT, limit=1)

    queue = page(root).context["queue"]

    assert [(lane.lane, lane.ready, lane.sending) for lane in queue.lanes] == [
        ("Urgent", 0, 1),
        ("Normal", 2, 0),
        ("Bulk", 0, 0),
    ]
    assert queue.waiting == 1
    assert queue.lanes[1].oldest is not None


def test_held_mail_is_told_apart_from_what_waits_for_its_time(root: Client, acme: Tenant):
    [message_id] = send(acme).message_ids
    hold = holds.begin(Hold.Kind.TENANT, "", tenant_id=acme.pk, reason="The invoices are wrong")
    lease = outbox.claim(lane=Lane.BULK, limit=1)
    outbox.settle([(Outcome(message_id, Verdict.LATER, is_attempt=False, hold_id=hold.pk), None)], lease=lease)

    queue = page(root).context["queue"]

    assert (queue.held, queue.waiting) == (1, 0)


def test_the_last_day_is_counted_by_what_became_of_it(root: Client, acme: Tenant, other: Tenant):
    make_messages(acme, 3, status="SENT")
    make_messages(other, 1, status="DELIVERED")
    make_messages(other, 2, status="FAILED")
    make_messages(acme, 1, status="UNCERTAIN")
    make_messages(acme, 1, status="PENDING")
    make_messages(acme, 1, status="FAILED", id=first_id_at(timezone.now() - timedelta(days=2)))

    day = page(root).context["day"]

    assert (day.sent, day.problems, day.pending, day.is_capped) == (4, 3, 1, False)


def test_counting_stops_at_a_limit(root: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(figures, "_DAY_LIMIT", 100)
    make_messages(acme, 130, status="SENT")

    day = page(root).context["day"]

    assert (day.sent, day.is_capped) == (100, True)


def test_people_see_the_figures_of_their_tenants_only(operator: Client, acme: Tenant, other: Tenant):
    make_messages(acme, 1, status="FAILED", subject="Ours")
    make_messages(other, 5, status="FAILED", subject="Theirs")
    send(other)

    reply = page(operator)

    assert reply.context["day"].problems == 1
    assert reply.context["queue"].is_empty
    text = reply.content.decode()
    assert "Ours" in text
    assert not [word for word in ("Theirs", "Nordwind") if word in text]


def test_the_page_costs_the_same_on_a_quiet_and_on_a_busy_day(root: Client, acme: Tenant, other: Tenant):
    costs = []
    for n in (1, 40):
        make_messages(acme, n, status="FAILED")
        make_messages(other, n, status="SENT")
        with CaptureQueriesContext(connection) as captured:
            page(root)
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 30


def test_who_may_see_no_messages_sees_no_figures(db: None, acme: Tenant):
    client = logged_in(User.objects.create_user("new", password="x", is_staff=True))
    make_messages(acme, 1, status="FAILED", subject="Ours")

    reply = page(client)

    assert "day" not in reply.context
    assert "Ours" not in reply.content.decode()


def test_the_sidebar_shows_a_person_only_what_they_may_open(db: None, root: Client):
    nobody = logged_in(User.objects.create_user("new", password="x", is_staff=True))
    link = reverse("admin:notifications_message_changelist")

    assert link in page(root).content.decode()
    assert link not in page(nobody).content.decode()
