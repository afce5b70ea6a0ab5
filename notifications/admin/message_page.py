"""Everything the page of one message shows, gathered in a fixed number of queries. Reads only."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from notifications.admin import marks
from notifications.contracts import Channel, Lane
from notifications.delivery.explain import explain, look
from notifications.models import Attachment, DeliveryAttempt, Hold, Message, Outbox
from notifications.states import Status, Verdict, may_follow
from tenants.admin_look import Tone
from tenants.models import ApiKey

_MASK = "••••••"
#: Names of variables whose values are nobody's business, should a caller send them in clear.
_SECRET_NAME = re.compile(r"pass(word|wd|phrase|code)?|pwd|secret|token|otp|(^|_|-)pin$|api_?key", re.IGNORECASE)
_ATTEMPTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Event:
    """A point on the timeline."""

    title: str
    when: datetime | None
    tone: Tone
    #: The server's own words, or ours where no server spoke.
    words: str = ""
    code: int | None = None
    route: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    kind: str
    address: str
    name: str
    outcome: SafeString
    code: int | None
    words: str


@dataclass(frozen=True, slots=True)
class MessagePage:
    message: Message
    status: SafeString
    meaning: str
    lane: str
    channel: str
    events: Sequence[Event]
    recipients: Sequence[Recipient]
    params: Sequence[tuple[str, str]]
    files: Sequence[Mapping[str, Any]]
    key: ApiKey | None
    template_url_id: int | None
    #: Why it goes which way, or waits; only for what has not left yet.
    explanation: Sequence[str]
    can_be_cancelled: bool
    can_be_requeued: bool


def gather(message: Message) -> MessagePage:
    """Four queries, and those of ``explain`` while it waits; ``message`` comes with its relations loaded."""
    attempts = (
        DeliveryAttempt.objects.for_tenant(message.tenant_id)
        .filter(message_id=message.pk)
        .select_related("route")
        .order_by("-id")[:_ATTEMPTS_SHOWN]
    )
    queued = Outbox.objects.filter(pk=message.pk).first()
    hold = None
    if queued is not None and queued.hold_id is not None:
        hold = Hold.objects.visible_to(message.tenant_id).filter(pk=queued.hold_id).first()
    files = (
        Attachment.objects.for_tenant(message.tenant_id)
        .filter(submission_id=message.submission_id)
        .values("name", "content_type", "content_id", "blob__size_bytes")
    )
    key = ApiKey.objects.for_tenant(message.tenant_id).filter(pk=message.submission.key_id).first()
    status = Status(message.status)
    version = message.template_version
    return MessagePage(
        message=message,
        status=marks.status(message.status),
        meaning=marks.STATUS_MEANINGS[status],
        lane=Lane(message.lane).name.title(),
        channel="E-mail" if message.channel == Channel.EMAIL else "SMS",
        events=tuple(_events(message, attempts, queued, hold)),
        recipients=tuple(_recipients(message)),
        params=tuple(_params(message)),
        files=tuple(files),
        key=key,
        template_url_id=None if version is None else version.translation_id,
        explanation=explain(look(message.tenant, message)).splitlines() if status is Status.PENDING else (),
        can_be_cancelled=status is Status.PENDING,
        can_be_requeued=status is not Status.SENT and may_follow(status, Status.PENDING),
    )


def _events(message: Message, attempts: Any, queued: Outbox | None, hold: Hold | None) -> Iterator[Event]:
    """Newest first, as one reads a history that is still being written."""
    if hold is not None:
        yield Event(title="Held back by an operator since", when=hold.created_at, tone=Tone.WARN, words=hold.reason)
    elif queued is not None:
        yield _next(queued)
    if message.status == Status.SUPPRESSED:
        words = message.failure_reason
        yield Event(title="Suppressed, so not sent", when=message.finished_at, tone=Tone.WARN, words=words)
    for attempt in attempts:
        known = Verdict(attempt.verdict)
        yield Event(
            title=f"Attempt {attempt.number}: {marks.VERDICT_WORDS[known].lower()}",
            when=attempt.finished_at,
            tone=marks.VERDICT_TONES[known],
            words=attempt.words,
            code=attempt.code,
            route=attempt.route.name if attempt.route else "",
            duration_ms=attempt.duration_ms,
        )
    is_told = queued is not None and hold is None and not queued.attempt
    if message.due_at is not None and message.due_at > message.created_at and not is_told:
        yield Event(title="Scheduled by the caller for", when=message.due_at, tone=Tone.QUIET)
    facade = message.submission.facade
    yield Event(title=f"Accepted through the {facade} API", when=message.created_at, tone=Tone.GOOD)


def _next(queued: Outbox) -> Event:
    if queued.in_flight_at is not None:
        return Event(title="On the wire since", when=queued.in_flight_at, tone=Tone.BUSY)
    if queued.leased_until is not None:
        return Event(title="In a worker's hands, at most until", when=queued.leased_until, tone=Tone.BUSY)
    if queued.rank is not None:
        return Event(title="Ready since", when=queued.due_at, tone=Tone.BUSY)
    title = "Next attempt" if queued.attempt else "Scheduled by the caller for"
    return Event(title=title, when=queued.due_at, tone=Tone.BUSY)


def _recipients(message: Message) -> Iterator[Recipient]:
    outcomes = message.recipient_outcomes or {}
    names = message.names or {}
    for kind, addresses in (("To", message.to), ("Cc", message.cc), ("Bcc", message.bcc)):
        for address in addresses:
            own = outcomes.get(address)
            yield Recipient(
                kind=kind,
                address=address,
                name=names.get(address, ""),
                outcome=marks.verdict(own["verdict"]) if own else marks.status(message.status),
                code=own.get("code") if own else None,
                words=own.get("words", "") if own else message.failure_reason,
            )


def _params(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in sorted((message.params or {}).items()):
        yield name, _MASK if _SECRET_NAME.search(name) else _text(value)
    if message.secrets or message.is_code:
        yield "sealed variables", f"{_MASK} (erased when the message ends)"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
