"""Suppressions in the admin: looked up, added as an import would add them, taken off; and why mail was not sent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.models import Suppression
from notifications.suppression import Entry
from tenants.models import Tenant
from tests.admin.conftest import listed, logged_in
from tests.factories import MembershipFactory, send

LIST = reverse("admin:notifications_suppression_changelist")
ADD = reverse("admin:notifications_suppression_add")
IMPORT = reverse("admin:notifications_suppression_import_file")


def add(client: Client, tenant: Tenant, **changes: Any) -> Any:
    body = {"tenant": tenant.pk, "channel": "email", "address": "ann@example.org", "category": "", "note": ""}
    return client.post(ADD, {**body, "expires_at_0": "", "expires_at_1": "", **changes})


def rows(tenant: Tenant) -> list[tuple[str, str, str]]:
    found = Suppression.objects.for_tenant(tenant.pk).order_by("pk")
    return list(found.values_list("channel", "address", "category"))


def suppress(tenant: Tenant, address: str, **options: Any) -> int:
    suppression.add(tenant.pk, Channel.EMAIL, [Entry(address, **options)])
    return Suppression.objects.for_tenant(tenant.pk).latest("pk").pk


def test_one_is_stored_as_it_is_compared_and_twice_is_once(operator: Client, acme: Tenant) -> None:
    for _ in range(2):
        assert add(operator, acme, address="Ann@Bücher.example", category="Newsletter").status_code == 302
    assert add(operator, acme, channel="sms", address="138 0013 8000").status_code == 302

    assert rows(acme) == [("email", "ann@xn--bcher-kva.example", "newsletter"), ("sms", "+8613800138000", "")]
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"channel": "sms"}, "address"),
        ({"category": "\x07"}, "category"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"}, "expires_at"),
    ],
)
def test_what_an_import_refuses_is_refused_beside_its_field(
    operator: Client, acme: Tenant, changes: dict[str, str], field: str
) -> None:
    reply = add(operator, acme, **changes)

    assert list(reply.context["adminform"].form.errors) == [field]
    assert not rows(acme)


def test_the_list_is_searched_by_how_an_address_begins_and_filtered(operator: Client, acme: Tenant) -> None:
    ann, anton = suppress(acme, "ann@example.org"), suppress(acme, "anton@example.org", category="newsletter")
    over = suppress(acme, "over@example.org", expires_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert listed(operator, LIST) == [over, anton, ann]
    assert listed(operator, LIST, q="AN") == [anton, ann]
    assert listed(operator, LIST, q="example.org") == []
    assert listed(operator, LIST, category="Newsletter") == [anton]
    assert listed(operator, LIST, state="ended") == [over]
    assert listed(operator, LIST, state="active") == [anton, ann]
    assert listed(operator, LIST, channel="sms") == listed(operator, LIST, source="bounce") == []


def test_a_list_page_costs_a_fixed_number_of_queries(
    operator: Client, acme: Tenant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(20):
        suppress(acme, f"p{n}@example.org")

    with django_assert_max_num_queries(9):
        operator.get(LIST)


def test_it_is_read_and_taken_off_but_not_rewritten(operator: Client, acme: Tenant) -> None:
    first, second = suppress(acme, "ann@example.org"), suppress(acme, "bob@example.org")
    page = reverse("admin:notifications_suppression_change", args=[first])

    assert operator.get(page).status_code == 200
    assert operator.post(page, {"address": "cid@example.org"}).status_code == 403
    assert (
        operator.post(reverse("admin:notifications_suppression_delete", args=[first]), {"post": "yes"}).status_code
        == 302
    )
    operator.post(LIST, {"action": "delete_selected", "_selected_action": [second], "post": "yes"})

    assert not rows(acme)


def test_a_file_is_checked_then_imported_and_logged(operator: Client, acme: Tenant) -> None:
    def upload(text: str, **options: Any) -> Any:
        file = SimpleUploadedFile("blocked.csv", text.encode(), content_type="text/csv")
        return operator.post(IMPORT, {"tenant": acme.pk, "channel": "email", "file": file, **options})

    assert "nothing was stored" in upload("address\nann@example.org\n", is_rehearsal="on").content.decode()
    assert not rows(acme)
    wrong = upload("address\nann@example.org\n<b>no</b>\n").content.decode()
    assert "Nothing was imported: 1 line cannot be read" in wrong
    assert "<b>no" not in wrong
    assert list(upload("email\nann@example.org\n").context["form"].errors) == ["file"]

    upload("address,category\nann@example.org,newsletter\n")

    assert rows(acme) == [("email", "ann@example.org", "newsletter")]
    assert LogEntry.objects.get().change_message == "Imported suppressions: 1 new, 0 known."


def test_nobody_imports_for_others_or_without_the_permission(operator: Client, acme: Tenant, other: Tenant) -> None:
    looker = User.objects.create_user("liv", password="x", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_suppression"))
    MembershipFactory(user=looker, tenant=acme)
    file = SimpleUploadedFile("blocked.csv", b"address\nann@example.org\n")

    assert (
        "tenant" in operator.post(IMPORT, {"tenant": other.pk, "channel": "email", "file": file}).context["form"].errors
    )
    assert logged_in(looker).get(IMPORT).status_code == 403
    assert "Import a file" not in logged_in(looker).get(LIST).content.decode()
    assert not rows(other)


def test_the_page_of_a_message_says_why_it_was_not_sent(operator: Client, acme: Tenant) -> None:
    entry = Entry("ann@example.org", "newsletter")
    suppression.add(acme.pk, Channel.EMAIL, [entry], source=SuppressionSource.UNSUBSCRIBE)
    (id_,) = send(acme, "ann@example.org", category="newsletter").message_ids

    page = operator.get(reverse("admin:notifications_message_change", args=[id_])).content.decode()

    assert "Suppressed, so not sent" in page
    assert "Suppressed: the recipient unsubscribed." in page
    assert f"{LIST}?q=ann%40example.org" in page
