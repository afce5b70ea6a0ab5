"""The delivery loop: claim, plan, carry. One path for the Celery tasks, the command and the sweep.

No transaction is open while anything goes over a wire. A crash at any point leaves rows that the reaper finds; only
between the end of a body and the settling of its window may a message go twice, and then under the same Message-ID.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from django.db.models import Q
from django.db.models.functions import Now

from notifications import holds, outbox
from notifications.contracts import Lane
from notifications.delivery.carry import Job, Stop, carry
from notifications.delivery.crew import Crew
from notifications.delivery.plan import Group, plan, plan_through
from notifications.delivery.transports import Timeouts, close_idle
from notifications.models import MailServer, Message
from notifications.outbox import Lease
from notifications.parcel import Outcome
from notifications.states import Status, Verdict

#: Messages claimed for each free thread, and the least that is worth a connection of its own.
_SHARE = 50
_LEAST = 10
#: How long the loop waits for a thread, or for new work while slow servers keep it from ending; seconds.
_GLANCE_S = 0.2
#: While somebody waits: no further message is begun after it, and each step of one gets less time than otherwise. The
#: connection is not kept, since a web process sends nothing else.
_WAITED_S = 15.0
_PATIENCE = Timeouts(connect_s=5, command_s=5, body_s=5, data_end_s=10, idle_s=0)


def deliver_due(*, lane: Lane = Lane.BULK, limit_s: float = 30.0, stop: Stop | None = None) -> Counter[Verdict]:
    """Delivers what is due in ``lane`` and the more urgent ones; returns the attempts by verdict.

    Claims until nothing is left, ``limit_s`` seconds have passed or ``stop`` is set; returns when all it claimed is
    settled or given back. While a slow server keeps some threads past the limit, the others go on for everybody else.
    """
    deadline = time.monotonic() + limit_s
    #: Tenants left out of the next claims: their server has all its threads, or a rate is used up for the moment.
    waiting: set[int] = set()
    with Crew() as crew:
        while True:
            is_stopped = stop is not None and stop.is_set()
            may_claim = not is_stopped and (time.monotonic() < deadline or crew.is_held_up)
            if may_claim and crew.free and _take_up(crew, lane, waiting, stop):
                crew.collect()
            elif crew.is_busy:
                crew.collect(timeout_s=_GLANCE_S)
                waiting.clear()
            elif may_claim and waiting:
                time.sleep(_GLANCE_S)
                waiting.clear()
            else:
                return crew.counts


def deliver_now(lease: Lease, server: MailServer) -> list[str]:
    """Sends what ``lease`` (of ``outbox.take``) holds through exactly ``server``, while somebody waits for it.

    All are settled when it returns, and none is tried again. Returns why some were not sent, in the server's words.
    """
    deadline = time.monotonic() + _WAITED_S
    messages = _load(lease.attempts)
    planned = plan_through(server, messages)
    late = [_not_tried(message, "a rate is used up") for message in planned.held_back]
    outbox.settle([(outcome, None) for outcome in (*planned.outcomes, *late)], lease=lease)
    for message in (message for group in planned.groups for message in group.messages):
        if time.monotonic() > deadline:
            outbox.settle([(_not_tried(message, "the ones before it took too long"), None)], lease=lease)
        else:
            # Whether the server works is what is being asked: the answer is news, whatever was known of it before.
            carry(Job(server, [message], lease, is_doubtful=True, timeouts=_PATIENCE))
    close_idle()
    return _failures(messages)


def recover() -> int:
    """Takes back what dead workers left behind and what was held a moment too late; returns how many messages."""
    total = holds.wake_late()
    while (found := outbox.reap()) > 0:
        total += found
    return total


def _take_up(crew: Crew, lane: Lane, waiting: set[int], stop: Stop | None) -> bool:
    """Claims a batch and starts its jobs. False when nothing was there to claim."""
    outbox.promote()
    lease = outbox.claim(lane=lane, limit=crew.free * _SHARE, skip_tenants=waiting, with_suspect=not crew.has_suspect)
    if not lease.attempts:
        return False
    planned = plan(_load(lease.attempts))
    outbox.settle([(outcome, None) for outcome in planned.outcomes], lease=lease)
    _give_back(planned.held_back, lease, waiting)
    for group in planned.groups:
        room = min(crew.free_for(group.server.pk), max(crew.free, 1), -(-len(group.messages) // _LEAST))
        slots = crew.slots.take(group.server, room) if room else []
        if not slots:
            _give_back(group.messages, lease, waiting)
        for slot, share in zip(slots, _shares(group, len(slots)), strict=True):
            is_doubtful = group.condition.failures > 0
            crew.start(
                Job(
                    server=group.server,
                    messages=share,
                    lease=lease,
                    is_doubtful=is_doubtful,
                    slot=slot,
                    stop=stop,
                )
            )
    return True


def _give_back(messages: Sequence[Message], lease: Lease, waiting: set[int]) -> None:
    """Leaves messages in their place, and their tenants out of the claims that follow at once."""
    waiting.update(message.tenant_id for message in messages)
    if messages:
        outbox.release([message.pk for message in messages], lease=lease)


def _load(ids: Collection[int]) -> list[Message]:
    """The messages with their submissions, in the order of the lease. One query."""
    # A worker serves all tenants; everything it reads hangs on the messages that it leased.
    rows = (
        Message.across_tenants.filter(pk__in=ids)
        .select_related("submission", "tenant")
        .annotate(is_expired=Q(expires_at__isnull=False, expires_at__lte=Now()))
        .in_bulk()
    )
    return [rows[id_] for id_ in ids if id_ in rows]


def _shares(group: Group, jobs: int) -> Iterator[Sequence[Message]]:
    """The group's messages, split evenly over ``jobs`` connections."""
    for job in range(jobs):
        yield group.messages[len(group.messages) * job // jobs : len(group.messages) * (job + 1) // jobs]


def _not_tried(message: Message, why: str) -> Outcome:
    return Outcome(message_id=message.pk, verdict=Verdict.NEVER, words=f"It was not tried: {why}.", is_attempt=False)


def _failures(messages: Sequence[Message]) -> list[str]:
    # As in ``_load``: what was leased names the rows.
    rows = Message.across_tenants.filter(pk__in=[message.pk for message in messages])
    unsent = rows.exclude(status__in=[Status.SENT, Status.DELIVERED]).order_by("pk")
    return [reason or status for reason, status in unsent.values_list("failure_reason", "status")]
