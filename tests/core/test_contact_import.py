"""A file into a directory: the same twice changes nothing, one wrong line stores nothing, people may swap addresses."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from tenants import contact_import
from tenants.contact_import import Imported, import_contacts, rehearse_import
from tenants.errors import DirectoryChanged, FileRefused
from tenants.models import Contact, ContactGroup, GroupMember, Tenant
from tests.factories import ContactFactory, ContactGroupFactory, TenantFactory, join

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def load(tenant: Tenant, *lines: str) -> Imported:
    return import_contacts(tenant, "\n".join(lines).encode())


def counts(imported: Imported) -> tuple[int, int, int]:
    assert not imported.errors
    return imported.created, imported.updated, imported.unchanged


def reasons(imported: Imported) -> list[str]:
    return [str(error) for error in imported.errors]


def stored(tenant: Tenant, *fields: str) -> list[Any]:
    return list(Contact.objects.for_tenant(tenant.pk).order_by("pk").values_list(*fields))


def members(tenant: Tenant) -> list[Any]:
    rows = GroupMember.objects.for_tenant(tenant.pk).order_by("contact", "group__kind", "group__number")
    return list(rows.values_list("contact__email", "group__kind", "group__number"))


FILE = (
    "user_id,name,email,depts,groups,policies",
    "1,Ann,ann@example.org,10,20 21,ADMIN",
    "2,Bob,bob@example.org,10,,",
    ",Cem,cem@example.org,,,AUDIT",
)


def test_a_file_becomes_contacts_with_their_departments_and_groups(tenant: Tenant) -> None:
    imported = load(tenant, *FILE)

    assert counts(imported) == (3, 0, 0)
    assert imported.new_groups == ("Department 10", "Group 20", "Group 21")
    assert stored(tenant, "user_id", "name", "email", "policies", "is_active") == [
        (1, "Ann", "ann@example.org", ["ADMIN"], True),
        (2, "Bob", "bob@example.org", [], True),
        (None, "Cem", "cem@example.org", ["AUDIT"], True),
    ]
    assert members(tenant) == [
        ("ann@example.org", "DEPT", 10),
        ("ann@example.org", "GROUP", 20),
        ("ann@example.org", "GROUP", 21),
        ("bob@example.org", "DEPT", 10),
    ]


def test_the_same_file_again_changes_nothing(tenant: Tenant) -> None:
    load(tenant, *FILE)
    before = stored(tenant), members(tenant)

    again = load(tenant, *FILE)

    assert (counts(again), again.new_groups) == ((0, 0, 3), ())
    assert (stored(tenant), members(tenant)) == before


def test_lines_change_what_they_say_and_nothing_else(tenant: Tenant) -> None:
    load(tenant, *FILE)

    imported = load(tenant, "user_id,name", "1,Anna", "2,Bob")

    assert counts(imported) == (0, 1, 1)
    assert stored(tenant, "name", "email", "policies")[0] == ("Anna", "ann@example.org", ["ADMIN"])
    assert len(members(tenant)) == 4


def test_memberships_become_what_the_columns_say(tenant: Tenant) -> None:
    load(tenant, *FILE)

    imported = load(tenant, "email,groups", "ann@example.org,21 22", "bob@example.org,")

    assert counts(imported) == (0, 1, 1)
    assert members(tenant) == [
        ("ann@example.org", "DEPT", 10),
        ("ann@example.org", "GROUP", 21),
        ("ann@example.org", "GROUP", 22),
        ("bob@example.org", "DEPT", 10),
    ]


def test_a_contact_is_found_by_address_in_any_case_and_may_get_its_number_so(tenant: Tenant) -> None:
    ContactFactory(tenant=tenant, email="Ann@example.org")

    assert counts(load(tenant, "user_id,email", "7,ann@EXAMPLE.org")) == (0, 1, 0)
    assert stored(tenant, "user_id", "email") == [(7, "ann@example.org")]


def test_an_empty_number_takes_none_away(tenant: Tenant) -> None:
    ContactFactory(tenant=tenant, email="ann@example.org", user_id=7)

    assert counts(load(tenant, "user_id,email", ",ann@example.org")) == (0, 0, 1)
    assert stored(tenant, "user_id") == [(7,)]


def test_an_address_may_be_cleared_or_changed_where_the_number_stays(tenant: Tenant) -> None:
    load(tenant, "user_id,email", "1,ann@example.org", "2,bob@example.org")

    load(tenant, "user_id,email", "1,", "2,ann@example.org")

    assert stored(tenant, "user_id", "email") == [(1, None), (2, "ann@example.org")]


def test_people_may_swap_addresses(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_import, "_BATCH", 1)
    load(tenant, "user_id,email", "1,a@example.org", "2,b@example.org", "3,c@example.org")

    imported = load(tenant, "user_id,email", "1,b@example.org", "2,c@example.org", "3,a@example.org", "4,d@example.org")

    assert counts(imported) == (1, 3, 0)
    assert [email for (email,) in stored(tenant, "email")] == [f"{name}@example.org" for name in "bcad"]


def test_a_newcomer_may_take_the_address_of_somebody_who_gets_another(tenant: Tenant) -> None:
    load(tenant, "user_id,email", "1,office@example.org")

    imported = load(tenant, "user_id,email", "2,office@example.org", "1,ann@example.org")

    assert counts(imported) == (1, 1, 0)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("1,a@example.org", "1,b@example.org"), "line 3: it is about the same contact as line 2."),
        (("1,a@example.org", "2,A@example.org"), "line 3: it is about the same contact as line 2."),
        (("1,a@example.org", ",a@example.org"), "line 3: it is about the same contact as line 2."),
        (("9,x@example.org", ",nine@example.org"), "line 3: it is about the same contact as line 2."),
        (("1,nine@example.org",), "line 2, email: the address belongs to the contact with user_id 9."),
        (("8,nine@example.org",), "line 2, email: the address belongs to the contact with user_id 9."),
        (("8,none@example.org",), "line 2, email: the address belongs to a contact without user_id."),
    ],
)
def test_two_people_with_one_address_or_number_are_refused(tenant: Tenant, lines: tuple[str, ...], reason: str) -> None:
    ContactFactory(tenant=tenant, user_id=8, email="eight@example.org")
    ContactFactory(tenant=tenant, user_id=9, email="nine@example.org")
    ContactFactory(tenant=tenant, email="none@example.org")
    before = stored(tenant)

    assert reasons(load(tenant, "user_id,email", *lines)) == [reason]
    assert stored(tenant) == before


def test_one_wrong_line_stores_nothing(tenant: Tenant) -> None:
    imported = load(tenant, "email,groups", "ann@example.org,1", "nobody,2", "bob@example.org,x")

    assert [error.line for error in imported.errors] == [3, 4]
    assert (imported.created, stored(tenant), ContactGroup.objects.for_tenant(tenant.pk).count()) == (0, [], 0)


def test_a_rehearsal_tells_the_same_and_stores_nothing(tenant: Tenant) -> None:
    load(tenant, "user_id,email", "1,ann@example.org")
    data = b"user_id,email,groups\n1,anna@example.org,5\n2,bob@example.org,\n"

    rehearsed = rehearse_import(tenant, data)

    assert (counts(rehearsed), rehearsed.new_groups) == ((1, 1, 0), ("Group 5",))
    assert stored(tenant, "email") == [("ann@example.org",)]
    assert import_contacts(tenant, data) == rehearsed


def test_another_tenants_contacts_and_groups_are_neither_found_nor_touched(tenant: Tenant) -> None:
    other = TenantFactory()
    join(ContactGroupFactory(tenant=other, number=5), ContactFactory(tenant=other, user_id=1, email="ann@example.org"))
    before = stored(other), members(other)

    imported = load(tenant, "user_id,email,groups", "1,ann@example.org,5")

    assert (counts(imported), imported.new_groups) == ((1, 0, 0), ("Group 5",))
    assert (stored(other), members(other)) == before


def test_a_file_of_no_use_is_refused(tenant: Tenant) -> None:
    with pytest.raises(FileRefused):
        load(tenant, "name", "Ann")


def test_progress_is_told_batch_by_batch(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_import, "_BATCH", 2)
    told: list[tuple[int, int]] = []
    data = b"email\na@example.org\nb@example.org\nc@example.org\n"

    import_contacts(tenant, data, progress=lambda done, total: told.append((done, total)))

    assert told == [(2, 3), (3, 3)]


def test_a_batch_takes_a_fixed_number_of_queries(
    tenant: Tenant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    lines = [f"{n},u{n}@example.org,{n % 7},{n % 5}" for n in range(1500)]
    with django_assert_max_num_queries(16):
        load(tenant, "user_id,email,depts,groups", *lines)

    with django_assert_max_num_queries(16):
        assert counts(load(tenant, "user_id,email,depts,groups", *lines)) == (0, 0, 1500)


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_another_and_gives_up_in_words() -> None:
    tenant = TenantFactory()
    told: list[Exception] = []

    def second() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            load(tenant, "email", "ann@example.org")
        except DirectoryChanged as error:
            told.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)

    assert [error.code for error in told if isinstance(error, DirectoryChanged)] == ["directory.changed"]
    assert stored(tenant) == []
