"""Rates per second and per day, of routes and tenants: taken in batches from token buckets that all workers share."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from notifications.models import TokenBucket

_CLOCK = ExpressionWrapper(Now(), output_field=DateTimeField())


@dataclass(frozen=True, slots=True)
class Limit:
    """None: no limit of that sort. A rate below one per second is written as a fraction."""

    per_second: float | None = None
    per_day: int | None = None

    @property
    def is_set(self) -> bool:
        return self.per_second is not None or self.per_day is not None


@dataclass(frozen=True, slots=True)
class Grant:
    #: How many messages may leave now.
    count: int
    #: When it was fewer than wanted: how long until the next one may.
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Left:
    """What a bucket would give now; None: no limit of that sort."""

    now: int | None
    today: int | None


def left(kind: TokenBucket.Kind, owner_id: int, limit: Limit) -> Left:
    """What is left of a limit, for operators to read. Takes nothing, and tells the moment after it no more."""
    if not limit.is_set:
        return Left(now=None, today=None)
    bucket = TokenBucket.objects.filter(kind=kind, owner_id=owner_id).annotate(clock=_CLOCK).first()
    if bucket is None:
        return Left(now=None if limit.per_second is None else int(_capacity(limit.per_second)), today=limit.per_day)
    now = max(bucket.clock, bucket.refilled_at)
    tokens = _refilled(bucket, now, limit)
    used = bucket.used_today if bucket.day == now.astimezone(UTC).date() else 0
    return Left(
        now=None if tokens is None else int(tokens),
        today=None if limit.per_day is None else max(limit.per_day - used, 0),
    )


def take(kind: TokenBucket.Kind, owner_id: int, *, wanted: int, limit: Limit) -> Grant:
    """Takes up to ``wanted`` messages from a bucket. What is taken and not sent is not given back."""
    if not limit.is_set:
        return Grant(wanted)
    with transaction.atomic():
        bucket, now = _lock(kind, owner_id)
        today = now.astimezone(UTC).date()
        used = bucket.used_today if bucket.day == today else 0
        tokens = _refilled(bucket, now, limit)
        left_today = max(limit.per_day - used, 0) if limit.per_day is not None else wanted
        count = min(wanted, left_today) if tokens is None else min(wanted, int(tokens), left_today)
        bucket.tokens = 0.0 if tokens is None else tokens - count
        bucket.refilled_at, bucket.day, bucket.used_today = now, today, used + count
        bucket.save(update_fields=["tokens", "refilled_at", "day", "used_today"])
    if count == wanted:
        return Grant(count)
    if count == left_today:
        midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
        return Grant(count, wait=midnight - now)
    assert limit.per_second is not None
    return Grant(count, wait=timedelta(seconds=max(1 - bucket.tokens, 0) / limit.per_second))


def _lock(kind: TokenBucket.Kind, owner_id: int) -> tuple[TokenBucket, datetime]:
    """The bucket, held by this transaction, and its time now."""
    # A new bucket counts as filled long ago.
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    TokenBucket.objects.bulk_create(
        [TokenBucket(kind=kind, owner_id=owner_id, refilled_at=long_ago, day=long_ago.date())], ignore_conflicts=True
    )
    bucket = TokenBucket.objects.select_for_update().annotate(clock=_CLOCK).get(kind=kind, owner_id=owner_id)
    # While we waited for the lock, another worker may have refilled it at a later time than our statement began. Time
    # must not run backwards for a bucket, or the stretch between the two would be granted twice.
    return bucket, max(bucket.clock, bucket.refilled_at)


def _refilled(bucket: TokenBucket, now: datetime, limit: Limit) -> float | None:
    """The tokens there are now; None without a rate per second."""
    if limit.per_second is None:
        return None
    elapsed_s = (now - bucket.refilled_at).total_seconds()
    return min(bucket.tokens + elapsed_s * limit.per_second, _capacity(limit.per_second))


def _capacity(per_second: float) -> float:
    """One second's worth; of a slow rate a single message."""
    return max(per_second, 1.0)
