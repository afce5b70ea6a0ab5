"""What was accepted against what arrived: lost, sent twice, and whether each double has its uncertain attempt."""

from collections import Counter
from collections.abc import Collection, Iterable

from notifications.models import DeliveryAttempt, Message, Outbox
from notifications.states import Status, Verdict

#: Ends in which nobody was reached and nobody waits.
_ENDED = (Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.SUPPRESSED, Status.UNCERTAIN)


def arrivals(message_ids: Iterable[str]) -> Counter[int]:
    """How often each message arrived, by our id, which is the left side of its Message-ID."""
    return Counter(int(message_id.strip("<>").partition("@")[0]) for message_id in message_ids)


def doubles(message_ids: Iterable[str]) -> Counter[int]:
    """The copies too many, by message."""
    return Counter({id_: count - 1 for id_, count in arrivals(message_ids).items() if count > 1})


def lost(ids: Collection[int], message_ids: Iterable[str]) -> set[int]:
    """Those that neither arrived nor are still due nor ended in a way that an operator sees."""
    due = Outbox.objects.filter(message_id__in=ids).values_list("pk", flat=True)
    ended = Message.across_tenants.filter(pk__in=ids, status__in=_ENDED).values_list("pk", flat=True)
    return set(ids) - set(arrivals(message_ids)) - set(due) - set(ended)


def unexplained(message_ids: Iterable[str]) -> set[int]:
    """Messages that arrived more often than their uncertain attempts can account for."""
    uncertain = Counter(
        DeliveryAttempt.across_tenants.filter(verdict=Verdict.UNCERTAIN).values_list("message_id", flat=True)
    )
    return {id_ for id_, copies in doubles(message_ids).items() if copies > uncertain[id_]}


def statuses(ids: Collection[int] | None = None) -> Counter[str]:
    """How many messages have which status."""
    rows = Message.across_tenants.all() if ids is None else Message.across_tenants.filter(pk__in=ids)
    return Counter(rows.values_list("status", flat=True))


def verdicts(message_id: int) -> list[str]:
    """Of a message's attempts, in their order."""
    rows = DeliveryAttempt.across_tenants.filter(message_id=message_id)
    return list(rows.order_by("pk").values_list("verdict", flat=True))


def is_idle() -> bool:
    """Nothing is left to do."""
    return not Outbox.objects.exists()
