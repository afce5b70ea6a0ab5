"""Time-ordered 64-bit ids, made by the database (see migration 0001): 43 bits of milliseconds, then 20 of a sequence.

Ids sort by time of acceptance, so ``id desc`` is newest first and history can be cut by id range.
"""

from datetime import UTC, datetime, timedelta

from django.db.models import BigIntegerField, Func


class NextId(Func):
    function = "angarium_next_id"
    arity = 0
    output_field = BigIntegerField()


#: The first instant that an id can name.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
SEQUENCE_BITS = 20


def first_id_at(when: datetime) -> int:
    """The smallest id that can have been made at this instant: turns a time range into an id range."""
    return int((when - EPOCH) / timedelta(milliseconds=1)) << SEQUENCE_BITS


def distance(span: timedelta) -> int:
    """How far apart ids are that were made ``span`` apart, give or take a millisecond."""
    return int(span / timedelta(milliseconds=1)) << SEQUENCE_BITS
