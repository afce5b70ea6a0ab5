"""Connections that die, hang or babble in the middle of mail: what is sent, what is not, what nobody can know."""

import resource
import time
from dataclasses import replace

import pytest

from notifications.delivery.transports import Timeouts, open_session
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tests.faults.harness.mail import HASTY, PATIENT, message, messages, smtp_route
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

BOTH = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])


def send(sink: Sink, *window: Composed, timeouts: Timeouts = PATIENT) -> list[Outcome]:
    with open_session(smtp_route(sink.port), timeouts=timeouts) as session:
        return session.send(window)


def verdicts(outcomes: list[Outcome]) -> list[tuple[Verdict, bool]]:
    return [(outcome.verdict, outcome.is_attempt) for outcome in outcomes]


#: Hasty only in what is tried; what comes before has time, however busy the machine.
LISTENING = replace(HASTY, command_s=5)
#: What a busy machine may add to a time-out.
SLACK_S = 5

SENT = (Verdict.SENT, True)
TRIED = (Verdict.LATER, True)
UNTRIED = (Verdict.LATER, False)
UNCERTAIN = (Verdict.UNCERTAIN, True)


@BOTH
@pytest.mark.parametrize("do", ["drop", "reset"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_cut_before_the_body_is_an_attempt_of_that_message_only(step: str, do: str, pipelining: bool) -> None:
    cut = Rule(step, do=do, skip=1)  # type: ignore[arg-type]

    with Sink([cut], pipelining=pipelining) as sink:
        outcomes = send(sink, *messages(4))

    assert verdicts(outcomes) == [SENT, TRIED, UNTRIED, UNTRIED]
    assert not any(outcome.is_route_failure for outcome in outcomes)
    assert sink.message_ids == ["<1@angarium.test>"]


@BOTH
@pytest.mark.parametrize("accepts", [True, False], ids=["accepted", "discarded"])
def test_a_cut_between_the_dot_and_its_reply_leaves_exactly_that_message_uncertain(
    accepts: bool, pipelining: bool
) -> None:
    with Sink([Rule("DOT", do="drop", skip=1, accepts=accepts)], pipelining=pipelining) as sink:
        outcomes = send(sink, *messages(4))

    assert verdicts(outcomes) == [SENT, UNCERTAIN, UNTRIED, UNTRIED]


@BOTH
def test_refused_recipients_of_an_uncertain_message_are_certain(pipelining: bool) -> None:
    rules = [Rule("RCPT", reply="550 5.1.1 no", argument="bad@"), Rule("DOT", do="drop")]

    with Sink(rules, pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "good@example.test", "bad@example.test"))

    assert outcome.verdict is Verdict.UNCERTAIN
    assert {address: each.verdict for address, each in outcome.recipients.items()} == {
        "bad@example.test": Verdict.NEVER
    }


@BOTH
def test_a_cut_in_the_middle_of_a_large_body_is_known_not_to_have_arrived(pipelining: bool) -> None:
    large = message(1, text="x" * 60 + "\n" + "a line of text\n" * 2_000_000)

    with Sink([Rule("BODY", do="reset")], pipelining=pipelining) as sink:
        outcomes = send(sink, large, message(2))

    assert verdicts(outcomes) == [TRIED, UNTRIED]
    assert sink.accepted == []


@BOTH
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_421_ends_the_window_and_means_later(step: str, pipelining: bool) -> None:
    with Sink([Rule(step, reply="421 4.3.2 shutting down", skip=1)], pipelining=pipelining) as sink:  # type: ignore[arg-type]
        outcomes = send(sink, *messages(3))

    assert verdicts(outcomes) == [SENT, TRIED, UNTRIED]
    assert (outcomes[1].code, outcomes[1].words) == (421, "4.3.2 shutting down")


@BOTH
def test_the_window_after_a_cut_takes_a_new_connection(pipelining: bool) -> None:
    cut = Rule("DATA", do="drop", times=1)

    with Sink([cut], pipelining=pipelining) as sink, open_session(smtp_route(sink.port)) as session:
        first = session.send(messages(2))
        second = session.send(messages(2))

    assert verdicts(first) == [TRIED, UNTRIED]
    assert verdicts(second) == [SENT, SENT]
    assert sink.connections == 2


@pytest.mark.parametrize("step", ["BANNER", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "rule",
    [
        {"do": "silence"},
        {"do": "drip", "delay_s": 0.05, "reply": "250 " + "slowly " * 20},
        {"do": "endless"},
        {"do": "long_line"},
    ],
    ids=lambda rule: rule["do"],
)
def test_a_worker_is_free_again_in_time(step: str, rule: dict[str, object]) -> None:
    began = time.monotonic()

    with Sink([Rule(step, **rule)]) as sink:  # type: ignore[arg-type]
        (outcome,) = send(sink, message(), timeouts=HASTY)
        took = time.monotonic() - began

    assert verdicts([outcome]) == [TRIED]
    assert took < HASTY.command_s + SLACK_S


@pytest.mark.parametrize("do", ["silence", "endless", "long_line"])
def test_a_verdict_that_does_not_come_leaves_the_message_uncertain(do: str) -> None:
    began = time.monotonic()

    with Sink([Rule("DOT", do=do, accepts=True)]) as sink:  # type: ignore[arg-type]
        outcomes = send(sink, *messages(2), timeouts=LISTENING)
        took = time.monotonic() - began

    assert verdicts(outcomes) == [UNCERTAIN, UNTRIED]
    assert took < HASTY.data_end_s + SLACK_S


def test_a_late_verdict_within_its_time_counts() -> None:
    # Longer than a command may take: the server is storing the message.
    timeouts = Timeouts(command_s=1, data_end_s=10)

    with Sink([Rule("DOT", reply="250 2.0.0 ok", delay_s=1.2, times=1)]) as sink:
        outcomes = send(sink, *messages(2), timeouts=timeouts)

    assert verdicts(outcomes) == [SENT, SENT]


def test_a_server_that_stops_reading_frees_the_worker_and_has_no_message() -> None:
    # More than both sides' socket buffers hold.
    large = message(1, text="a line of text that goes on for a while\n" * 600_000)
    began = time.monotonic()

    with Sink([Rule("BODY", do="silence")]) as sink:
        (outcome,) = send(sink, large, timeouts=LISTENING)
        took = time.monotonic() - began

    assert verdicts([outcome]) == [TRIED]
    assert outcome.words == "the server stopped reading"
    assert took < HASTY.body_s + SLACK_S


def test_babble_does_not_fill_the_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for babble in ("long_line", "endless"):
        with Sink([Rule("MAIL", do=babble)]) as sink:
            send(sink, message())

    # The sink shares this process and holds its ten megabytes; we hold none of them.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize("reply", ["250 ok\r\n250 2.1.0 once more", "250-ok\r\n550 no", "354 what?"])
def test_replies_out_of_step_are_not_believed(reply: str) -> None:
    with Sink([Rule("MAIL", reply=reply)], pipelining=False) as sink:
        outcomes = send(sink, *messages(2))

    assert Verdict.SENT not in {outcome.verdict for outcome in outcomes}


def test_an_unclear_answer_to_the_body_is_uncertain() -> None:
    with Sink([Rule("DOT", reply="354 go on", accepts=True)]) as sink:
        outcomes = send(sink, *messages(2))

    assert verdicts(outcomes) == [UNCERTAIN, UNTRIED]


def test_a_refused_rset_gives_the_connection_up() -> None:
    rules = [Rule("RCPT", reply="550 no", times=1), Rule("RSET", reply="554 no")]

    with Sink(rules) as sink:
        outcomes = send(sink, *messages(3))

    assert verdicts(outcomes) == [(Verdict.NEVER, True), TRIED, UNTRIED]
