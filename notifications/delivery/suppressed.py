"""Recipients suppressed since their message was accepted: asked once for a batch, just before it leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.delivery.compose import remaining_recipients
from notifications.delivery.recipients import fold
from notifications.models import Message
from notifications.parcel import Outcome
from notifications.states import Verdict


def leave_out(messages: Sequence[Message]) -> dict[int, Outcome]:
    """The ends, by message id, of messages that nobody gets any more. One query.

    Of the others, whoever is suppressed is entered into ``recipient_outcomes``, so that the message goes past them and
    what it comes to is recorded with them. ``submission`` is loaded already.
    """
    asked = [(message, address) for message in messages for address in remaining_recipients(message)]
    hits: dict[int, dict[str, SuppressionSource]] = {}
    found = suppression.find_each([_question(message, address) for message, address in asked])
    for place, source in found.items():
        message, address = asked[place]
        hits.setdefault(message.pk, {})[address] = source
    ends = {message.pk: _end(message, hits[message.pk]) for message in messages if message.pk in hits}
    return {id_: end for id_, end in ends.items() if end is not None}


def _question(message: Message, address: str) -> tuple[int, Channel, str, str]:
    return message.tenant_id, Channel(message.channel), address, message.submission.category


def _end(message: Message, hits: Mapping[str, SuppressionSource]) -> Outcome | None:
    outcomes: dict[str, Any] = dict(message.recipient_outcomes or {})
    for address, source in hits.items():
        outcomes[address] = {"verdict": Verdict.SUPPRESSED, "code": None, "words": suppression.explain(source)}
    # As at accept: copies alone are not sent.
    has_reader = any(outcomes.get(address, {}).get("verdict") != Verdict.SUPPRESSED for address in message.to)
    message.recipient_outcomes = outcomes
    if has_reader and remaining_recipients(message):
        return None
    words = suppression.explain(next(iter(hits.values())))
    end = Outcome(message_id=message.pk, verdict=Verdict.SUPPRESSED, words=words, is_attempt=False)
    everyone = dict.fromkeys([*message.to, *message.cc, *message.bcc])
    return fold(end, everyone=list(everyone), earlier=outcomes)
