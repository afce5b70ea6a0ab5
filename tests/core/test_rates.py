"""Token buckets: what a rate lets through, and that workers who share one never get more than that together."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from notifications import rates
from notifications.models import TokenBucket
from notifications.rates import Limit
from tests.crowd import at_once

pytestmark = pytest.mark.django_db

ROUTE = TokenBucket.Kind.ROUTE
TENANT = TokenBucket.Kind.TENANT


def take(wanted: int, **limits: float) -> rates.Grant:
    return rates.take(ROUTE, 1, wanted=wanted, limit=Limit(**limits))  # type: ignore[arg-type]


def age(seconds: float) -> None:
    """As if the bucket had been used that long ago."""
    TokenBucket.objects.update(refilled_at=F("refilled_at") - timedelta(seconds=seconds))


def test_without_a_limit_everything_passes_and_nothing_is_stored() -> None:
    assert take(1000).count == 1000
    assert not TokenBucket.objects.exists()


def test_a_new_bucket_holds_one_second_s_worth() -> None:
    assert take(25, per_second=2).count == 2


def test_what_a_rate_lets_through_is_gone_for_the_next() -> None:
    take(2, per_second=2)

    assert take(2, per_second=2).count == 0


def test_a_bucket_refills_with_time() -> None:
    take(2, per_second=2)
    age(0.5)

    assert take(2, per_second=2).count == 1


def test_a_bucket_never_holds_more_than_one_second_s_worth() -> None:
    take(10, per_second=10)
    age(3600)

    assert take(100, per_second=10).count == 10


def test_a_rate_below_one_per_second_lets_single_messages_through() -> None:
    first = take(5, per_second=0.1)
    second = take(5, per_second=0.1)

    assert (first.count, second.count) == (1, 0)
    assert timedelta(seconds=9) < second.wait <= timedelta(seconds=10)


def test_a_grant_that_falls_short_says_when_the_next_message_may_leave() -> None:
    grant = take(20, per_second=2)

    assert timedelta() < grant.wait <= timedelta(seconds=0.5)


def test_a_daily_limit_without_a_rate_lets_the_day_s_messages_through_at_once() -> None:
    assert take(100, per_day=150).count == 100
    assert take(100, per_day=150).count == 50
    assert take(100, per_day=150).count == 0


def test_a_used_up_day_waits_for_midnight_utc() -> None:
    grant = take(2, per_day=1)

    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert abs(grant.wait - (midnight - now)) < timedelta(seconds=5)


def test_a_new_day_begins_with_nothing_used() -> None:
    take(1, per_day=1)
    TokenBucket.objects.update(day=F("day") - timedelta(days=1))

    assert take(5, per_day=1).count == 1


def test_the_scarcer_of_two_limits_decides() -> None:
    assert take(50, per_second=2, per_day=1).count == 1
    assert take(50, per_second=2, per_day=100).count == 1


def test_the_day_counts_only_what_was_granted() -> None:
    take(50, per_second=2, per_day=100)

    assert TokenBucket.objects.get().used_today == 2


def test_buckets_of_different_owners_and_kinds_are_apart() -> None:
    limit = Limit(per_second=2)
    rates.take(ROUTE, 1, wanted=2, limit=limit)

    assert rates.take(ROUTE, 2, wanted=2, limit=limit).count == 2
    assert rates.take(TENANT, 1, wanted=2, limit=limit).count == 2


def test_a_clock_reading_from_before_the_last_refill_gives_no_time_twice() -> None:
    take(2, per_second=2)
    TokenBucket.objects.update(refilled_at=Now() + timedelta(seconds=5))

    assert take(2, per_second=2).count == 0

    assert TokenBucket.objects.filter(refilled_at__gt=Now() + timedelta(seconds=4)).exists()


def left(**limits: float) -> tuple[int | None, int | None]:
    found = rates.left(ROUTE, 1, Limit(**limits))  # type: ignore[arg-type]
    return found.now, found.today


def test_looking_at_what_is_left_takes_nothing() -> None:
    assert left(per_second=2, per_day=10) == (2, 10)
    assert left(per_second=0.5) == (1, None)
    assert left(per_day=10) == (None, 10)
    assert left() == (None, None)
    assert not TokenBucket.objects.exists()


def test_what_is_left_is_what_the_next_one_would_get() -> None:
    take(1, per_second=2, per_day=10)
    assert left(per_second=2, per_day=10) == (1, 9)

    take(1, per_second=2, per_day=10)
    assert left(per_second=2, per_day=10) == (0, 8)

    TokenBucket.objects.update(day=F("day") - timedelta(days=1))
    assert left(per_second=2, per_day=10) == (0, 10)


@pytest.mark.django_db(transaction=True)
def test_workers_who_share_a_rate_never_get_more_than_it_together() -> None:
    began = time.monotonic()

    grants = at_once(8, lambda _: sum(take(7, per_second=50).count for _ in range(25)))

    granted = sum(grants)  # type: ignore[arg-type]
    assert 50 <= granted <= 50 + 50 * (time.monotonic() - began)


@pytest.mark.django_db(transaction=True)
def test_workers_who_share_a_day_get_exactly_the_day_together() -> None:
    grants = at_once(8, lambda _: sum(take(7, per_day=100).count for _ in range(5)))

    assert sum(grants) == 100  # type: ignore[arg-type]
