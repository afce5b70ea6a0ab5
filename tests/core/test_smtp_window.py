"""Windows of messages to a server that answers: outcomes per message and recipient, and what arrived."""

from datetime import timedelta

import pytest

from notifications.contracts import Address
from notifications.delivery.transports import open_session
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tests.faults.harness.mail import message, messages, smtp_route
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

#: Every rule must hold with PIPELINING and without.
pytestmark = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])


def send(sink: Sink, *window: Composed) -> list[Outcome]:
    with open_session(smtp_route(sink.port)) as session:
        return session.send(window)


def test_accepted_messages_are_sent(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        outcomes = send(sink, *messages(20))

    assert [(outcome.message_id, outcome.verdict) for outcome in outcomes] == [
        (number, Verdict.SENT) for number in range(1, 21)
    ]
    assert sink.message_ids == [f"<{number}@angarium.test>" for number in range(1, 21)]
    assert sink.connections == 1


def test_a_pipelined_window_takes_one_round_trip_a_message(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        send(sink, *messages(20))
        turns = sink.turns

    # Banner and EHLO; then the first envelope and 20 bodies, or 4 steps a message; QUIT may be answered already.
    assert turns in ((23, 24) if pipelining else (82, 83))


def test_the_envelope_is_the_one_that_was_composed(pipelining: bool) -> None:
    hidden = message(1, "a@example.test", "hidden@example.test", to=(Address("a@example.test"),), mail_from="b@x.test")

    with Sink(pipelining=pipelining) as sink:
        send(sink, hidden)

    (accepted,) = sink.accepted
    assert accepted.mail_from == "b@x.test"
    assert accepted.recipients == ("a@example.test", "hidden@example.test")
    assert b"hidden@" not in accepted.data


def test_the_servers_words_and_queue_id_are_kept(pipelining: bool) -> None:
    with Sink([Rule("DOT", reply="250 2.0.0 Ok: queued as 4AbC12")], pipelining=pipelining) as sink:
        (outcome,) = send(sink, message())

    assert (outcome.code, outcome.words, outcome.provider_id) == (250, "2.0.0 Ok: queued as 4AbC12", "4AbC12")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_4xx_at_any_step_means_later(step: str, pipelining: bool) -> None:
    with Sink([Rule(step, reply="451 4.3.0 try again in 5 minutes")], pipelining=pipelining) as sink:  # type: ignore[arg-type]
        (outcome,) = send(sink, message())

    assert (outcome.verdict, outcome.code) == (Verdict.LATER, 451)
    assert outcome.retry_after == timedelta(minutes=5)
    assert outcome.is_attempt
    assert not outcome.is_route_failure
    assert sink.accepted == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_5xx_at_any_step_means_never(step: str, pipelining: bool) -> None:
    with Sink([Rule(step, reply="550 5.7.1 not wanted")], pipelining=pipelining) as sink:  # type: ignore[arg-type]
        (outcome,) = send(sink, message())

    assert (outcome.verdict, outcome.code, outcome.words) == (Verdict.NEVER, 550, "5.7.1 not wanted")
    assert outcome.recipients == {}
    assert sink.accepted == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("code", [450, 550])
def test_a_refusal_does_not_disturb_the_messages_around_it(step: str, code: int, pipelining: bool) -> None:
    refusal = Rule(step, reply=f"{code} refused", skip=1, times=1)  # type: ignore[arg-type]

    with Sink([refusal], pipelining=pipelining) as sink:
        outcomes = send(sink, *messages(4))

    assert [outcome.code for outcome in outcomes] == [250, code, 250, 250]
    assert sink.message_ids == ["<1@angarium.test>", "<3@angarium.test>", "<4@angarium.test>"]
    assert sink.connections == 1


def test_refused_recipients_make_a_partial_success(pipelining: bool) -> None:
    refusal = Rule("RCPT", reply="550 5.1.1 no such user", argument="bad@")

    with Sink([refusal], pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "good@example.test", "bad@example.test"))

    assert (outcome.verdict, outcome.code, outcome.words) == (Verdict.PARTIAL, 550, "5.1.1 no such user")
    assert outcome.recipients["good@example.test"].verdict is Verdict.SENT
    assert outcome.recipients["bad@example.test"].verdict is Verdict.NEVER
    assert sink.accepted[0].recipients == ("good@example.test",)


def test_deferred_recipients_keep_the_message_open_and_tell_who_has_it(pipelining: bool) -> None:
    rules = [
        Rule("RCPT", reply="450 4.2.0 greylisted for 60 seconds", argument="slow@"),
        Rule("RCPT", reply="550 5.1.1 no such user", argument="bad@"),
    ]

    with Sink(rules, pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "good@example.test", "slow@example.test", "bad@example.test"))

    assert (outcome.verdict, outcome.code, outcome.retry_after) == (Verdict.LATER, 450, timedelta(seconds=60))
    assert {address: each.verdict for address, each in outcome.recipients.items()} == {
        "good@example.test": Verdict.SENT,
        "bad@example.test": Verdict.NEVER,
    }
    assert sink.accepted[0].recipients == ("good@example.test",)


def test_refused_and_deferred_recipients_without_a_success_are_tried_again(pipelining: bool) -> None:
    rules = [Rule("RCPT", reply="550 no", argument="bad@"), Rule("RCPT", reply="450 later", argument="slow@")]

    with Sink(rules, pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "bad@example.test", "slow@example.test"))

    assert outcome.verdict is Verdict.LATER
    assert outcome.recipients["bad@example.test"].verdict is Verdict.NEVER
    assert sink.accepted == []


def test_the_verdict_on_the_body_holds_for_the_accepted_recipients_only(pipelining: bool) -> None:
    rules = [Rule("RCPT", reply="550 5.1.1 no", argument="bad@"), Rule("DOT", reply="451 4.3.0 disk full")]

    with Sink(rules, pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "good@example.test", "bad@example.test"))

    assert (outcome.verdict, outcome.code) == (Verdict.LATER, 451)
    assert outcome.recipients["bad@example.test"].code == 550


def test_a_server_that_wants_a_body_for_nobody_gets_an_empty_one(pipelining: bool) -> None:
    refusal = Rule("RCPT", reply="550 5.1.1 no such user", times=1)

    with Sink([refusal], pipelining=pipelining, is_eager=True) as sink:
        outcomes = send(sink, *messages(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]
    assert sink.message_ids == ["<2@angarium.test>"]
    assert sink.connections == 1


def test_a_message_with_more_recipients_than_one_group_arrives_whole(pipelining: bool) -> None:
    recipients = [f"user{number}@example.test" for number in range(250)]

    with Sink([Rule("RCPT", reply="550 no", argument="<user199@")], pipelining=pipelining) as sink:
        outcomes = send(sink, message(1, *recipients), message(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.PARTIAL, Verdict.SENT]
    assert len(sink.accepted[0].recipients) == 249


def test_a_recipient_named_twice_is_asked_for_once(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "a@example.test", "a@example.test"))

    assert outcome.verdict is Verdict.SENT
    assert sink.accepted[0].recipients == ("a@example.test",)


@pytest.mark.parametrize("address", ["a@x.test>\r\nDATA", "a b@x.test", "<a@x.test>", "a@x.test\n", ""])
def test_an_address_that_could_speak_smtp_is_refused_unsaid(address: str, pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, "good@example.test", address, to=(Address("good@example.test"),)))

    assert outcome.recipients[address].verdict is Verdict.NEVER
    assert sink.accepted[0].recipients == ("good@example.test",)


def test_a_sender_that_could_speak_smtp_stops_its_message(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        outcomes = send(sink, message(1, mail_from="a@x.test> SIZE=0\r\nRSET"), message(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]


def test_a_header_that_may_not_be_set_stops_its_message_alone(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        outcomes = send(sink, message(1, headers={"X-A\nBcc: v@x.test": "1"}), message(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]
    assert "header name" in outcomes[0].words


def test_an_empty_reverse_path_is_said(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        (outcome,) = send(sink, message(1, mail_from=""))

    assert outcome.verdict is Verdict.SENT
    assert sink.accepted[0].mail_from == ""


def test_a_message_beyond_the_servers_size_is_refused_unsent(pipelining: bool) -> None:
    with Sink(pipelining=pipelining, offers=("SIZE 2000",)) as sink:
        outcomes = send(sink, message(1, text="x" * 3000), message(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]
    assert "2000" in outcomes[0].words
    assert "SIZE=" in sink.accepted[0].keywords


def test_a_message_without_recipients_stops_alone(pipelining: bool) -> None:
    with Sink(pipelining=pipelining) as sink:
        outcomes = send(sink, message(1, rcpt_to=()), message(2))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]


def test_an_empty_window_needs_no_server(pipelining: bool) -> None:
    with open_session(smtp_route(1)) as session:
        assert session.send([]) == []
