"""How statuses, verdicts and lanes look: a colour and always a word."""

from django.utils.safestring import SafeString

from notifications.contracts import Lane
from notifications.delivery.health import Condition
from notifications.models import MailServer
from notifications.states import Status, Verdict
from tenants.admin_look import Tone, badge

STATUS_TONES: dict[Status, Tone] = {
    Status.PENDING: Tone.BUSY,
    Status.SENT: Tone.GOOD,
    Status.DELIVERED: Tone.GOOD,
    Status.PARTIAL: Tone.WARN,
    Status.FAILED: Tone.BAD,
    Status.UNCERTAIN: Tone.WARN,
    Status.CANCELLED: Tone.QUIET,
    Status.SUPPRESSED: Tone.QUIET,
    Status.EXPIRED: Tone.WARN,
    Status.BOUNCED: Tone.BAD,
    Status.COMPLAINED: Tone.BAD,
}
STATUS_MEANINGS: dict[Status, str] = {
    Status.PENDING: "Waiting to be sent, or being sent right now.",
    Status.SENT: "The mail server accepted it for all recipients.",
    Status.DELIVERED: "The provider reports that it arrived.",
    Status.PARTIAL: "Some recipients were accepted, others refused for good.",
    Status.FAILED: "It could not be sent and will not be tried again by itself.",
    Status.UNCERTAIN: "The connection broke before the server's reply: it may or may not have arrived.",
    Status.CANCELLED: "Stopped before it left.",
    Status.SUPPRESSED: "Not sent: the recipient is on the suppression list.",
    Status.EXPIRED: "Its time ran out before it could be sent.",
    Status.BOUNCED: "It was accepted first and came back later.",
    Status.COMPLAINED: "The recipient marked it as spam.",
}
VERDICT_TONES: dict[Verdict, Tone] = {
    Verdict.SENT: Tone.GOOD,
    Verdict.PARTIAL: Tone.WARN,
    Verdict.LATER: Tone.BUSY,
    Verdict.NEVER: Tone.BAD,
    Verdict.UNCERTAIN: Tone.WARN,
    Verdict.EXPIRED: Tone.WARN,
    Verdict.SUPPRESSED: Tone.QUIET,
}
VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.SENT: "Accepted",
    Verdict.PARTIAL: "Partly accepted",
    Verdict.LATER: "Try again later",
    Verdict.NEVER: "Refused",
    Verdict.UNCERTAIN: "Uncertain",
    Verdict.EXPIRED: "Expired",
    Verdict.SUPPRESSED: "Suppressed",
}
_LANE_TONES = {Lane.URGENT: Tone.WARN, Lane.NORMAL: Tone.QUIET, Lane.BULK: Tone.QUIET}


def status(value: str) -> SafeString:
    known = Status(value)
    return badge(known.value.title(), STATUS_TONES[known], title=STATUS_MEANINGS[known])


def verdict(value: str) -> SafeString:
    known = Verdict(value)
    return badge(VERDICT_WORDS[known], VERDICT_TONES[known])


def server(row: MailServer, condition: Condition) -> SafeString:
    """Where a route stands: used, standing by, off; and whether it rests because it failed."""
    if condition.is_resting and (row.enabled or row.failover_rank is not None):
        return badge("Resting", Tone.BAD, title=f"{condition.failures} failures in a row: {condition.words}")
    if row.enabled:
        return badge("Enabled", Tone.GOOD, title="Mail goes here first")
    if row.failover_rank is not None:
        return badge(f"Standby {row.failover_rank}", Tone.BUSY, title="Takes over while the enabled one cannot send")
    return badge("Off", Tone.QUIET)


def lane(value: int) -> SafeString:
    known = Lane(value)
    return badge(known.name.title(), _LANE_TONES[known])
