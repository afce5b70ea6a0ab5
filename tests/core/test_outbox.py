"""The outbox: who gets which row, what a verdict does to it, and what is left after a worker has died."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from notifications import outbox
from notifications.contracts import Lane
from notifications.models import DeliveryAttempt, Message, Outbox
from notifications.outbox import RETRY_WAITS, Lease
from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Status, Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    server = MailServerFactory()
    return server.tenant


def claim(limit: int = 100, lane: Lane = Lane.BULK) -> Lease:
    return outbox.claim(lane=lane, limit=limit)


def message(message_id: int) -> Message:
    return Message.across_tenants.get(pk=message_id)


def lapse(lease: Lease) -> None:
    Outbox.objects.filter(lease=lease.key).update(leased_until=Now() - timedelta(seconds=1))


def outcome(message_id: int, verdict: Verdict, **facts: object) -> tuple[Outcome, None]:
    return Outcome(message_id=message_id, verdict=verdict, **facts), None  # type: ignore[arg-type]


def test_ids_of_one_call_are_in_the_order_of_its_recipients(tenant: Tenant) -> None:
    receipt = send(tenant, "a@example.org", "b@example.org", "c@example.org")

    recipients = [message(id_).recipient for id_ in receipt.message_ids]
    assert recipients == ["a@example.org", "b@example.org", "c@example.org"]
    assert list(receipt.message_ids) == sorted(receipt.message_ids)


def test_claim_takes_urgent_messages_first(tenant: Tenant) -> None:
    normal = send(tenant).message_ids
    urgent = send(tenant, lane=Lane.URGENT).message_ids

    assert list(claim().attempts) == [*urgent, *normal]


def test_claim_of_a_lane_leaves_less_urgent_ones_alone(tenant: Tenant) -> None:
    send(tenant)

    assert not claim(lane=Lane.URGENT).attempts


def test_claim_skips_what_another_worker_holds(tenant: Tenant) -> None:
    first, second = send(tenant, "a@example.org", "b@example.org").message_ids

    mine = claim(limit=1)
    theirs = claim(limit=10)

    assert list(mine.attempts) == [first]
    assert list(theirs.attempts) == [second]


def test_tenants_take_turns_within_a_lane(tenant: Tenant) -> None:
    neighbour = MailServerFactory().tenant
    bulk = send(tenant, *[f"r{n}@example.org" for n in range(50)]).message_ids
    claim(limit=10)
    small = send(neighbour, "x@example.org", "y@example.org").message_ids

    taken = list(claim(limit=4).attempts)

    assert set(small) <= set(taken)
    assert set(bulk) & set(taken)


def test_a_scheduled_message_is_not_claimed_before_its_time(tenant: Tenant) -> None:
    send(tenant, due_at=datetime.now(UTC) + timedelta(hours=1))

    outbox.promote()

    assert not claim().attempts


def test_a_scheduled_message_is_claimed_when_its_time_has_come(tenant: Tenant) -> None:
    (id_,) = send(tenant, due_at=datetime.now(UTC) + timedelta(hours=1)).message_ids
    Outbox.objects.update(due_at=Now() - timedelta(seconds=1))

    outbox.promote()

    assert list(claim().attempts) == [id_]


def test_settling_a_sent_message_ends_its_outbox_row(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lease = claim()

    outbox.settle([outcome(id_, Verdict.SENT, code=250, words="queued as 1", provider_id="1")], lease=lease)

    row = message(id_)
    assert (row.status, row.attempts, row.provider_id) == (Status.SENT, 1, "1")
    assert row.finished_at is not None
    assert not Outbox.objects.exists()
    attempt = DeliveryAttempt.across_tenants.get(message_id=id_)
    assert (attempt.number, attempt.verdict, attempt.code, attempt.words) == (1, "sent", 250, "queued as 1")


def test_a_deferred_message_waits_and_keeps_its_reason(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lease = claim()

    outbox.settle([outcome(id_, Verdict.LATER, code=451, words="busy")], lease=lease)

    row, work = message(id_), Outbox.objects.get()
    assert (row.status, row.failure_reason, row.finished_at) == (Status.PENDING, "busy", None)
    assert (work.attempt, work.lease, work.rank) == (1, None, None)
    wait = work.due_at - datetime.now(UTC)
    assert RETRY_WAITS[0] * 0.75 < wait < RETRY_WAITS[0] * 1.25


def test_the_server_s_hint_wins_over_the_schedule(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids

    outbox.settle([outcome(id_, Verdict.LATER, retry_after=timedelta(minutes=20))], lease=claim())

    wait = Outbox.objects.get().due_at - datetime.now(UTC)
    assert timedelta(minutes=15) < wait < timedelta(minutes=25)


def test_a_message_fails_when_its_attempts_are_used_up(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    Outbox.objects.update(attempt=len(RETRY_WAITS))

    outbox.settle([outcome(id_, Verdict.LATER, words="still busy")], lease=claim())

    assert message(id_).status == Status.FAILED
    assert message(id_).failure_reason == "still busy"


def test_a_message_that_reached_somebody_ends_partial_when_attempts_are_used_up(tenant: Tenant) -> None:
    (id_,) = send(tenant, "a@example.org", "b@example.org", is_separate=False).message_ids
    Outbox.objects.update(attempt=len(RETRY_WAITS))
    reached = {"a@example.org": RecipientOutcome(verdict=Verdict.SENT, code=250, words="ok")}

    outbox.settle([outcome(id_, Verdict.LATER, words="b is busy", recipients=reached)], lease=claim())

    assert message(id_).status == Status.PARTIAL
    recorded = message(id_).recipient_outcomes or {}
    assert recorded["a@example.org"]["verdict"] == "sent"


def test_waiting_without_an_attempt_counts_none(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids

    outbox.settle([outcome(id_, Verdict.LATER, words="no server", is_attempt=False)], lease=claim())

    assert Outbox.objects.get().attempt == 0
    assert not DeliveryAttempt.across_tenants.exists()
    assert message(id_).failure_reason == "no server"


def test_an_outcome_without_the_lease_is_recorded_and_changes_nothing(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lost = claim()
    lapse(lost)
    outbox.reap()
    claim()

    settled = outbox.settle([outcome(id_, Verdict.SENT)], lease=lost)

    assert settled.held == frozenset()
    assert message(id_).status == Status.PENDING
    assert DeliveryAttempt.across_tenants.count() == 1


def test_only_rows_that_are_still_held_are_marked_in_flight(tenant: Tenant) -> None:
    first, second = send(tenant, "a@example.org", "b@example.org").message_ids
    lease = claim()
    outbox.cancel(tenant_id=tenant.pk, message_ids=[first])

    settled = outbox.mark([first, second], lease=lease)

    assert settled.marked == {second}


def test_reaping_returns_what_had_not_begun_to_leave(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lapse(claim())

    assert outbox.reap() == 1

    assert list(claim().attempts) == [id_]
    assert not DeliveryAttempt.across_tenants.exists()


def test_reaping_leaves_a_live_lease_alone(tenant: Tenant) -> None:
    send(tenant)
    claim()

    assert outbox.reap() == 0


def test_reaping_a_message_in_flight_records_an_uncertain_attempt_and_sends_again(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lease = claim()
    outbox.mark([id_], lease=lease)
    lapse(lease)

    outbox.reap()

    assert DeliveryAttempt.across_tenants.get().verdict == Verdict.UNCERTAIN
    assert message(id_).status == Status.PENDING
    assert Outbox.objects.get().in_flight_at is None


def test_reaping_a_message_in_flight_holds_it_where_the_tenant_says_so(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(held_lanes=[Lane.NORMAL])
    (id_,) = send(tenant).message_ids
    lease = claim()
    outbox.mark([id_], lease=lease)
    lapse(lease)

    outbox.reap()

    assert message(id_).status == Status.UNCERTAIN
    assert not Outbox.objects.exists()


def test_a_message_that_is_there_whenever_a_worker_dies_is_quarantined(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    for _ in range(outbox.CRASH_LIMIT):
        lapse(claim())
        outbox.reap()

    assert message(id_).status == Status.FAILED
    assert "Quarantined" in message(id_).failure_reason


def test_what_was_there_when_a_worker_died_goes_a_few_at_a_time_and_at_last_alone(tenant: Tenant) -> None:
    ids = send(tenant, *[f"r{n}@example.org" for n in range(30)]).message_ids
    Outbox.objects.filter(message_id__in=ids[5:]).update(crash_count=1)
    Outbox.objects.filter(message_id__in=ids[28:]).update(crash_count=outbox.CRASH_LIMIT - 1)

    leases = [claim(limit=100) for _ in range(6)]

    few = outbox.SUSPECTS
    assert [list(lease.attempts) for lease in leases] == [
        list(ids[:5]),
        list(ids[5 : 5 + few]),
        list(ids[5 + few : 5 + 2 * few]),
        list(ids[5 + 2 * few : 28]),
        [ids[28]],
        [ids[29]],
    ]
    assert [lease.is_suspect for lease in leases] == [False, True, True, True, True, True]


def test_giving_back_a_lease_counts_as_no_crash(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    lease = claim()

    assert outbox.release([id_], lease=lease) == 1

    row = Outbox.objects.get()
    assert (row.crash_count, row.lease) == (0, None)


def test_cancelling_ends_what_is_waiting(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids

    assert outbox.cancel(tenant_id=tenant.pk, message_ids=[id_]) == {id_}

    assert message(id_).status == Status.CANCELLED
    assert not Outbox.objects.exists()


def test_cancelling_comes_too_late_for_what_is_in_flight(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    outbox.mark([id_], lease=claim())

    assert outbox.cancel(tenant_id=tenant.pk, message_ids=[id_]) == frozenset()

    assert message(id_).status == Status.PENDING


def test_a_stranger_cancels_nothing(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids

    assert outbox.cancel(tenant_id=TenantFactory().pk, message_ids=[id_]) == frozenset()

    assert message(id_).status == Status.PENDING


def test_requeueing_sends_a_failed_message_once_more(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    outbox.settle([outcome(id_, Verdict.NEVER, code=550, words="no such user")], lease=claim())

    assert outbox.requeue(tenant_id=tenant.pk, message_ids=[id_]) == {id_}

    outbox.promote()
    assert list(claim().attempts) == [id_]


def test_requeueing_leaves_a_sent_message_alone(tenant: Tenant) -> None:
    (id_,) = send(tenant).message_ids
    outbox.settle([outcome(id_, Verdict.SENT)], lease=claim())

    assert outbox.requeue(tenant_id=tenant.pk, message_ids=[id_]) == frozenset()


@pytest.mark.django_db(transaction=True)
def test_two_workers_claiming_at_once_never_share_a_row() -> None:
    tenant = MailServerFactory().tenant
    sent = send(tenant, *[f"r{n}@example.org" for n in range(200)]).message_ids
    taken: list[list[int]] = []

    def work() -> None:
        try:
            while lease := claim(limit=7).attempts:
                taken.append(list(lease))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)

    assert sorted(id_ for batch in taken for id_ in batch) == sorted(sent)


@pytest.mark.django_db(transaction=True)
def test_claim_does_not_wait_for_a_row_that_somebody_else_has_locked() -> None:
    tenant = MailServerFactory().tenant
    first, second = send(tenant, "a@example.org", "b@example.org").message_ids
    taken: list[int] = []

    def work() -> None:
        try:
            taken.extend(claim().attempts)
        finally:
            connection.close()

    with transaction.atomic():
        Outbox.objects.select_for_update().get(pk=first)
        worker = threading.Thread(target=work)
        worker.start()
        worker.join(timeout=5)

        assert taken == [second]
