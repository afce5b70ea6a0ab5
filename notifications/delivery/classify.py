"""What a server's answer means for a message: sent, try later, never; and how long it asks us to wait. Pure.

Patterns run over foreign text, so every one of them is linear and the text is cut before it is searched.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Verdict

#: What is stored of a server's words.
WORDS_LIMIT = 1000
#: A hint beyond it is taken for a mistake of the server's.
LONGEST_WAIT = timedelta(hours=24)

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
_QUEUED_AS = re.compile(r"queued (?:mail for delivery )?as ([A-Za-z0-9.-]{4,64})", re.IGNORECASE)
# "try again in 5 minutes", "retry after 300 seconds", "greylisted for 5 min", "come back in 00:04:58".
_HINT = re.compile(
    r"\b(?:in|after|for|wait)(?: (?:at least|about|another))? "
    r"(?:([0-9]{1,2}):([0-9]{2}):([0-9]{2})\b|([0-9]{1,6}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b)",
    re.IGNORECASE,
)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
_CREDENTIAL = re.compile(r"api.?key|token|credential|signature|unauthori[sz]ed|access ?denied", re.IGNORECASE)


def clean_words(text: str) -> str:
    """Foreign text as we store and show it: one line, printable, at most WORDS_LIMIT characters."""
    return _UNPRINTABLE.sub(" ", text[: 4 * WORDS_LIMIT]).strip()[:WORDS_LIMIT]


def smtp_verdict(code: int, words: str = "") -> Verdict:
    """4xx is later, 5xx never (RFC 5321 4.2.1); what is neither a success nor a refusal is tried again."""
    if 200 <= code < 300:
        return Verdict.SENT
    if code >= 500 and enhanced_status(words) != "5.5.3":
        return Verdict.NEVER
    # 5.5.3 is "too many recipients": the rest of them may go next time (RFC 5321 4.5.3.1.10).
    return Verdict.LATER


def is_route_refusal(code: int) -> bool:
    """The server wants us to log in, or to encrypt, before it talks about this message (RFC 4954 6, RFC 3207 4).

    These are 5xx, but a rotated password must not turn every waiting message into a bounce.
    """
    return code in (530, 534, 535, 538)


def enhanced_status(words: str) -> str | None:
    """The RFC 3463 status that opens the text, for example "5.1.1"; None without one."""
    found = _ENHANCED.match(words)
    return found[0] if found else None


def queue_id(words: str) -> str:
    """The id under which the server keeps the message, as far as it says; empty otherwise."""
    found = _QUEUED_AS.search(words[:WORDS_LIMIT])
    return found[1] if found else ""


def retry_after(words: str) -> timedelta | None:
    """The wait that a refusal asks for in its text, at most LONGEST_WAIT; None where it names none."""
    found = _HINT.search(words[:WORDS_LIMIT])
    if found is None:
        return None
    hours, minutes, seconds, number, unit = found.groups()
    if number is None:
        return _wait(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
    return _wait(int(number) * _UNIT_SECONDS[unit[0].lower()])


def http_verdict(status: int) -> Verdict:
    """2xx is sent. Never: what our own request got wrong. Later: everything that may pass or can be mended."""
    if 200 <= status < 300:
        return Verdict.SENT
    if status in (401, 402, 403, 404, 407, 408, 409, 421, 423, 425, 429) or not 400 <= status < 500:
        return Verdict.LATER
    return Verdict.NEVER


def is_credential_refusal(status: int, words: str) -> bool:
    """The service does not know us: a 401, or a 403 that speaks of keys (others mean this sender or message)."""
    return status == 401 or (status == 403 and _CREDENTIAL.search(words[:WORDS_LIMIT]) is not None)


def http_retry_after(value: str, *, now: datetime) -> timedelta | None:
    """A Retry-After header (RFC 9110 10.2.3): seconds or a date; None when it is neither or in the past."""
    if value.isascii() and value.isdigit():
        return _wait(int(value[:9]))
    try:
        date = parsedate_to_datetime(value[:64])
    except ValueError:
        return None
    return _wait(int((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()))


def esp_verdict(status: str | None) -> Verdict:
    """Anymail's normalised status of one recipient. What a service reports as unknown may have left."""
    if status in ("sent", "queued"):
        return Verdict.SENT
    return Verdict.NEVER if status in ("invalid", "rejected", "failed") else Verdict.UNCERTAIN


def sum_up(
    message_id: int, by_recipient: Mapping[str, RecipientOutcome], *, duration_ms: int = 0, provider_id: str = ""
) -> Outcome:
    """One outcome for the message from those of its recipients.

    Uncertain wins, then later: while anything is open the message is. Final and mixed is partial.
    """
    if not by_recipient:
        return Outcome(message_id=message_id, verdict=Verdict.NEVER, words="Nobody is left to send it to.")
    verdict = _common({each.verdict for each in by_recipient.values()})
    # Of a partial success the refusal is what a human wants to read.
    spoken = verdict if verdict is not Verdict.PARTIAL else Verdict.NEVER
    speaker = next(each for each in by_recipient.values() if each.verdict is spoken)
    return Outcome(
        message_id=message_id,
        verdict=verdict,
        code=speaker.code,
        words=speaker.words,
        recipients={address: each for address, each in by_recipient.items() if each.verdict is not verdict},
        provider_id=provider_id,
        retry_after=retry_after(speaker.words) if verdict is Verdict.LATER else None,
        duration_ms=duration_ms,
    )


def _common(verdicts: set[Verdict]) -> Verdict:
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return next((open_ for open_ in (Verdict.UNCERTAIN, Verdict.LATER) if open_ in verdicts), Verdict.PARTIAL)


def _wait(seconds: int) -> timedelta | None:
    return min(timedelta(seconds=seconds), LONGEST_WAIT) if seconds > 0 else None
