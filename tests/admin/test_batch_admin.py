"""Recipient lists and batch tasks in the admin: read with their counts; a task that will run can be stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import batches, recipient_lists
from notifications.batches import Wish
from notifications.contracts import Address
from notifications.models import BatchTask
from notifications.recipient_lists import NewEntry
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
TASKS = reverse("admin:notifications_batchtask_changelist")
LISTS = reverse("admin:notifications_recipientlist_changelist")


@pytest.fixture
def task(acme: Tenant) -> BatchTask:
    people = recipient_lists.create(acme.pk, name="People", description="Everybody")
    recipient_lists.add(acme.pk, people.pk, [NewEntry("ann@example.org"), NewEntry("nobody")])
    wish = Wish("Spring news", Address("noreply@example.com"), text="Hello")
    later = timezone.now() + timedelta(hours=1)
    return batches.create(acme, people.pk, wish, kind=batches.Kind.TIMED, begins_at=later, facade="test")


def page(task: BatchTask, name: str) -> str:
    return f"{TASKS}{task.pk}/{name}/"


def test_lists_and_tasks_are_shown_with_their_counts(operator: Client, task: BatchTask) -> None:
    tasks, lists = operator.get(TASKS).content.decode(), operator.get(LISTS).content.decode()
    change = operator.get(page(task, "change")).content.decode()

    assert "Spring news" in tasks
    assert "Waiting" in tasks
    assert "People" in lists
    assert "noreply@example.com" in change
    assert operator.get(f"{LISTS}{task.list_number}/change/").status_code == 200
    assert operator.get(reverse("admin:notifications_batchtask_add")).status_code == 403
    assert operator.post(page(task, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("count", [1, 20])
def test_lists_take_a_fixed_number_of_queries(
    operator: Client, acme: Tenant, task: BatchTask, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        recipient_lists.create(acme.pk, name=f"List {number}")
        BatchTask(tenant=acme, kind="now", list_number=1, wish={}, begins_at=timezone.now()).save()

    for url in (TASKS, LISTS):
        with django_assert_max_num_queries(12):
            operator.get(url)


def test_stopping_asks_first_and_is_offered_once(operator: Client, task: BatchTask) -> None:
    operator.get(page(task, "stop"))
    task.refresh_from_db()
    assert task.next_run_at is not None

    operator.post(page(task, "stop"), {"confirmed": "yes"})

    stopped = BatchTask.objects.for_tenant(task.tenant_id).get()
    assert (stopped.state, stopped.next_run_at) == ("stopped", None)
    assert LogEntry.objects.get().change_message == "Stopped."
    assert page(task, "stop") not in operator.get(page(task, "change")).content.decode()
