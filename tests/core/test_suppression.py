"""The list of who gets nothing: adding twice is adding once, ends only move later, and categories stay apart."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications import retention, suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.errors import TooManyRecipients
from notifications.models import Suppression
from notifications.suppression import Added, Criteria, Entry
from tenants.errors import InvalidField, NotFound
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

EMAIL, SMS = Channel.EMAIL, Channel.SMS
Source = SuppressionSource
SOON = datetime(2030, 1, 1, tzinfo=UTC)
LATER = datetime(2031, 1, 1, tzinfo=UTC)
OVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def suppress(tenant: Tenant, *addresses: str, category: str = "", expires_at: datetime | None = None) -> Added:
    entries = [Entry(address, category, expires_at=expires_at) for address in addresses]
    return suppression.add(tenant.pk, EMAIL, entries)


def found(tenant: Tenant, *addresses: str, category: str = "newsletter") -> dict[str, SuppressionSource]:
    return suppression.find(tenant.pk, EMAIL, addresses, category=category)


def listed(tenant: Tenant, criteria: Criteria) -> list[str]:
    _, rows = suppression.list_suppressions(tenant.pk, criteria, offset=0, size=10)
    return [row.address for row in rows]


@pytest.mark.parametrize(
    ("suppressed", "wanted", "is_stopped"),
    [
        ("", "", True),
        ("", "newsletter", True),
        ("newsletter", "newsletter", True),
        ("Newsletter ", "NEWSLETTER", True),
        ("newsletter", "", False),
        ("newsletter", "offers", False),
    ],
)
def test_a_category_stops_its_own_mail_and_nothing_else(
    tenant: Tenant, suppressed: str, wanted: str, is_stopped: bool
) -> None:
    suppress(tenant, "ann@example.org", category=suppressed)

    assert bool(found(tenant, "ann@example.org", category=wanted)) is is_stopped


def test_one_query_answers_for_many_as_they_are_written(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    suppress(tenant, "ann@example.org", "over@example.org", expires_at=OVER)
    suppress(tenant, "Ann@Example.org")

    with django_assert_num_queries(1):
        hit = found(tenant, "ANN@example.org", "bob@example.org", "over@example.org")

    assert hit == {"ANN@example.org": Source.MANUAL}
    assert not found(TenantFactory(), "ann@example.org")
    assert not suppression.find(tenant.pk, SMS, ["ann@example.org"], category="")


def test_few_are_looked_up_and_many_compared_with_the_list_as_a_whole(tenant: Tenant) -> None:
    suppress(tenant, *[f"person{n}@example.org" for n in range(20_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_suppression")

    def plan(count: int) -> str:
        with CaptureQueriesContext(connection) as queries:
            assert len(found(tenant, *[f"person{n}@example.org" for n in range(count)])) == count
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
            return str(cursor.fetchall())

    assert "suppression_once" in plan(1)
    assert "Hash Join" in plan(10_000)


def test_adding_again_changes_nothing_but_an_end_that_comes_later(tenant: Tenant) -> None:
    assert suppress(tenant, "ann@example.org", "ANN@example.org", "bob@example.org", expires_at=SOON) == Added(2, 0)
    before = dict(Suppression.objects.for_tenant(tenant.pk).values_list("address", "created_at"))

    assert suppress(tenant, "ann@example.org", expires_at=LATER) == Added(0, 1)
    assert suppress(tenant, "bob@example.org", expires_at=SOON - timedelta(days=1)) == Added(0, 1)

    rows = Suppression.objects.for_tenant(tenant.pk)
    assert dict(rows.values_list("address", "expires_at")) == {"ann@example.org": LATER, "bob@example.org": SOON}
    assert suppress(tenant, "ann@example.org") == suppress(tenant, "ann@example.org", expires_at=SOON) == Added(0, 1)
    assert rows.get(address="ann@example.org").expires_at is None
    assert dict(rows.values_list("address", "created_at")) == before


def test_one_that_is_over_begins_anew(tenant: Tenant) -> None:
    suppression.add(tenant.pk, EMAIL, [Entry("ann@example.org", expires_at=OVER)], source=Source.BOUNCE)
    Suppression.objects.for_tenant(tenant.pk).update(created_at=OVER)

    suppress(tenant, "ann@example.org", expires_at=SOON)

    ((_, row),) = enumerate(suppression.list_suppressions(tenant.pk, Criteria(), offset=0, size=10)[1])
    assert (row.source, row.expires_at) == (Source.MANUAL, SOON)
    assert row.created_at > OVER


def test_many_are_one_statement_and_too_many_none(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "MAX_ADDED", 5_000)
    entries = [Entry(f"person{n}@example.org") for n in range(5_000)]

    with django_assert_num_queries(1):
        assert suppression.add(tenant.pk, EMAIL, entries) == Added(5_000, 0)

    with django_assert_num_queries(0), pytest.raises(TooManyRecipients):
        suppression.add(tenant.pk, EMAIL, [*entries, Entry("one.more@example.org")])


def test_removing_is_by_address_category_and_source_or_by_id(tenant: Tenant) -> None:
    suppress(tenant, "ann@example.org", "bob@example.org", "cem@example.org")
    suppress(tenant, "ann@example.org", category="newsletter")
    ids = Suppression.objects.for_tenant(tenant.pk).filter(address="cem@example.org").values_list("pk", flat=True)

    assert suppression.remove(tenant.pk, EMAIL, ["ann@example.org"], category="Newsletter") == 1
    assert suppression.remove(tenant.pk, EMAIL, ["ann@example.org"], source=Source.UNSUBSCRIBE) == 0
    assert suppression.remove(tenant.pk, EMAIL, ["ANN@example.org", "nobody@example.org"]) == 1
    assert suppression.remove_by_id(TenantFactory().pk, list(ids)) == 0
    assert suppression.remove_by_id(tenant.pk, [*ids, 0, 2**63]) == 1

    assert listed(tenant, Criteria()) == ["bob@example.org"]


def test_the_list_is_searched_by_what_people_know(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    suppress(TenantFactory(), "stranger@example.org")
    suppress(tenant, "ann@example.org")
    suppress(tenant, "anton@example.org", category="newsletter", expires_at=OVER)
    suppression.add(tenant.pk, SMS, [Entry("+8613800138000")], source=Source.IMPORT)
    now = timezone.now()

    assert listed(tenant, Criteria()) == ["+8613800138000", "anton@example.org", "ann@example.org"]
    assert listed(tenant, Criteria(address_prefix="AN")) == ["anton@example.org", "ann@example.org"]
    assert listed(tenant, Criteria(address_prefix="%")) == []
    assert listed(tenant, Criteria(channel=SMS)) == listed(tenant, Criteria(source=Source.IMPORT)) == ["+8613800138000"]
    assert listed(tenant, Criteria(category="newsletter")) == listed(tenant, Criteria(is_active=False))
    assert listed(tenant, Criteria(category="", channel=EMAIL)) == ["ann@example.org"]
    assert listed(tenant, Criteria(is_active=True, channel=EMAIL)) == ["ann@example.org"]
    assert listed(tenant, Criteria(created_to=now - timedelta(hours=1))) == []
    with django_assert_num_queries(2):
        total, rows = suppression.list_suppressions(tenant.pk, Criteria(), offset=1, size=1)
    assert (total, [row.address for row in rows]) == (3, ["anton@example.org"])


def test_one_row_is_the_tenants_own(tenant: Tenant) -> None:
    suppress(tenant, "ann@example.org")
    id_ = Suppression.objects.for_tenant(tenant.pk).get().pk

    assert suppression.resolve(tenant.pk, id_).address == "ann@example.org"
    for tenant_id, wanted in [(TenantFactory().pk, id_), (tenant.pk, -1), (tenant.pk, 2**63)]:
        with pytest.raises(NotFound):
            suppression.resolve(tenant_id, wanted)


@pytest.mark.parametrize(
    ("channel", "written", "stored"),
    [
        (EMAIL, " Ann@Bücher.example ", "ann@xn--bcher-kva.example"),
        (SMS, "138 0013 8000", "+8613800138000"),
        (SMS, "+49 30 901820", "+4930901820"),
    ],
)
def test_addresses_are_kept_as_they_are_compared(channel: Channel, written: str, stored: str) -> None:
    assert suppression.clean_address(channel, written) == stored


@pytest.mark.parametrize(("channel", "written"), [(EMAIL, "ann"), (EMAIL, "+8613800138000"), (SMS, "ann@example.org")])
def test_what_is_no_address_is_refused(channel: Channel, written: str) -> None:
    with pytest.raises(InvalidField):
        suppression.clean_address(channel, written)


def test_the_sweep_forgets_those_that_ended_long_ago(tenant: Tenant) -> None:
    suppress(tenant, "over@example.org", expires_at=OVER)
    suppress(tenant, "lately@example.org", expires_at=timezone.now() - timedelta(days=30))
    suppress(tenant, "ann@example.org")

    assert retention.forget() == 1

    assert listed(tenant, Criteria()) == ["ann@example.org", "lately@example.org"]


def test_a_prefix_is_found_by_index(tenant: Tenant) -> None:
    suppress(tenant, *[f"person{n}@example.org" for n in range(5_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_suppression")

    rows = Criteria(channel=EMAIL, address_prefix="ann")(Suppression.objects.for_tenant(tenant.pk))

    assert "suppression_once" in rows.order_by().explain()
