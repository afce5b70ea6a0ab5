"""Which message of a batch leaves through which server now, and what becomes of those that leave through none."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from notifications import holds, rates, routing
from notifications.contracts import Channel
from notifications.delivery import health, suppressed
from notifications.delivery.health import HEALTHY, Condition
from notifications.models import Hold, MailServer, Message
from notifications.models.bucket import TokenBucket
from notifications.parcel import Outcome
from notifications.rates import Grant, Limit
from notifications.states import Verdict

Kind = TokenBucket.Kind

_NO_SERVER_WAIT = timedelta(seconds=60)
_NO_SERVER_WORDS = {
    Channel.EMAIL: "No mail server is enabled; the message waits for one.",
    Channel.SMS: "No SMS gateway is enabled; the message waits for one.",
}
_SHORTEST_REST = timedelta(seconds=2)
#: A hold without an end; its release wakes the row.
_NO_END = timedelta(days=36500)
#: A turn that comes within it is waited for in place; the loop looks again a few times a second.
_NEAR = timedelta(seconds=10)
#: An operator may raise a daily rate; messages that wait for midnight notice within this time.
_LONGEST_LOOK_AWAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that leave through one server. A rested server gets a single one, as a trial."""

    server: MailServer
    condition: Condition
    messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    groups: list[Group]
    #: Messages that go nowhere now: expired and suppressed ones, those whose routes are missing or resting, those over
    #: a daily rate.
    outcomes: list[Outcome]
    #: Messages whose turn comes within seconds: a rate is used up for the moment. They keep their place.
    held_back: list[Message]


def plan(messages: Sequence[Message]) -> Plan:
    """Distributes a batch, in four queries (one more where it holds SMS too) and one for each rate that is set.

    ``messages`` carry their tenant and submission, and ``is_expired`` by the database's clock.
    """
    brakes = holds.in_force()
    servers = _servers(messages)
    conditions = health.observe({server.pk for candidates in servers.values() for server in candidates})
    unwanted = suppressed.leave_out(messages)
    groups: dict[int, Group] = {}
    outcomes: list[Outcome] = []
    for message in messages:
        candidates = servers[message.channel, message.tenant_id]
        if message.is_expired:  # type: ignore[attr-defined]
            outcomes.append(_expired(message))
        elif message.pk in unwanted:
            outcomes.append(unwanted[message.pk])
        elif hold := brakes.find(message, candidates[0] if candidates else None):
            outcomes.append(_held(message, hold))
        elif not candidates:
            outcomes.append(_waiting(message, _NO_SERVER_WORDS[Channel(message.channel)], _NO_SERVER_WAIT))
        else:
            # A stand-in may be held although the first choice is not: mail does not fail over into a hold.
            free = [server for server in candidates if not brakes.find(message, server)]
            if not _assign(message, free, conditions, groups):
                outcomes.append(_resting(message, free, conditions))
    held_back: list[Message] = []
    for group in groups.values():
        _keep_to_rates(group, outcomes, held_back)
        if group.condition.needs_trial and not group.messages:
            health.withdraw_trial(group.server.pk)
    return Plan([group for group in groups.values() if group.messages], outcomes, held_back)


def _servers(messages: Sequence[Message]) -> dict[tuple[str, int], list[MailServer]]:
    """By channel and tenant, in the order in which they are tried."""
    tenants: dict[str, set[int]] = defaultdict(set)
    for message in messages:
        tenants[message.channel].add(message.tenant_id)
    return {
        (channel, tenant_id): servers
        for channel, tenant_ids in tenants.items()
        for tenant_id, servers in routing.list_by_tenant(tenant_ids, Channel(channel)).items()
    }


def plan_through(server: MailServer, messages: Sequence[Message]) -> Plan:
    """For messages that are to leave through ``server`` and no other, be it enabled, resting or neither."""
    brakes = holds.in_force()
    group = Group(server, HEALTHY)
    outcomes: list[Outcome] = []
    held_back: list[Message] = []
    for message in messages:
        if hold := brakes.find(message, server):
            outcomes.append(_held(message, hold))
        else:
            group.messages.append(message)
    _keep_to_rates(group, outcomes, held_back)
    return Plan([group] if group.messages else [], outcomes, held_back)


def _assign(
    message: Message,
    candidates: Sequence[MailServer],
    conditions: Mapping[int, Condition],
    groups: dict[int, Group],
) -> bool:
    """Gives the message to the first candidate that can take it."""
    for server in candidates:
        condition = conditions.get(server.pk, HEALTHY)
        group = groups.get(server.pk)
        if condition.is_resting or (condition.needs_trial and group is not None):
            continue
        if condition.needs_trial and not health.begin_trial(server.pk):
            continue
        groups.setdefault(server.pk, Group(server, condition)).messages.append(message)
        return True
    return False


def _keep_to_rates(group: Group, outcomes: list[Outcome], held_back: list[Message]) -> None:
    """Takes from the buckets of the tenants, then from the server's, and leaves in the group what may go."""
    server = group.server
    by_tenant: dict[int, list[Message]] = defaultdict(list)
    for message in group.messages:
        by_tenant[message.tenant_id].append(message)
    for tenant_id, messages in by_tenant.items():
        limit = Limit(per_second=messages[0].tenant.rate_per_second)
        grant = rates.take(Kind.TENANT, tenant_id, wanted=len(messages), limit=limit)
        _cut(group, messages[grant.count :], grant, outcomes, held_back)
    limit = Limit(per_second=server.rate_per_second, per_day=server.rate_per_day)
    grant = rates.take(Kind.ROUTE, server.pk, wanted=len(group.messages), limit=limit)
    _cut(group, group.messages[grant.count :], grant, outcomes, held_back)


def _cut(
    group: Group, messages: Sequence[Message], grant: Grant, outcomes: list[Outcome], held_back: list[Message]
) -> None:
    """Takes messages out of the group: back to their place when their turn is near, else to a later time."""
    if not messages:
        return
    late = {message.pk for message in messages}
    group.messages[:] = [message for message in group.messages if message.pk not in late]
    if grant.wait <= _NEAR:
        held_back.extend(messages)
    else:
        words = f"A rate of '{group.server.name}', or of the tenant itself, is used up."
        outcomes.extend(_waiting(message, words, min(grant.wait, _LONGEST_LOOK_AWAY)) for message in messages)


def _expired(message: Message) -> Outcome:
    words = "Its time ran out before it could be sent."
    return Outcome(message_id=message.pk, verdict=Verdict.EXPIRED, words=words, is_attempt=False)


def _held(message: Message, hold: Hold) -> Outcome:
    wait = max(hold.remaining, _SHORTEST_REST) if hold.until else _NO_END  # type: ignore[attr-defined]
    return replace(_waiting(message, f"Held by an operator: {hold.reason}", wait), hold_id=hold.pk)


def _resting(message: Message, candidates: Sequence[MailServer], conditions: Mapping[int, Condition]) -> Outcome:
    """Waits for the end of the first rest."""
    rests = [conditions.get(server.pk, HEALTHY).rests_for for server in candidates]
    wait = max(min((rest for rest in rests if rest), default=_SHORTEST_REST), _SHORTEST_REST)
    first = candidates[0]
    words = f"The server '{first.name}' is resting after failures: {conditions.get(first.pk, HEALTHY).words}"
    return _waiting(message, words, wait)


def _waiting(message: Message, words: str, wait: timedelta) -> Outcome:
    return Outcome(message_id=message.pk, verdict=Verdict.LATER, words=words, retry_after=wait, is_attempt=False)
