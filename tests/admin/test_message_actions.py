"""Cancel and send again: by POST, after a question, with permission, through the outbox, on record."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from notifications import outbox
from notifications.contracts import Lane
from notifications.models import Message, Outbox
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants.models import Tenant
from tests.admin.conftest import logged_in
from tests.factories import MembershipFactory, send

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_message_changelist")


def address(message_id: int, page: str) -> str:
    return reverse(f"admin:notifications_message_{page}", args=[message_id])


def status(tenant: Tenant, message_id: int) -> str:
    return Message.objects.for_tenant(tenant.pk).get(pk=message_id).status


def fail(message_id: int) -> None:
    lease = outbox.claim(lane=Lane.BULK, limit=10)
    outbox.mark([message_id], lease=lease)
    outbox.settle([(Outcome(message_id, Verdict.NEVER, 550, "No such user"), None)], lease=lease)


@pytest.fixture
def waiting(acme: Tenant) -> int:
    return send(acme).message_ids[0]


@pytest.fixture
def failed(waiting: int) -> int:
    fail(waiting)
    return waiting


@pytest.mark.parametrize("page", ["cancel", "requeue"])
def test_looking_at_the_question_changes_nothing(operator: Client, acme: Tenant, waiting: int, page: str):
    reply = operator.get(address(waiting, page))

    assert reply.status_code == 200
    assert status(acme, waiting) == "PENDING"
    assert not LogEntry.objects.exists()


def test_a_post_without_the_answer_is_asked_again(operator: Client, acme: Tenant, waiting: int):
    assert operator.post(address(waiting, "cancel")).status_code == 200
    assert status(acme, waiting) == "PENDING"


def test_cancelling_stops_the_message_and_is_on_record(operator: Client, acme: Tenant, waiting: int):
    operator.post(address(waiting, "cancel"), {"confirmed": "yes"})

    assert status(acme, waiting) == "CANCELLED"
    assert not Outbox.objects.filter(pk=waiting).exists()
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id, entry.get_change_message()) == ("olga", str(waiting), "Cancelled.")


def test_sending_again_queues_a_failed_message(operator: Client, acme: Tenant, failed: int):
    operator.post(address(failed, "requeue"), {"confirmed": "yes"})

    assert status(acme, failed) == "PENDING"
    assert Outbox.objects.filter(pk=failed).exists()
    assert LogEntry.objects.get().get_change_message() == "Sent again."


def test_what_comes_too_late_says_so_and_is_not_on_record(operator: Client, acme: Tenant, failed: int):
    reply = operator.post(address(failed, "cancel"), {"confirmed": "yes"}, follow=True)

    assert "nothing to cancel" in reply.content.decode()
    assert status(acme, failed) == "FAILED"
    assert not LogEntry.objects.exists()


def test_the_buttons_offered_fit_the_status(operator: Client, waiting: int):
    before = operator.get(address(waiting, "change")).content.decode()
    fail(waiting)
    after = operator.get(address(waiting, "change")).content.decode()

    assert (address(waiting, "cancel") in before, address(waiting, "requeue") in before) == (True, False)
    assert (address(waiting, "cancel") in after, address(waiting, "requeue") in after) == (False, True)


def test_ticked_messages_are_asked_about_first(operator: Client, acme: Tenant, waiting: int):
    form = {"action": "cancel_selected", "_selected_action": [waiting]}

    question = operator.post(LIST, form)
    unchanged = status(acme, waiting)
    operator.post(LIST, {**form, "confirmed": "yes"})

    assert "Cancel before it leaves?" in question.content.decode()
    assert (unchanged, status(acme, waiting)) == ("PENDING", "CANCELLED")


def test_only_ticked_messages_are_acted_on_even_when_all_pages_were_asked_for(operator: Client, acme: Tenant):
    ids = [send(acme).message_ids[0] for _ in range(3)]

    operator.post(
        LIST, {"action": "cancel_selected", "_selected_action": ids[:2], "select_across": "1", "confirmed": "yes"}
    )

    assert [status(acme, id_) for id_ in ids] == ["CANCELLED", "CANCELLED", "PENDING"]


@pytest.mark.parametrize("page", ["cancel", "requeue"])
def test_reading_permission_is_not_enough(acme: Tenant, waiting: int, page: str):
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_message"))
    MembershipFactory(user=reader, tenant=acme)
    client = logged_in(reader)

    seen = client.get(address(waiting, "change")).content.decode()
    reply = client.post(address(waiting, page), {"confirmed": "yes"})
    client.post(LIST, {"action": "cancel_selected", "_selected_action": [waiting], "confirmed": "yes"})

    assert address(waiting, page) not in seen
    assert reply.status_code == 403
    assert status(acme, waiting) == "PENDING"


def test_nothing_happens_without_the_token_against_forged_requests(acme: Tenant, waiting: int, superuser: User):
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser)

    assert client.post(address(waiting, "cancel"), {"confirmed": "yes"}).status_code == 403
    assert status(acme, waiting) == "PENDING"
