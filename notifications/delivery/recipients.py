"""Outcomes per recipient over several attempts. Pure: what is settled for an address stays settled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Verdict

#: Verdicts about an address that no later attempt changes.
FINAL = frozenset({Verdict.SENT, Verdict.NEVER, Verdict.SUPPRESSED})


def fold(outcome: Outcome, *, everyone: Sequence[str], earlier: Mapping[str, Mapping[str, Any]] | None) -> Outcome:
    """The outcome of a message as a whole, given what earlier attempts settled for some of its recipients.

    Sent when all were reached, refused when none can be, partial when it is final and mixed, later while one is open.
    Suppressed recipients are neither reached nor refused; a message that has nobody else is suppressed.
    """
    if len(everyone) == 1 or outcome.verdict not in (*FINAL, Verdict.PARTIAL, Verdict.LATER):
        return outcome
    alike = RecipientOutcome(verdict=outcome.verdict, code=outcome.code, words=outcome.words)
    settled = {
        address: RecipientOutcome(verdict=Verdict(each["verdict"]), code=each["code"], words=each["words"])
        for address, each in (earlier or {}).items()
        if each["verdict"] in FINAL
    }
    whole = {address: settled.get(address) or outcome.recipients.get(address, alike) for address in everyone}
    verdict = _verdict({each.verdict for each in whole.values()})
    differing = {address: each for address, each in whole.items() if each.verdict is not verdict}
    words = outcome.words
    if verdict is not outcome.verdict and verdict in (Verdict.PARTIAL, Verdict.NEVER):
        # The latest reply is about those who fared better, or about nobody.
        words = next(each.words for each in whole.values() if each.verdict is not Verdict.SENT)
    return replace(outcome, verdict=verdict, words=words, recipients=differing)


def _verdict(verdicts: set[Verdict]) -> Verdict:
    if len(verdicts) == 1:
        return next(iter(verdicts))
    if Verdict.LATER in verdicts:
        return Verdict.LATER
    return Verdict.PARTIAL if Verdict.SENT in verdicts else Verdict.NEVER
