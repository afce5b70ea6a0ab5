"""Server answers and what they mean."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery import classify
from notifications.parcel import RecipientOutcome
from notifications.states import Verdict

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "words", "verdict"),
    [
        (250, "2.0.0 ok", Verdict.SENT),
        (251, "will forward", Verdict.SENT),
        (421, "4.3.2 shutting down", Verdict.LATER),
        (450, "4.2.0 greylisted", Verdict.LATER),
        (452, "4.2.2 mailbox full", Verdict.LATER),
        (452, "4.5.3 too many recipients", Verdict.LATER),
        (550, "5.1.1 no such user", Verdict.NEVER),
        (552, "5.2.2 mailbox full", Verdict.NEVER),
        (554, "5.7.1 spam", Verdict.NEVER),
        (354, "go on", Verdict.LATER),
    ],
)
def test_an_smtp_reply_gives_a_verdict(code: int, words: str, verdict: Verdict) -> None:
    assert classify.smtp_verdict(code, words) is verdict


def test_too_many_recipients_as_5xx_is_tried_again() -> None:
    assert classify.smtp_verdict(552, "5.5.3 too many recipients") is Verdict.LATER


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_demand_to_log_in_concerns_the_route_and_not_the_message(code: int) -> None:
    assert classify.is_route_refusal(code)


@pytest.mark.parametrize("code", [250, 450, 550, 553, 554])
def test_other_refusals_concern_the_message(code: int) -> None:
    assert not classify.is_route_refusal(code)


@pytest.mark.parametrize(
    ("words", "status"),
    [("5.1.1 no such user", "5.1.1"), ("4.7.650 slow down", "4.7.650"), ("no such user 5.1.1", None), ("", None)],
)
def test_an_enhanced_status_opens_the_text(words: str, status: str | None) -> None:
    assert classify.enhanced_status(words) == status


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("4.2.0 Greylisted, please try again in 300 seconds", 300),
        ("Greylisted for 5 minutes", 300),
        ("4.7.1 Try again in 2 hours.", 7200),
        ("please retry after 90s", 90),
        ("Greylisting in action, please come back in 00:04:58", 298),
        ("Message deferred, try again in about 10 min", 600),
        ("come back in 9999 hours", 24 * 3600),
    ],
)
def test_a_hint_in_the_reply_says_how_long_to_wait(words: str, seconds: int) -> None:
    assert classify.retry_after(words) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "words",
    ["4.7.1 try again later", "rate limit exceeded for 10.1.2.3", "in 0 seconds", "wait for 10 messages", "", "in 5"],
)
def test_words_without_a_time_give_no_hint(words: str) -> None:
    assert classify.retry_after(words) is None


def test_a_queue_id_is_read_from_the_servers_words() -> None:
    assert classify.queue_id("2.0.0 Ok: queued as 4XyZ12AbCd") == "4XyZ12AbCd"
    assert classify.queue_id("2.6.0 <1@x> Queued mail for delivery") == ""


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT),
        (202, Verdict.SENT),
        (302, Verdict.LATER),
        (400, Verdict.NEVER),
        (401, Verdict.LATER),
        (403, Verdict.LATER),
        (413, Verdict.NEVER),
        (422, Verdict.NEVER),
        (429, Verdict.LATER),
        (500, Verdict.LATER),
        (503, Verdict.LATER),
    ],
)
def test_an_http_status_gives_a_verdict(status: int, verdict: Verdict) -> None:
    assert classify.http_verdict(status) is verdict


@pytest.mark.parametrize(
    ("status", "words", "is_credential"),
    [
        (401, "", True),
        (403, '{"name": "invalid_api_key"}', True),
        (403, "The from address does not match a verified sender", False),
        (400, "token missing", False),
    ],
)
def test_only_refused_keys_are_a_matter_of_the_route(status: int, words: str, is_credential: bool) -> None:
    assert classify.is_credential_refusal(status, words) is is_credential


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Sun, 01 Mar 2026 12:10:00 GMT", 600),
        ("99999999999999999999", 24 * 3600),
        ("0", None),
        ("Sun, 01 Mar 2026 11:00:00 GMT", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_retry_after_header_is_seconds_or_a_date(value: str, seconds: int | None) -> None:
    wait = timedelta(seconds=seconds) if seconds else None

    assert classify.http_retry_after(value, now=NOW) == wait


@given(st.text(max_size=300))
def test_no_header_or_reply_text_breaks_the_readers(text: str) -> None:
    classify.http_retry_after(text, now=NOW)
    classify.retry_after(text)
    classify.queue_id(text)
    classify.enhanced_status(text)

    assert "\n" not in classify.clean_words(text)


@pytest.mark.parametrize(
    "hostile",
    ["in " * 50_000, "for 1" * 50_000, "9" * 200_000, "queued as " * 20_000, "5.1." * 50_000, "\r\n" * 90_000],
)
def test_a_huge_hostile_reply_costs_no_time(hostile: str) -> None:
    began = time.thread_time()

    classify.retry_after(hostile)
    classify.queue_id(hostile)
    classify.enhanced_status(hostile)
    classify.clean_words(hostile)
    classify.http_retry_after(hostile, now=NOW)

    assert time.thread_time() - began < 1


def refused(verdict: Verdict, words: str = "") -> RecipientOutcome:
    return RecipientOutcome(verdict, 550, words)


SENT = RecipientOutcome(Verdict.SENT, 250, "ok")


@pytest.mark.parametrize(
    ("verdicts", "summed"),
    [
        ([Verdict.SENT, Verdict.SENT], Verdict.SENT),
        ([Verdict.NEVER, Verdict.NEVER], Verdict.NEVER),
        ([Verdict.SENT, Verdict.NEVER], Verdict.PARTIAL),
        ([Verdict.SENT, Verdict.LATER], Verdict.LATER),
        ([Verdict.NEVER, Verdict.LATER], Verdict.LATER),
        ([Verdict.SENT, Verdict.LATER, Verdict.UNCERTAIN], Verdict.UNCERTAIN),
    ],
)
def test_recipients_sum_up_to_the_message(verdicts: list[Verdict], summed: Verdict) -> None:
    by_recipient = {f"{number}@x.test": refused(verdict) for number, verdict in enumerate(verdicts)}

    assert classify.sum_up(1, by_recipient).verdict is summed


def test_the_sum_lists_only_recipients_that_fared_differently() -> None:
    outcome = classify.sum_up(7, {"a@x.test": SENT, "b@x.test": refused(Verdict.LATER, "try again in 5 minutes")})

    assert outcome.recipients == {"a@x.test": SENT}
    assert (outcome.code, outcome.words) == (550, "try again in 5 minutes")
    assert outcome.retry_after == timedelta(minutes=5)


def test_a_partial_success_speaks_with_the_words_of_the_refusal() -> None:
    by_recipient = {"a@x.test": SENT, "b@x.test": refused(Verdict.NEVER, "no such user")}

    outcome = classify.sum_up(7, by_recipient)

    assert outcome.words == "no such user"
    assert outcome.recipients == by_recipient


def test_a_message_to_nobody_is_final() -> None:
    assert classify.sum_up(7, {}).verdict is Verdict.NEVER
