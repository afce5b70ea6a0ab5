"""Telling senders, by mail, what could not be delivered. Exactly once for a message, and never about a notice.

Who wants to know says so in the transaction that accepts the message; other mail costs nothing. A notice is submitted
like all mail, in the transaction that forgets the wish, and nobody watches it.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from django.db import transaction
from django.db.models.functions import Now

from notifications.contracts import Address, Content, SendRequest
from notifications.errors import SenderMissing
from notifications.models import DeliveryWatch, Message
from notifications.states import Status, Verdict
from notifications.submit import submit
from tenants.errors import DomainError

log = logging.getLogger(__name__)

PREFIX = "[Message delivery failed]"
#: RFC 3834: no responder answers it.
_HEADERS = {"Auto-Submitted": "auto-replied"}
#: Messages looked after at a time, and addresses named in one notice.
_BATCH = 500
_MAX_NAMED = 100
#: How long until somebody tries again after a notice was refused or its writer died, and when it is given up.
_AGAIN = timedelta(minutes=10)
_GIVEN_UP_AFTER = timedelta(days=1)
_OPEN = (Status.PENDING, Status.UNCERTAIN)
#: What becomes of an address of whose own outcome nothing is known. A person who cancels needs no notice.
_UNDELIVERED = (Status.FAILED, Status.EXPIRED, Status.SUPPRESSED)


def watch(tenant_id: int, message_ids: Sequence[int], *, notify: str) -> None:
    """``notify`` is told of each of these that ends undelivered. Call it in the transaction that submits them."""
    DeliveryWatch.objects.for_tenant(tenant_id).bulk_create(
        DeliveryWatch(tenant_id=tenant_id, message_id=message_id, notify=notify) for message_id in message_ids
    )


def write() -> int:
    """Looks after watched messages that have ended, and writes one notice per call with failures; returns how many."""
    return sum(_settle(ids) for ids in _by_submission(_take()))


def _take() -> list[Message]:
    """The failures among the next ended ones, nobody else's for a while. What was sent is forgotten here."""
    with transaction.atomic():
        # Workers look after the messages of all tenants.
        watches = DeliveryWatch.across_tenants.filter(due_at__lte=Now()).exclude(message__status__in=_OPEN)
        taken = list(
            watches.select_related("message").select_for_update(of=("self",), skip_locked=True).order_by("pk")[:_BATCH]
        )
        if not taken:
            return []
        failed = [each.message for each in taken if _undelivered(each.message)]
        ids = {message.pk for message in failed}
        DeliveryWatch.across_tenants.filter(pk__in=[each.pk for each in taken if each.pk not in ids]).delete()
        DeliveryWatch.across_tenants.filter(pk__in=ids).update(due_at=Now() + _AGAIN)
    return failed


def _by_submission(messages: Sequence[Message]) -> Collection[list[int]]:
    ids: dict[int, list[int]] = defaultdict(list)
    for message in messages:
        ids[message.submission_id].append(message.pk)
    return ids.values()


def _settle(message_ids: Collection[int]) -> bool:
    """Writes one notice about these messages of one call. True when it did."""
    watches = DeliveryWatch.across_tenants.filter(pk__in=message_ids)
    try:
        with transaction.atomic():
            held = list(
                watches.select_related("tenant", "message__submission").select_for_update(of=("self",)).order_by("pk")
            )
            failures = {address: words for each in held for address, words in _undelivered(each.message).items()}
            if not failures:
                # Somebody else was sooner, or sends it once more.
                return False
            _submit(held[0], failures)
            watches.delete()
    except DomainError as refusal:
        log.warning("A notice of failure was not accepted: %s", refusal.code)
        watches.filter(message__finished_at__lt=Now() - _GIVEN_UP_AFTER).delete()
        return False
    return True


def _submit(watch: DeliveryWatch, failures: Mapping[str, str]) -> None:
    """Raises what ``submit`` raises."""
    notice, submission = _notice(watch, failures), watch.message.submission
    try:
        submit(watch.tenant, notice)
    except SenderMissing:
        # The server has no address of its own, but it took this one.
        submit(watch.tenant, replace(notice, sender=Address(submission.sender_address)))


def _notice(watch: DeliveryWatch, failures: Mapping[str, str]) -> SendRequest:
    submission = watch.message.submission
    lines = [f"{address}\n    {words}" for address, words in list(failures.items())[:_MAX_NAMED]]
    if len(failures) > _MAX_NAMED:
        lines.append(f"and {len(failures) - _MAX_NAMED} more")
    text = "\n".join(
        [
            "Your message could not be delivered to:",
            "",
            *lines,
            "",
            f"Subject: {submission.subject}",
            f"Sent: {submission.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        ]
    )
    return SendRequest(
        facade=submission.facade,
        recipients=(Address(watch.notify),),
        content=Content(subject=f"{PREFIX} {submission.subject}", text=text),
        headers=_HEADERS,
        out_id=f"NOTICE-{submission.pk}",
        user_id=watch.message.user_id,
        key_id=submission.key_id,
    )


def _undelivered(message: Message) -> dict[str, str]:
    """Who did not get it, and why in the server's words."""
    outcomes = message.recipient_outcomes or {}
    alike = message.failure_reason or "It was refused."
    failures: dict[str, str] = {}
    for address in (*message.to, *message.cc, *message.bcc):
        own = outcomes.get(address)
        if own is not None and own["verdict"] != Verdict.SENT and message.status != Status.CANCELLED:
            failures[address] = own["words"] or alike
        elif own is None and message.status in _UNDELIVERED:
            failures[address] = alike
    return failures
