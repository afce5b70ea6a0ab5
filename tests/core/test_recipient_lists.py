"""Recipient lists: filled by thousands in one statement, counted, bounded, and nobody else's."""

from typing import Any

import pytest

from notifications import recipient_lists
from notifications.contracts import Address
from notifications.errors import TooManyRecipients
from notifications.models import BatchTask, RecipientList, RecipientListEntry
from notifications.recipient_lists import Added, NewEntry
from tenants.errors import AlreadyExists, InvalidField, LimitReached, NotFound, StillInUse
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


@pytest.fixture
def people(tenant: Tenant) -> RecipientList:
    return recipient_lists.create(tenant.pk, name="People")


def add(people: RecipientList, *addresses: str) -> Added:
    return recipient_lists.add(people.tenant_id, people.pk, [NewEntry(address) for address in addresses])


def counts(people: RecipientList) -> tuple[int, int]:
    people.refresh_from_db()
    return people.valid_count, people.invalid_count


def test_each_entry_is_counted_once(people: RecipientList) -> None:
    add(people, "known@example.org")

    added = add(people, "ann@example.org", " ANN@example.org ", "known@Example.org", "nobody", "", " ", "x" * 300)

    assert added == Added(total=7, valid=1, invalid=1, too_long=1, empty=2, repeated=2)
    assert counts(people) == (2, 1)
    total, entries = recipient_lists.list_entries(people)
    assert total == 3
    assert [(entry.address, bool(entry.flaw)) for entry in entries] == [
        ("known@example.org", False),
        ("ann@example.org", False),
        ("nobody", True),
    ]


def test_recipients_keep_their_order_and_their_variables(people: RecipientList) -> None:
    entries = [NewEntry("b@example.org", {"name": "Bob", "n": [1]}), NewEntry("a@bücher.example"), NewEntry("wrong")]
    recipient_lists.add(people.tenant_id, people.pk, entries)

    assert recipient_lists.valid_entries(people.tenant_id, people.pk) == [
        (Address("b@example.org"), {"name": "Bob", "n": [1]}),
        (Address("a@xn--bcher-kva.example"), None),
    ]


def test_twenty_thousand_take_a_fixed_number_of_statements(
    people: RecipientList, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        added = add(people, *(f"p{n}@example.org" for n in range(20_000)))

    assert added.valid == 20_000
    with pytest.raises(TooManyRecipients):
        add(people, *(f"q{n}@example.org" for n in range(20_001)))


def test_a_list_that_would_be_too_long_stays_as_it_was(people: RecipientList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipient_lists, "MAX_ENTRIES", 2)
    add(people, "a@example.org", "b@example.org")

    with pytest.raises(LimitReached):
        add(people, "c@example.org")
    add(people, "b@example.org")

    assert counts(people) == (2, 0)
    assert RecipientListEntry.objects.for_tenant(people.tenant_id).count() == 2


def test_lists_have_a_name_of_their_own(tenant: Tenant, people: RecipientList, monkeypatch: pytest.MonkeyPatch) -> None:
    recipient_lists.create(TenantFactory().pk, name="People")
    with pytest.raises(AlreadyExists):
        recipient_lists.create(tenant.pk, name=" People ")
    for name, description in (("", ""), ("a\nb", ""), ("x" * 201, ""), ("Fine", "x" * 501)):
        with pytest.raises(InvalidField):
            recipient_lists.create(tenant.pk, name=name, description=description)
    monkeypatch.setattr(recipient_lists, "MAX_LISTS", 1)
    with pytest.raises(LimitReached):
        recipient_lists.create(tenant.pk, name="More")


def test_a_list_goes_with_its_entries_unless_a_task_waits_for_it(tenant: Tenant, people: RecipientList) -> None:
    add(people, "a@example.org")
    at = people.created_at
    task = BatchTask(tenant=tenant, kind="timed", list_number=people.pk, wish={}, begins_at=at, next_run_at=at)
    task.save()

    with pytest.raises(StillInUse):
        recipient_lists.delete(tenant.pk, people.pk)
    task.delete()
    recipient_lists.delete(tenant.pk, people.pk)

    assert not RecipientListEntry.objects.for_tenant(tenant.pk).exists()


def test_a_strangers_list_is_not_there(people: RecipientList) -> None:
    stranger = TenantFactory().pk

    for act in (
        lambda: recipient_lists.add(stranger, people.pk, [NewEntry("a@example.org")]),
        lambda: recipient_lists.valid_entries(stranger, people.pk),
        lambda: recipient_lists.delete(stranger, people.pk),
    ):
        with pytest.raises(NotFound):
            act()
    assert recipient_lists.list_lists(stranger) == (0, [])
    assert counts(people) == (0, 0)
