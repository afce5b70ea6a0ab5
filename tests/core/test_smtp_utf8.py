"""Addresses that ASCII cannot write (RFC 6531): only over servers that take them, never bent into another mailbox."""

import email
from email import policy

from notifications.contracts import Address
from notifications.delivery.transports import open_session
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tests.faults.harness.mail import message, smtp_route
from tests.faults.harness.sink import Sink

UTF8 = "用户@xn--fsqu00a.test"


def send(sink: Sink, *window: Composed) -> list[Outcome]:
    with open_session(smtp_route(sink.port)) as session:
        return session.send(window)


def test_a_server_with_smtputf8_gets_the_address_as_it_is() -> None:
    with Sink(offers=("SMTPUTF8", "8BITMIME")) as sink:
        (outcome,) = send(sink, message(1, UTF8))

    (accepted,) = sink.accepted
    assert outcome.verdict is Verdict.SENT
    assert accepted.recipients == (UTF8,)
    assert accepted.keywords == "BODY=8BITMIME SMTPUTF8"
    assert f"To: {UTF8}\r\n".encode() in accepted.data


def test_a_server_without_smtputf8_is_not_asked_for_such_a_recipient() -> None:
    with Sink() as sink:
        (outcome,) = send(sink, message(1, UTF8))

    assert (outcome.verdict, outcome.code) == (Verdict.NEVER, None)
    assert "SMTPUTF8" in outcome.words
    assert "MAIL" not in {verb for _, verb in sink.steps}


def test_the_other_recipients_get_the_message_without_that_address() -> None:
    with Sink() as sink:
        (outcome,) = send(sink, message(1, "a@example.test", UTF8))

    (accepted,) = sink.accepted
    assert outcome.verdict is Verdict.PARTIAL
    assert outcome.recipients[UTF8].verdict is Verdict.NEVER
    assert accepted.recipients == ("a@example.test",)
    assert accepted.data.isascii()
    assert email.message_from_bytes(accepted.data, policy=policy.default)["To"] == "a@example.test"


def test_a_sender_that_needs_smtputf8_is_refused_without_it() -> None:
    with Sink() as sink:
        (outcome,) = send(sink, message(1, sender=Address(UTF8), mail_from=UTF8))

    assert outcome.verdict is Verdict.NEVER
    assert sink.accepted == []


def test_an_ascii_message_does_not_ask_for_smtputf8() -> None:
    with Sink(offers=("SMTPUTF8", "8BITMIME")) as sink:
        send(sink, message(1, subject="您的订单", text="已发货"))

    assert sink.accepted[0].keywords == ""
    assert sink.accepted[0].data.isascii()
