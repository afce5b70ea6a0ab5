"""Why mail leaves through this server and not another, or through none: the workers' choice, spelled out for people.

``look`` gathers what they would see now and changes nothing; ``explain`` is pure. For the command and the admin.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from notifications import holds, rates, routing
from notifications.contracts import Address, Channel
from notifications.delivery import health, suppressed
from notifications.delivery.health import HEALTHY, Condition
from notifications.holds import Holds
from notifications.models import MailServer, Message, Outbox
from notifications.models.bucket import TokenBucket
from notifications.rates import Left, Limit
from notifications.states import Status
from tenants.errors import DomainError
from tenants.models import Tenant

_UNLIMITED = Left(now=None, today=None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that could carry the mail."""

    id: int
    name: str
    #: Why it stands where it stands: enabled, or as a stand-in of some rank; the tenant's or the platform's.
    place: str
    condition: Condition = HEALTHY
    left: Left = _UNLIMITED
    #: The reason of the hold that keeps this mail from leaving through it; empty: none does.
    hold: str = ""
    #: Why the mail could not be sent as its sender through it; empty: it could.
    sender_problem: str = ""

    @property
    def is_open(self) -> bool:
        return not self.hold and not self.condition.is_resting


@dataclass(frozen=True, slots=True)
class Situation:
    tenant: str
    #: Mail or SMS.
    what: str
    #: What the tenant's own rate leaves.
    left: Left
    #: In the order in which workers try them.
    candidates: Sequence[Candidate]
    #: How it stands with the message in question, a sentence each; empty: mail of this tenant in general.
    message: Sequence[str] = ()
    is_ended: bool = False
    #: Why nobody would get the message: all its recipients are suppressed. Empty: somebody would.
    unwanted: str = ""


def look(tenant: Tenant, message: Message | None = None, *, channel: Channel = Channel.EMAIL) -> Situation:
    """What a worker would see now that took up this message, or, without one, any mail or SMS of this tenant."""
    mail = message or Message(tenant_id=tenant.pk, channel=channel, to=[], cc=[], bcc=[])
    channel = Channel(mail.channel)
    servers = routing.list_by_tenant([tenant.pk], channel)[tenant.pk]
    conditions = health.observe([server.pk for server in servers])
    brakes = holds.in_force()
    sender = _sender(message)
    return Situation(
        tenant=tenant.code,
        what="Mail" if channel is Channel.EMAIL else "SMS",
        left=rates.left(TokenBucket.Kind.TENANT, tenant.pk, Limit(per_second=tenant.rate_per_second)),
        candidates=[_candidate(server, conditions.get(server.pk, HEALTHY), mail, sender, brakes) for server in servers],
        message=tuple(_sentences(message)) if message else (),
        is_ended=message is not None and message.status != Status.PENDING,
        unwanted=_unwanted(message) if message else "",
    )


def explain(situation: Situation) -> str:
    """A line per server in the order in which they are tried, and what follows from them."""
    lines = list(situation.message)
    if situation.is_ended:
        lines.append("Sent again now, it would go like this:")
    lines += [f"{n}. {_describe(candidate)}" for n, candidate in enumerate(situation.candidates, start=1)]
    return "\n".join([*lines, *_conclude(situation)])


def _unwanted(message: Message) -> str:
    end = suppressed.leave_out([copy(message)]).get(message.pk)
    return end.words if end else ""


def _sender(message: Message | None) -> Address | None:
    if message is None or not message.submission.sender_address:
        return None
    return Address(message.submission.sender_address)


def _candidate(
    server: MailServer, condition: Condition, mail: Message, sender: Address | None, brakes: Holds
) -> Candidate:
    hold = brakes.find(mail, server)
    limit = Limit(per_second=server.rate_per_second, per_day=server.rate_per_day)
    rank = "enabled" if server.enabled else f"stand-in of rank {server.failover_rank}"
    return Candidate(
        id=server.pk,
        name=server.name,
        place=f"the platform's, {rank}" if server.tenant_id is None else rank,
        condition=condition,
        left=rates.left(TokenBucket.Kind.ROUTE, server.pk, limit),
        hold=hold.reason if hold else "",
        sender_problem=_sender_problem(mail, sender, server),
    )


def _sender_problem(mail: Message, sender: Address | None, server: MailServer) -> str:
    if mail.channel != Channel.EMAIL:
        return ""
    try:
        routing.check_sender(mail.tenant_id, sender, server)
    except DomainError as error:
        return str(error)
    return ""


def _sentences(message: Message) -> Iterator[str]:
    row = Outbox.objects.filter(pk=message.pk).first()
    if row is None:
        yield f"Message {message.pk} is {message.status} since {_shown(message.finished_at)}."
    elif row.leased_until is not None:
        yield f"Message {message.pk} is in the hands of a worker, at the latest until {_shown(row.leased_until)}."
    elif row.rank is not None:
        yield f"Message {message.pk} is ready: the next free worker takes it in its turn."
    elif row.hold_id is not None:
        yield f"Message {message.pk} waits for hold {row.hold_id} (manage.py release)."
    else:
        yield f"Message {message.pk} waits until {_shown(row.due_at)}, after {row.attempt} attempts."
    if message.failure_reason:
        yield f"Last heard: {message.failure_reason}"


def _describe(candidate: Candidate) -> str:
    facts = [_state(candidate.condition)]
    if candidate.hold:
        facts.insert(0, f"held by an operator ({candidate.hold})")
    if candidate.left.now is not None:
        facts.append(f"its rate allows {candidate.left.now} now")
    if candidate.left.today is not None:
        facts.append(f"{candidate.left.today} more today")
    if candidate.sender_problem:
        facts.append(candidate.sender_problem.rstrip("."))
    return f"{candidate.name} (id {candidate.id}), {candidate.place}: {'; '.join(facts)}."


def _state(condition: Condition) -> str:
    if not condition.failures:
        return "sound"
    history = f"{condition.failures} failures in a row ({condition.words})"
    if condition.is_resting:
        return f"rests after {history} until {_shown(condition.rests_until)}, or while a worker tries it"
    return f"{history}; gets one message as a trial" if condition.needs_trial else f"{history}, still in use"


def _conclude(situation: Situation) -> Iterator[str]:
    candidates, what = situation.candidates, situation.what
    if situation.unwanted:
        yield f"{what} does not leave. {situation.unwanted}"
        return
    if not candidates:
        yield f"{what} waits: {situation.tenant} has no way out that is enabled or stands in, nor has the platform."
        return
    if candidates[0].hold:
        yield f"{what} waits: what would leave through {candidates[0].name} is held, and does not move on to the next."
        return
    chosen = next((candidate for candidate in candidates if candidate.is_open), None)
    if chosen is None:
        yield f"{what} waits: each of them rests or is held."
        return
    yield f"{what} leaves through {chosen.name}."
    if chosen.condition.needs_trial:
        yield "All but the one on trial take the next that is open, or wait."
    if situation.left.now == 0:
        yield f"But not in this moment: the rate of {situation.tenant} is used up."
    if chosen.left.now == 0 or chosen.left.today == 0:
        yield f"But not in this moment: the rate of {chosen.name} is used up."


def _shown(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}" if moment else "some time ago"
