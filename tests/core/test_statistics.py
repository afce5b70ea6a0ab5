"""Figures of a tenant's messages: what counts as what, on which day, and that nobody else's are among them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from notifications import statistics
from notifications.contracts import Channel, Content
from notifications.models import Message
from notifications.models.ids import first_id_at
from notifications.states import Status
from notifications.statistics import Day, Figures
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, by_template, end, make_template, send

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 3)


@pytest.fixture
def tenant() -> Tenant:
    tenant = MailServerFactory().tenant
    SmsGatewayFactory(tenant=tenant)
    return tenant


def message(tenant: Tenant, when: datetime, status: Status, **changes: object) -> None:
    """One that was accepted then. Its id is the only witness."""
    (id_,) = send(tenant, **changes).message_ids
    end(Message.across_tenants.filter(pk=id_), status, id=first_id_at(when))


def at(day: int, hour: int = 0, minute: int = 0, ms: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) + timedelta(milliseconds=ms)


def test_days_begin_at_midnight_utc_and_those_without_messages_are_told(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    message(tenant, at(1), Status.SENT)
    message(tenant, at(1, 23, 59, ms=59_999), Status.FAILED)
    message(tenant, at(3), Status.PENDING)
    message(tenant, at(1, ms=-1), Status.SENT)
    message(tenant, at(4), Status.SENT)

    with django_assert_num_queries(1):
        days = statistics.daily(tenant.pk, since=FIRST, until=LAST)

    assert days == [
        Day(date(2026, 3, 1), Figures({Status.SENT: 1, Status.FAILED: 1})),
        Day(date(2026, 3, 2), Figures({})),
        Day(date(2026, 3, 3), Figures({Status.PENDING: 1})),
    ]


def test_days_of_a_zone_begin_at_its_midnight_also_when_its_clocks_change(tenant: Tenant) -> None:
    # In Berlin, 29 March 2026 has 23 hours.
    for hour in (22, 23):
        message(tenant, at(28, hour), Status.SENT)
    message(tenant, at(29, 21, 59), Status.SENT)
    message(tenant, at(29, 22), Status.SENT)

    berlin = ZoneInfo("Europe/Berlin")
    days = statistics.daily(tenant.pk, since=date(2026, 3, 28), until=date(2026, 3, 30), zone=berlin)

    assert [day.figures.accepted for day in days] == [1, 2, 1]


def test_only_the_tenants_own_messages_of_the_channel_count(tenant: Tenant) -> None:
    message(tenant, at(1), Status.SENT)
    (id_,) = send(tenant, "+4915112345678", channel=Channel.SMS, content=Content(subject="", text="Hi")).message_ids
    Message.across_tenants.filter(pk=id_).update(id=first_id_at(at(1)) + 1)
    message(MailServerFactory().tenant, at(1, ms=1), Status.SENT)

    assert statistics.daily(tenant.pk, since=FIRST, until=FIRST)[0].figures.accepted == 2
    assert statistics.daily(tenant.pk, since=FIRST, until=FIRST, channel=Channel.SMS)[0].figures.accepted == 1
    assert statistics.by_channel(tenant.pk, since=FIRST, until=FIRST) == {
        Channel.EMAIL: Figures({Status.SENT: 1}),
        Channel.SMS: Figures({Status.PENDING: 1}),
    }
    assert statistics.by_channel(tenant.pk, since=FIRST, until=FIRST, user_id=7) == {}
    assert statistics.by_channel_of_platform(since=FIRST, until=FIRST)[Channel.EMAIL].accepted == 2


def test_figures_sum_up_statuses() -> None:
    each = Figures(dict.fromkeys(Status, 1))

    assert each.accepted == len(Status)
    assert (each.taken, each.delivered, each.failed, each.bounced) == (5, 2, 4, 1)
    assert (each + each).taken == 10


def test_templates_are_counted_by_code_the_most_used_first(tenant: Tenant) -> None:
    make_template(tenant, "SIGNUP", subject="Hi", text="Hello")
    for ms, status in enumerate((Status.SENT, Status.SENT, Status.BOUNCED)):
        message(tenant, at(2, ms=ms), status, **by_template("SIGNUP"))
    message(tenant, at(2, ms=9), Status.SENT)

    (row,) = statistics.by_template(tenant.pk, since=FIRST, until=LAST)

    assert (row.code, row.channel, row.figures) == (
        "OWN",
        Channel.EMAIL,
        Figures({Status.SENT: 2, Status.BOUNCED: 1}),
    )
    assert statistics.by_template(tenant.pk, since=FIRST, until=LAST, channel=Channel.SMS) == []


def test_a_window_is_cut_to_its_latest_days(tenant: Tenant) -> None:
    days = statistics.daily(tenant.pk, since=date(2020, 1, 1), until=LAST)

    assert (len(days), days[-1].date) == (statistics.MAX_DAYS, LAST)


def test_a_window_is_a_range_of_ids(tenant: Tenant) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        statistics.daily(tenant.pk, since=FIRST, until=LAST)

    (query,) = queries
    assert f'"id" >= {first_id_at(at(1))}' in query["sql"]
    assert "created_at" not in query["sql"]
