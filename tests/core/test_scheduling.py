"""Stopping and moving what was accepted: found by whatever the caller knows it by, never another tenant's."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications import holds, outbox, scheduling
from notifications.contracts import Channel, Lane
from notifications.errors import ExpiryTooSoon, ScheduleTooFar, WrongState
from notifications.models import Hold, Message, Outbox
from notifications.scheduling import Stop, check_times
from tenants.errors import NotFound
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, end, send

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


def one(tenant: Tenant, to: str = "ann@example.org", **changes: object) -> int:
    return send(tenant, to, **changes).message_ids[0]


def move(tenant: Tenant, message_id: int, due_at: datetime = NOW + HOUR) -> None:
    scheduling.reschedule(tenant, message_id, due_at=due_at, now=NOW, channel=Channel.EMAIL, resource="Email")


def cancel(tenant: Tenant, *message_ids: int) -> dict[int, Stop]:
    return dict(scheduling.cancel(tenant, message_ids, channel=Channel.EMAIL))


def test_each_id_is_told_what_became_of_it_in_their_order(tenant: Tenant) -> None:
    sent, waiting, scheduled = one(tenant), one(tenant), one(tenant, due_at=NOW + HOUR)
    end(Message.across_tenants.filter(pk=sent), "SENT")
    Outbox.objects.filter(message_id=sent).delete()
    absent = scheduled + 1

    assert list(cancel(tenant, absent, scheduled, sent, waiting, scheduled).items()) == [
        (absent, Stop.NOT_FOUND),
        (scheduled, Stop.CANCELLED),
        (sent, Stop.TOO_LATE),
        (waiting, Stop.CANCELLED),
    ]
    assert not Outbox.objects.exists()


def test_cancelling_again_gives_the_same_answer(tenant: Tenant) -> None:
    message = one(tenant)

    assert cancel(tenant, message) == cancel(tenant, message) == {message: Stop.CANCELLED}


def test_what_is_in_flight_is_too_late(tenant: Tenant) -> None:
    message = one(tenant)
    outbox.mark([message], lease=outbox.claim(lane=Lane.BULK, limit=10))

    assert cancel(tenant, message) == {message: Stop.TOO_LATE}


def test_another_tenants_and_another_channels_messages_are_not_found(tenant: Tenant) -> None:
    theirs = one(MailServerFactory().tenant, out_id="order-1", cancel_key="summer")
    sms = one(tenant, out_id="order-1", cancel_key="summer")
    Message.across_tenants.filter(pk=sms).update(channel="sms")

    assert cancel(tenant, theirs, sms) == {theirs: Stop.NOT_FOUND, sms: Stop.NOT_FOUND}
    assert not scheduling.find_by_out_id(tenant, "order-1", channel=Channel.EMAIL)
    assert not scheduling.find_by_cancel_key(tenant, "summer", channel=Channel.EMAIL)
    assert set(Message.across_tenants.values_list("status", flat=True)) == {"PENDING"}


def test_calls_are_found_by_their_own_id_and_by_a_key_that_several_share(tenant: Tenant) -> None:
    first = send(tenant, "a@example.org", "b@example.org", out_id="order-1", cancel_key="summer").message_ids
    second = one(tenant, out_id="order-2", cancel_key="summer")
    one(tenant, out_id="order-3")

    assert set(scheduling.find_by_out_id(tenant, "order-1", channel=Channel.EMAIL)) == set(first)
    assert set(scheduling.find_by_cancel_key(tenant, "summer", channel=Channel.EMAIL)) == {*first, second}


def test_what_waits_is_found_first_so_that_a_second_call_goes_on(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "MAX_MESSAGES", 2)
    waiting = send(tenant, "a@example.org", "b@example.org", "c@example.org", out_id="order-1").message_ids
    ended = one(tenant, out_id="order-1")
    end(Message.across_tenants.filter(pk=ended), "SENT")

    first = scheduling.find_by_out_id(tenant, "order-1", channel=Channel.EMAIL)
    cancel(tenant, *first)
    second = scheduling.find_by_out_id(tenant, "order-1", channel=Channel.EMAIL)

    assert len(first) == len(second) == 2
    assert set(first) | {second[0]} == set(waiting)
    assert second[1] == ended


def test_a_batch_takes_a_fixed_number_of_queries(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "_BATCH", 20)
    ids = send(tenant, *(f"u{n}@example.org" for n in range(40))).message_ids

    with django_assert_num_queries(2 * 3):
        cancel(tenant, *ids)


def test_a_waiting_message_is_moved(tenant: Tenant) -> None:
    message = one(tenant)

    move(tenant, message)

    assert outbox.promote() == 0
    assert not outbox.claim(lane=Lane.BULK, limit=10).attempts
    assert Message.across_tenants.get(pk=message).due_at == NOW + HOUR


def test_moved_into_the_past_it_leaves_at_once(tenant: Tenant) -> None:
    message = one(tenant, due_at=NOW + HOUR)

    move(tenant, message, NOW - HOUR)

    assert outbox.promote() == 1
    assert list(outbox.claim(lane=Lane.BULK, limit=10).attempts) == [message]


def test_the_end_of_a_hold_does_not_hurry_what_was_moved_meanwhile(tenant: Tenant) -> None:
    message = one(tenant)
    hold = holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason="Complaints")
    Outbox.objects.filter(message_id=message).update(hold_id=hold.pk, rank=None, due_at=Now() + HOUR)

    move(tenant, message)
    outbox.wake(hold.pk)

    assert outbox.promote() == 0


@pytest.mark.parametrize(("status", "words"), [("SENT", "SENT"), ("CANCELLED", "CANCELLED")])
def test_what_has_ended_is_not_moved(tenant: Tenant, status: str, words: str) -> None:
    message = one(tenant)
    end(Message.across_tenants.all(), status)

    with pytest.raises(WrongState) as refused:
        move(tenant, message)

    assert refused.value.params["status"] == words


def test_what_is_being_sent_is_not_moved(tenant: Tenant) -> None:
    message = one(tenant)
    outbox.claim(lane=Lane.BULK, limit=10)

    with pytest.raises(WrongState) as refused:
        move(tenant, message)

    assert refused.value.params["status"] == "on its way"


def test_what_waits_for_another_attempt_is_not_moved(tenant: Tenant) -> None:
    message = one(tenant)
    Outbox.objects.update(attempt=1, rank=None)

    with pytest.raises(WrongState):
        move(tenant, message)


def test_a_stranger_moves_nothing(tenant: Tenant) -> None:
    message = one(tenant)

    with pytest.raises(NotFound):
        move(TenantFactory(), message)


def test_it_is_not_moved_beyond_its_own_end(tenant: Tenant) -> None:
    message = one(tenant, expires_at=NOW + HOUR)

    with pytest.raises(ExpiryTooSoon):
        move(tenant, message, NOW + HOUR)
    with pytest.raises(ScheduleTooFar):
        move(tenant, message, NOW + timedelta(days=400))

    assert Message.across_tenants.get(pk=message).due_at is None


@pytest.mark.parametrize(
    ("due", "expires"), [(None, None), (-HOUR, None), (None, HOUR), (HOUR, 2 * HOUR), (-2 * HOUR, HOUR)]
)
def test_times_that_make_sense_are_accepted(due: timedelta | None, expires: timedelta | None) -> None:
    check_times(NOW + due if due else None, NOW + expires if expires else None, now=NOW)


@pytest.mark.parametrize(("due", "expires"), [(None, -HOUR), (HOUR, HOUR), (2 * HOUR, HOUR), (-2 * HOUR, -HOUR)])
def test_an_end_before_the_beginning_is_refused(due: timedelta | None, expires: timedelta) -> None:
    with pytest.raises(ExpiryTooSoon):
        check_times(NOW + due if due else None, NOW + expires, now=NOW)
