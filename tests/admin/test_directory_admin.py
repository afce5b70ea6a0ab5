"""Contacts and groups in the admin: kept, imported, exported, and never across tenants."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tenants import admin_files
from tenants.contact_import import import_contacts
from tenants.models import Contact, ContactGroup, GroupMember, Tenant
from tests.admin.conftest import listed, logged_in
from tests.factories import ContactFactory, ContactGroupFactory, MembershipFactory, TenantFactory, join

CONTACTS = reverse("admin:tenants_contact_changelist")
GROUPS = reverse("admin:tenants_contactgroup_changelist")
ADD = reverse("admin:tenants_contact_add")
IMPORT = reverse("admin:tenants_contact_import_file")


def form(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    return {
        "tenant": tenant.pk,
        "name": "Ann",
        "email": "ann@example.org",
        "is_active": "on",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        **changes,
    }


def errors(reply: Any) -> dict[str, list[str]]:
    assert reply.status_code == 200
    return dict(reply.context["adminform"].form.errors)


def only(tenant: Tenant) -> Contact:
    return Contact.objects.for_tenant(tenant.pk).get()


def upload(client: Client, tenant: Tenant, text: str | bytes, **changes: Any) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(IMPORT, {"tenant": tenant.pk, "file": SimpleUploadedFile("people.csv", data), **changes})


def export(client: Client, *contacts: Contact) -> Any:
    return client.post(CONTACTS, {"action": "export", "_selected_action": [contact.pk for contact in contacts]})


def rows(reply: Any) -> list[dict[str, str]]:
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_contact_is_stored_as_an_import_would_store_it(operator: Client, acme: Tenant) -> None:
    changes = {"email": " Ann@BÜCHER.test ", "phone": "+49 (151) 2345678", "user_id": 7, "policies": "ADMIN, AUDIT\nX"}

    operator.post(ADD, form(acme, **changes))

    contact = only(acme)
    assert (contact.email, contact.phone, contact.user_id) == ("Ann@xn--bcher-kva.test", "+491512345678", 7)
    assert contact.policies == ["ADMIN", "AUDIT", "X"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "TAKEN@example.org"}, "email"),
        ({"email": "", "user_id": 7}, "user_id"),
        ({"user_id": -1}, "user_id"),
        ({"phone": "13800138000"}, "phone"),
        ({"language": "en; DROP"}, "language"),
        ({"policies": "x" * 81}, "policies"),
    ],
)
def test_what_an_import_refuses_is_refused_beside_its_field(
    operator: Client, acme: Tenant, changes: dict[str, Any], field: str
) -> None:
    ContactFactory(tenant=acme, email="taken@example.org", user_id=7)

    reply = operator.post(ADD, form(acme, **changes))

    assert list(errors(reply)) == [field]
    assert Contact.objects.for_tenant(acme.pk).count() == 1


def test_two_tenants_may_know_the_same_person(operator: Client, acme: Tenant, other: Tenant) -> None:
    ContactFactory(tenant=other, email="ann@example.org", user_id=7)

    operator.post(ADD, form(acme, user_id=7))

    assert only(acme).email == "ann@example.org"


def test_a_contact_keeps_its_tenant_and_its_twins_are_found(operator: Client, acme: Tenant, other: Tenant) -> None:
    contact = ContactFactory(tenant=acme)
    ContactFactory(tenant=acme, email="taken@example.org")
    page = reverse("admin:tenants_contact_change", args=[contact.pk])

    refused = operator.post(page, form(other, email="Taken@example.org"))
    operator.post(page, form(other, email="new@example.org"))

    assert list(errors(refused)) == ["email"]
    contact.refresh_from_db()
    assert (contact.tenant, contact.email) == (acme, "new@example.org")


def member(group: ContactGroup) -> dict[str, Any]:
    return {"memberships-TOTAL_FORMS": 1, "memberships-0-group": group.pk}


def test_a_contact_joins_a_group_of_its_tenant(operator: Client, acme: Tenant) -> None:
    group = ContactGroupFactory(tenant=acme)

    operator.post(ADD, form(acme, **member(group)))

    membership = GroupMember.objects.for_tenant(acme.pk).get()
    assert (membership.group, membership.contact) == (group, only(acme))


def test_a_contact_cannot_join_a_group_of_another_tenant(
    operator: Client, root: Client, acme: Tenant, other: Tenant
) -> None:
    group = ContactGroupFactory(tenant=other)

    replies = [client.post(ADD, form(acme, **member(group))) for client in (operator, root)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert not Contact.objects.for_tenant(acme.pk).exists()
    assert not GroupMember.across_tenants.exists()


def test_a_group_is_told_apart_by_kind_and_number(operator: Client, acme: Tenant, other: Tenant) -> None:
    ContactGroupFactory(tenant=other, number=5)
    add = reverse("admin:tenants_contactgroup_add")
    body = {"tenant": acme.pk, "kind": "GROUP", "number": 5, "name": "Sales"}

    operator.post(add, body)
    again = operator.post(add, body)
    operator.post(add, body | {"kind": "DEPT"})

    assert list(errors(again)) == ["number"]
    assert ContactGroup.objects.for_tenant(acme.pk).count() == 2


def test_a_group_shows_how_many_it_has_and_leads_to_them(operator: Client, acme: Tenant) -> None:
    group, ann = ContactGroupFactory(tenant=acme), ContactFactory(tenant=acme)
    ContactFactory(tenant=acme)
    join(group, ann)

    page = operator.get(GROUPS).content.decode()

    assert f'<a href="{CONTACTS}?group={group.pk}">1</a>' in page
    assert listed(operator, CONTACTS, group=group.pk) == [ann.pk]


def test_a_strangers_group_narrows_nothing_and_is_not_named(operator: Client, acme: Tenant, other: Tenant) -> None:
    theirs, mine = ContactGroupFactory(tenant=other, name="Hush"), ContactFactory(tenant=acme)
    join(theirs, ContactFactory(tenant=other))

    for value in (theirs.pk, "nonsense", "9" * 30):
        assert listed(operator, CONTACTS, group=value) == [mine.pk]
    assert "Hush" not in operator.get(CONTACTS, {"group": theirs.pk}).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_a_fixed_number_of_queries(
    operator: Client, acme: Tenant, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        join(ContactGroupFactory(tenant=acme), ContactFactory(tenant=acme))

    for url in (CONTACTS, GROUPS):
        with django_assert_max_num_queries(12):
            operator.get(url)


def test_a_file_is_imported_and_logged(operator: Client, acme: Tenant) -> None:
    page = upload(operator, acme, "user_id,email,groups\n7,ann@example.org,5\n").content.decode()

    assert only(acme).user_id == 7
    assert "Imported" in page
    assert "Group 5" in page
    assert LogEntry.objects.get().change_message == "Imported contacts: 1 new, 0 changed."


def test_a_file_is_only_checked_where_that_is_asked_for(operator: Client, acme: Tenant) -> None:
    page = upload(operator, acme, "email\nann@example.org\n", is_rehearsal="on").content.decode()

    assert "nothing was stored" in page
    assert not Contact.objects.for_tenant(acme.pk).exists()
    assert not LogEntry.objects.exists()


def test_each_wrong_line_is_shown_with_its_number_and_nothing_is_stored(operator: Client, acme: Tenant) -> None:
    reply = upload(operator, acme, "email,name\nann@example.org,Ann\n<script>alert(1)</script>,x\n,Bob\n")

    page = reply.content.decode()
    assert [(error.line, error.column) for error in reply.context["wrong"]["errors"]] == [(3, "email"), (4, "")]
    assert "Nothing was imported: 2 lines" in page
    assert "<script>alert(1)" not in page
    assert not Contact.objects.for_tenant(acme.pk).exists()


def test_a_flood_of_wrong_lines_is_cut(operator: Client, acme: Tenant) -> None:
    reply = upload(operator, acme, "email\n" + "nobody\n" * 250)

    assert len(reply.context["wrong"]["errors"]) == 200
    assert "and 50 more" in reply.content.decode()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"name\nAnn", b"PK\x03\x04"])
def test_a_file_of_no_use_is_an_error_of_its_field(operator: Client, acme: Tenant, data: bytes) -> None:
    reply = upload(operator, acme, data)

    assert list(reply.context["form"].errors) == ["file"]
    assert not Contact.objects.for_tenant(acme.pk).exists()


def test_a_file_over_the_limit_is_not_read(operator: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_files, "_MAX_BYTES", 10)

    assert list(upload(operator, acme, "email\nann@example.org\n").context["form"].errors) == ["file"]


def test_nobody_imports_into_a_tenant_of_others(operator: Client, acme: Tenant, other: Tenant) -> None:
    reply = upload(operator, other, "email\nann@example.org\n")

    assert list(reply.context["form"].errors) == ["tenant"]
    assert not Contact.across_tenants.exists()


def test_those_who_may_only_look_neither_import_nor_see_the_button(acme: Tenant) -> None:
    user = User.objects.create_user("vera", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_contact"))
    MembershipFactory(user=user, tenant=acme)
    viewer = logged_in(user)

    assert upload(viewer, acme, "email\nann@example.org\n").status_code == 403
    assert IMPORT not in viewer.get(CONTACTS).content.decode()
    assert not Contact.across_tenants.exists()


def test_operators_see_the_button(operator: Client, acme: Tenant) -> None:
    assert IMPORT in operator.get(CONTACTS).content.decode()


def test_an_export_holds_no_formula_and_is_not_kept_by_caches(operator: Client, acme: Tenant) -> None:
    contact = ContactFactory(
        tenant=acme, name="=cmd|' /C calc'!A0", email="=1+1@example.org", phone="+8613800138000", policies=["@SUM(A1)"]
    )

    reply = export(operator, contact)
    (row,) = rows(reply)

    assert (row["name"], row["email"]) == ("'=cmd|' /C calc'!A0", "'=1+1@example.org")
    assert (row["phone"], row["policies"]) == ("'+8613800138000", "'@SUM(A1)")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in reply.headers["Cache-Control"]
    assert LogEntry.objects.get().change_message == "Exported contacts."


def test_an_export_is_imported_elsewhere_as_it_was(operator: Client, acme: Tenant) -> None:
    ann = ContactFactory(tenant=acme, name="-Ann", user_id=7, phone="+8613800138000", policies=["A", "B"])
    bob = ContactFactory(tenant=acme, name="'Bob", is_active=False, language="zh_CN")
    join(ContactGroupFactory(tenant=acme, kind="DEPT", number=10), ann)
    elsewhere = TenantFactory()

    data = b"".join(export(operator, ann, bob).streaming_content)
    assert not import_contacts(elsewhere, data).errors

    fields = ("name", "email", "phone", "user_id", "language", "policies", "is_active", "memberships__group__number")
    both = [Contact.objects.for_tenant(owner.pk).order_by("pk").values_list(*fields) for owner in (acme, elsewhere)]
    assert list(both[0]) == list(both[1])


def test_an_export_holds_no_stranger(operator: Client, acme: Tenant, other: Tenant) -> None:
    mine, theirs = ContactFactory(tenant=acme), ContactFactory(tenant=other)

    assert [row["email"] for row in rows(export(operator, mine, theirs))] == [mine.email]


def test_an_export_is_of_one_tenant(root: Client, acme: Tenant, other: Tenant) -> None:
    reply = export(root, ContactFactory(tenant=acme), ContactFactory(tenant=other))

    assert reply.status_code == 302
    assert not LogEntry.objects.exists()
