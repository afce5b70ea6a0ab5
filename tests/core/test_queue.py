"""The queue's figures: what counts as what, and that a look costs the same whatever waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications import holds, outbox, queue
from notifications.contracts import Channel, Content, Lane
from notifications.models import DeliveryAttempt, Hold, MailServer, Outbox
from notifications.outbox import Lease
from notifications.parcel import Outcome
from notifications.queue import Figures
from notifications.states import Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory, send

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory(tenant=TenantFactory(code="acme"), name="main").tenant


def lane(lane: Lane) -> Figures:
    return queue.look().lanes[lane].figures


def claim(limit: int = 100) -> Lease:
    return outbox.claim(lane=Lane.BULK, limit=limit)


def send_sms(tenant: Tenant) -> None:
    send(tenant, "+4915112345678", channel=Channel.SMS, content=Content(subject="", text="It works."))


def settle(*outcomes: Outcome, lease: Lease, route_id: int | None = None) -> None:
    outbox.settle([(outcome, route_id) for outcome in outcomes], lease=lease)


def test_an_empty_queue_has_three_empty_lanes_and_nothing_else() -> None:
    snapshot = queue.look()

    assert [(line.name, line.figures) for line in snapshot.lanes] == [
        ("urgent", Figures()),
        ("normal", Figures()),
        ("bulk", Figures()),
    ]
    assert (snapshot.tenants, snapshot.routes, snapshot.is_capped) == ([], [], False)


def test_every_message_counts_once_by_what_it_waits_for(tenant: Tenant) -> None:
    send(tenant, due_at=datetime.now(UTC) + HOUR)
    hold = holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason="why")
    (held,) = send(tenant).message_ids
    lease = claim()
    settle(Outcome(held, Verdict.LATER, is_attempt=False, hold_id=hold.pk, retry_after=HOUR), lease=lease)
    send(tenant)
    claim()
    send(tenant, "a@example.org", "b@example.org")

    figures = lane(Lane.NORMAL)

    assert (figures.ready, figures.waiting, figures.held, figures.leased) == (2, 1, 1, 1)
    assert figures.depth == 5


def test_a_message_between_two_attempts_is_waiting(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    settle(Outcome(id_, Verdict.LATER), lease=claim())

    assert lane(Lane.NORMAL).waiting == 1


def test_a_message_whose_time_has_come_is_ready_before_a_worker_notices(tenant: Tenant) -> None:
    send(tenant, due_at=datetime.now(UTC) + HOUR)
    Outbox.objects.update(due_at=Now() - HOUR)

    assert lane(Lane.NORMAL).ready == 1


def test_the_oldest_is_how_long_the_first_ready_one_has_been_due(tenant: Tenant) -> None:
    send(tenant)
    Outbox.objects.update(due_at=Now() - 3 * HOUR)
    send(tenant)
    send(tenant, due_at=datetime.now(UTC) + HOUR)

    oldest = lane(Lane.NORMAL).oldest

    assert oldest is not None
    assert abs(oldest - 3 * HOUR) < timedelta(minutes=1)


def test_what_is_in_a_worker_s_hands_makes_nothing_old(tenant: Tenant) -> None:
    send(tenant)
    claim()

    assert lane(Lane.NORMAL).oldest is None


def test_tenants_are_listed_by_depth_with_the_route_their_mail_would_take(tenant: Tenant) -> None:
    other = MailServerFactory(tenant=TenantFactory(code="other"), name="theirs").tenant
    send(tenant)
    send(other, "a@example.org", "b@example.org", lane=Lane.BULK)

    snapshot = queue.look()

    assert [(line.name, line.figures.depth) for line in snapshot.tenants] == [("other", 2), ("acme", 1)]
    assert [(line.name, line.figures.depth) for line in snapshot.routes] == [("theirs", 2), ("main", 1)]


def test_mail_without_a_server_is_shown_as_such(tenant: Tenant) -> None:
    send(tenant)
    MailServer.across_tenants.all().delete()

    assert [(line.id, line.name, line.figures.ready) for line in queue.look().routes] == [(None, "no server", 1)]


def test_sms_wait_for_their_gateway_and_mail_for_its_server(tenant: Tenant) -> None:
    SmsGatewayFactory(tenant=tenant, name="gateway")
    send(tenant)
    send_sms(tenant)

    assert {line.name: line.figures.depth for line in queue.look().routes} == {"main": 1, "gateway": 1}


def test_attempts_of_the_last_minutes_make_the_rate(tenant: Tenant) -> None:
    server_id = MailServer.across_tenants.get().pk
    ids = send(tenant, *[f"r{n}@example.org" for n in range(10)], lane=Lane.URGENT).message_ids
    settle(*[Outcome(id_, Verdict.SENT) for id_ in ids], lease=claim(), route_id=server_id)

    snapshot = queue.look()

    lines = (snapshot.lanes[0], *snapshot.tenants, *snapshot.routes)
    assert [line.name for line in lines] == ["urgent", "acme", "main"]
    assert [line.figures.attempts_per_minute for line in lines] == [pytest.approx(2)] * 3


def test_attempts_of_an_hour_ago_make_none(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    settle(Outcome(id_, Verdict.SENT), lease=claim())
    DeliveryAttempt.across_tenants.update(finished_at=Now() - HOUR)

    assert lane(Lane.NORMAL).attempts_per_minute == 0


def test_a_busy_minute_is_measured_by_the_attempts_looked_at(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LIMIT", 5)
    ids = send(tenant, *[f"r{n}@example.org" for n in range(10)]).message_ids
    settle(*[Outcome(id_, Verdict.SENT) for id_ in ids], lease=claim())
    DeliveryAttempt.across_tenants.update(finished_at=Now() - timedelta(seconds=30))

    assert lane(Lane.NORMAL).attempts_per_minute == pytest.approx(10, rel=0.1)


def test_a_long_queue_is_counted_up_to_a_limit_and_says_so(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    send(tenant, *[f"r{n}@example.org" for n in range(10)])
    monkeypatch.setattr(queue, "LIMIT", 10)

    snapshot = queue.look()
    assert (snapshot.lanes[Lane.NORMAL].figures.ready, snapshot.is_capped) == (10, True)
    monkeypatch.setattr(queue, "LIMIT", 11)
    assert not queue.look().is_capped


def test_a_look_costs_the_same_whatever_waits(
    tenant: Tenant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        send(MailServerFactory().tenant, "a@example.org", "b@example.org")
    ids = send(tenant).message_ids
    settle(*[Outcome(id_, Verdict.SENT) for id_ in ids], lease=claim())

    with django_assert_max_num_queries(9):
        queue.look()


def test_what_waits_for_each_hold_is_counted(tenant: Tenant) -> None:
    first = holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason="why")
    second = holds.begin(Hold.Kind.DOMAIN, "example.org", tenant_id=None, reason="why")
    ids = send(tenant, "a@example.org", "b@example.org").message_ids
    settle(*[Outcome(id_, Verdict.LATER, is_attempt=False, hold_id=first.pk) for id_ in ids], lease=claim())

    assert queue.waiting_for([first.pk, second.pk]) == {first.pk: 2}
