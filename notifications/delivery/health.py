"""The circuit breaker of each route. Shared by all workers through PostgreSQL; a healthy route costs no write.

After three failures in a row a route rests, longer each time; then one worker tries it with a single message. Failures
of single messages do not count: a refused recipient says nothing about the server.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from notifications.models import MailServer, RouteHealth

#: Failures in a row before the first rest.
THRESHOLD = 3
_FIRST_REST = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=10)
#: Within it the worker on trial has succeeded or failed; if it died, another may try.
_TRIAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Condition:
    """A route's state now, by the database's clock."""

    failures: int = 0
    is_resting: bool = False
    #: The rest is over and nobody has tried the route since.
    needs_trial: bool = False
    rests_until: datetime | None = None
    #: How much of the rest is left; negative when it is over.
    rests_for: timedelta | None = None
    words: str = ""


HEALTHY = Condition()


def observe(server_ids: Collection[int]) -> Mapping[int, Condition]:
    """The condition of every server about which something bad is known; the others are healthy. One query."""
    on_trial = Q(trial_until__isnull=False, trial_until__gt=Now())
    rows = RouteHealth.objects.filter(server_id__in=server_ids, failures__gt=0).annotate(
        is_resting=Q(rests_until__isnull=False) & (Q(rests_until__gt=Now()) | on_trial),
        rests_for=ExpressionWrapper(F("rests_until") - Now(), output_field=DurationField()),
    )
    return {
        row.pk: Condition(
            failures=row.failures,
            is_resting=row.is_resting,
            needs_trial=row.rests_until is not None and not row.is_resting,
            rests_until=row.rests_until,
            rests_for=row.rests_for,
            words=row.words,
        )
        for row in rows
    }


def begin_trial(server_id: int) -> bool:
    """True for the one worker that may try a rested route; it sends a single message and records how that went."""
    nobody_tries = Q(trial_until=None) | Q(trial_until__lte=Now())
    claimed = RouteHealth.objects.filter(nobody_tries, pk=server_id, rests_until__lte=Now())
    return claimed.update(trial_until=Now() + _TRIAL) == 1


def withdraw_trial(server_id: int) -> None:
    """For a worker whose trial found nothing to send; the next one may try at once."""
    RouteHealth.objects.filter(pk=server_id).update(trial_until=None)


def record_failure(server: MailServer, words: str) -> None:
    """Counts a failure of the route itself; the third in a row, and every one after it, opens the breaker.

    Jobs that were under way when it opened fail too; they say nothing new, so they do not lengthen the rest.
    """
    with transaction.atomic():
        RouteHealth.objects.get_or_create(server=server)
        rows = RouteHealth.objects.select_for_update().annotate(is_resting=Q(rests_until__gt=Now()))
        row = rows.get(pk=server.pk)
        if row.is_resting:
            return
        row.failures += 1
        row.words = words[:1000]
        row.trial_until = None
        row.save(update_fields=["failures", "words", "trial_until", "changed_at"])
        if row.failures >= THRESHOLD:
            rest = min(_FIRST_REST * 2 ** min(row.failures - THRESHOLD, 10), _LONGEST_REST)
            RouteHealth.objects.filter(pk=server.pk).update(rests_until=Now() + rest)


def record_success(server: MailServer) -> None:
    """Closes the breaker."""
    RouteHealth.objects.filter(pk=server.pk).update(failures=0, rests_until=None, trial_until=None)
