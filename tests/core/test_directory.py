"""Who an audience is: people of the caller's own directory, and nobody else, whoever has the same numbers."""

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from tenants import directory
from tenants.audience import Audience, AudienceKind, Reach
from tenants.errors import AudienceEmpty, AudienceTooLarge, AudienceUnknown, DomainError, InvalidField
from tenants.models import GroupMember, Tenant
from tests.factories import ContactFactory, ContactGroupFactory, TenantFactory, join

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


@pytest.fixture
def house(tenant: Tenant) -> Tenant:
    """Ann and Bob in department 1, Bob and Cem in group 1; Dee has left. A stranger has the same numbers."""
    for owner, domain in ((tenant, "example.org"), (TenantFactory(), "stranger.example")):
        ann, bob, cem, dee = (
            ContactFactory(
                tenant=owner, email=f"{name}@{domain}", user_id=n, policies=policies, is_active=name != "dee"
            )
            for n, (name, policies) in enumerate(
                [("ann", ["ADMIN"]), ("bob", ["ADMIN", "AUDIT"]), ("cem", []), ("dee", ["ADMIN"])], start=1
            )
        )
        join(ContactGroupFactory(tenant=owner, kind="DEPT", number=1), ann, bob, dee)
        join(ContactGroupFactory(tenant=owner, kind="GROUP", number=1), bob, cem)
        join(ContactGroupFactory(tenant=owner, kind="GROUP", number=2), ann)
    return tenant


def names(tenant: Tenant, kind: str, *ids: int, codes: tuple[str, ...] = ()) -> str:
    found = directory.resolve_addresses(tenant, Audience(AudienceKind(kind), ids, codes), reach=Reach.EMAIL)
    assert all(email.endswith("@example.org") for email in found)
    return " ".join(email.partition("@")[0] for email in found)


@pytest.mark.parametrize(
    ("kind", "ids", "codes", "found"),
    [
        ("ALL", (), (), "ann bob cem"),
        ("TENANT", (), (), "ann bob cem"),
        ("USER", (3, 1), (), "ann cem"),
        ("USER", (2, 4), (), "bob"),
        ("DEPT", (1,), (), "ann bob"),
        ("GROUP", (1,), (), "bob cem"),
        ("GROUP", (1, 2), (), "ann bob cem"),
        ("POLICY", (), ("ADMIN",), "ann bob"),
        ("POLICY", (), ("AUDIT", "ADMIN", "NONE"), "ann bob"),
    ],
)
def test_an_audience_is_its_active_contacts_each_once(
    house: Tenant, kind: str, ids: tuple[int, ...], codes: tuple[str, ...], found: str
) -> None:
    assert names(house, kind, *ids, codes=codes) == found


def test_a_tenant_may_name_itself(house: Tenant) -> None:
    assert names(house, "TENANT", house.pk) == "ann bob cem"


@pytest.mark.parametrize("kind", ["USER", "DEPT", "GROUP"])
def test_an_id_that_only_another_tenant_has_is_unknown(tenant: Tenant, kind: str) -> None:
    other = TenantFactory()
    contact = ContactFactory(tenant=other, user_id=7)
    join(ContactGroupFactory(tenant=other, kind="DEPT", number=7), contact)
    join(ContactGroupFactory(tenant=other, kind="GROUP", number=7), contact)

    with pytest.raises(AudienceUnknown) as refused:
        names(tenant, kind, 7)

    assert str(refused.value) == f"{kind}: not in this tenant's directory: 7."


def test_another_tenant_cannot_be_addressed(house: Tenant) -> None:
    with pytest.raises(AudienceUnknown):
        names(house, "TENANT", house.pk, TenantFactory().pk)


def test_one_unknown_id_refuses_all_and_the_first_five_are_named(house: Tenant) -> None:
    with pytest.raises(AudienceUnknown) as refused:
        names(house, "USER", 1, *range(11, 18))

    assert str(refused.value).endswith(": 11, 12, 13, 14, 15 and 2 more.")


@pytest.mark.parametrize(
    ("kind", "ids", "codes"),
    [("ALL", (), ()), ("TENANT", (), ()), ("POLICY", (), ("ADMIN",)), ("POLICY", (), ()), ("USER", (), ())],
)
def test_nobody_is_refused(tenant: Tenant, kind: str, ids: tuple[int, ...], codes: tuple[str, ...]) -> None:
    ContactFactory(tenant=TenantFactory(), policies=["ADMIN"])

    with pytest.raises(AudienceEmpty):
        names(tenant, kind, *ids, codes=codes)


def test_contacts_without_the_address_that_is_needed_are_left_out(tenant: Tenant) -> None:
    ContactFactory(tenant=tenant, email=None, user_id=1, phone="+8613800138000")
    ContactFactory(tenant=tenant, email=None, user_id=2, phone="+8613800138000")
    audience = Audience(AudienceKind.ALL)

    assert directory.resolve_addresses(tenant, audience, reach=Reach.PHONE) == ("+8613800138000",)
    with pytest.raises(AudienceEmpty):
        directory.resolve_addresses(tenant, audience, reach=Reach.EMAIL)


def test_too_many_are_refused_before_they_are_loaded(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_ADDRESSES", 2)
    for _ in range(3):
        ContactFactory(tenant=tenant)

    with pytest.raises(AudienceTooLarge):
        names(tenant, "ALL")


@pytest.mark.parametrize(("kind", "ids", "queries"), [("ALL", (), 1), ("USER", (1, 2, 3), 2), ("GROUP", (1, 2), 2)])
def test_it_takes_at_most_two_queries(
    house: Tenant, kind: str, ids: tuple[int, ...], queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        names(house, kind, *ids)


def test_the_database_keeps_memberships_inside_a_tenant(tenant: Tenant) -> None:
    group, contact = ContactGroupFactory(tenant=tenant), ContactFactory(tenant=TenantFactory())

    for owner in (group.tenant, contact.tenant):
        with pytest.raises(IntegrityError), transaction.atomic():
            GroupMember(tenant=owner, group=group, contact=contact).save()


@pytest.mark.parametrize(
    ("text", "number"),
    [("+49 (151) 234-5678", "+491512345678"), ("+8613800138000", "+8613800138000"), ("", None), ("  ", None)],
)
def test_phones_are_kept_in_e164(text: str, number: str | None) -> None:
    assert directory.clean_phone(text) == number


@pytest.mark.parametrize(
    "text", ["13800138000", "+0123456789", "+49", "+49x1512345678", "+1234567890123456", "+４９15123456"]
)
def test_a_phone_without_country_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        directory.clean_phone(text)


def test_codes_are_parted_by_whatever_people_part_them_by() -> None:
    assert directory.clean_codes(" ADMIN, AUDIT;X|Y\nADMIN ") == ["ADMIN", "AUDIT", "X", "Y"]


def test_a_code_is_not_longer_than_what_requests_may_say() -> None:
    with pytest.raises(DomainError):
        directory.clean_codes("x" * 81)
