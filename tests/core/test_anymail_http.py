"""Real backends over real HTTP: what each kind of answer, and each kind of silence, means for the mail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from notifications.contracts import Address
from notifications.delivery.transports import Route, Timeouts, open_session
from notifications.delivery.transports.pool import pool
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tests.faults.harness.mail import message, messages, service_route
from tests.faults.harness.service import Answer, Service

pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")

PATIENT = Timeouts(connect_s=5, command_s=5)
HASTY = Timeouts(connect_s=5, command_s=0.4)
CREDENTIALS = {
    "postmark": {"server_token": "token-of-the-row"},
    "sendgrid": {"api_key": "key-of-the-row"},
    "mailgun": {"api_key": "key-of-the-row"},
    "resend": {"api_key": "key-of-the-row"},
}
OPTIONS = {"mailgun": {"sender_domain": "example.test"}}
ALL = pytest.mark.parametrize("service", sorted(CREDENTIALS))


def accepted(service: str, number: int = 1, to: str = "user1@example.test") -> Answer:
    """What the service says when it takes a message."""
    body: Any = {
        "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{number}", "To": to},
        "sendgrid": "",
        "mailgun": {"id": f"<mg-{number}@example.test>", "message": "Queued. Thank you."},
        "resend": {"id": f"re-{number}"},
    }[service]
    return Answer(202 if service == "sendgrid" else 200, body)


def route_to(service: str, url: str) -> Route:
    return service_route(service, CREDENTIALS[service], api_url=url, **OPTIONS.get(service, {}))


def send(service: str, http: Service, window: Sequence[Composed], *, timeouts: Timeouts = PATIENT) -> list[Outcome]:
    with open_session(route_to(service, http.url), timeouts=timeouts) as session:
        return session.send(window)


@ALL
def test_an_accepted_message_is_sent_with_the_rows_key(service: str) -> None:
    with Service([accepted(service)]) as http:
        (outcome,) = send(service, http, [message(html="<p>Hello</p>")])

    assert (outcome.verdict, outcome.recipients) == (Verdict.SENT, {})
    assert outcome.provider_id
    assert "of-the-row" in str(http.asked[0].headers) or service == "mailgun"
    assert "user1@example.test" in unquote(str(http.asked[0].body))
    assert "of-the-row" not in repr(outcome) + repr(route_to(service, http.url))


def test_the_service_is_told_our_ids() -> None:
    with Service([accepted("postmark")]) as http:
        send("postmark", http, [message(7, tag="ORDER")])

    body = http.asked[0].body
    assert body["Metadata"] == {"message_id": "7"}
    assert body["Tag"] == "ORDER"
    assert {"Name": "Message-ID", "Value": "<7@angarium.test>"} in body["Headers"]


def test_one_connection_carries_the_window() -> None:
    with Service([accepted("sendgrid")]) as http:
        outcomes = send("sendgrid", http, messages(5))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.SENT] * 5
    assert len(http.asked) == 5


@ALL
def test_a_429_ends_the_window_and_its_wait_is_for_all(service: str) -> None:
    with Service([accepted(service), Answer(429, {"message": "slow down"}, {"Retry-After": "120"})]) as http:
        outcomes = send(service, http, messages(4))

    assert [(each.verdict, each.is_attempt) for each in outcomes] == [
        (Verdict.SENT, True),
        (Verdict.LATER, True),
        (Verdict.LATER, False),
        (Verdict.LATER, False),
    ]
    assert {each.retry_after for each in outcomes[1:]} == {timedelta(minutes=2)}
    assert outcomes[1].code == 429
    assert not outcomes[1].is_route_failure
    assert len(http.asked) == 2


@ALL
def test_a_500_is_tried_later_and_the_next_message_goes_on(service: str) -> None:
    with Service([Answer(500, "oops"), accepted(service, to="user2@example.test")]) as http:
        outcomes = send(service, http, messages(2))

    assert [each.verdict for each in outcomes] == [Verdict.LATER, Verdict.SENT]
    assert outcomes[0].code == 500
    assert outcomes[0].words == "oops"


@ALL
def test_a_503_ends_the_window(service: str) -> None:
    with Service([Answer(503, "down for maintenance", {"Retry-After": "60"})]) as http:
        outcomes = send(service, http, messages(3))

    assert [each.is_attempt for each in outcomes] == [True, False, False]
    assert {each.verdict for each in outcomes} == {Verdict.LATER}
    assert len(http.asked) == 1


@ALL
def test_a_400_is_final_in_the_services_own_words(service: str) -> None:
    with Service([Answer(400, {"message": "The from address is not valid"})]) as http:
        (outcome,) = send(service, http, [message()])

    assert (outcome.verdict, outcome.code) == (Verdict.NEVER, 400)
    assert "from address is not valid" in outcome.words


@ALL
def test_a_refused_key_keeps_all_mail(service: str) -> None:
    with Service([Answer(401, {"message": "bad key"})]) as http:
        outcomes = send(service, http, messages(3))

    assert {(each.verdict, each.is_attempt, each.is_route_failure) for each in outcomes} == {
        (Verdict.LATER, False, True)
    }
    assert len(http.asked) == 1


@pytest.mark.parametrize("body", ["<html>OK</html>", "{", "[]", '{"unexpected": true}', "null"])
@pytest.mark.parametrize("service", ["postmark", "mailgun"])
def test_a_yes_that_nobody_understands_is_uncertain(service: str, body: str) -> None:
    with Service([Answer(200, body)]) as http:
        (outcome,) = send(service, http, [message()])

    assert outcome.verdict is Verdict.UNCERTAIN
    assert outcome.words


@pytest.mark.parametrize("service", ["postmark", "sendgrid", "mailgun"])
@pytest.mark.parametrize("silence", [Answer(delay_s=0.7), Answer(hangs_up=True), Answer(504, "gateway timeout")])
def test_no_answer_after_the_request_is_uncertain(service: str, silence: Answer) -> None:
    with Service([silence]) as http:
        (outcome,) = send(service, http, [message()], timeouts=HASTY)

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.UNCERTAIN, True, False)


def test_messages_behind_a_silence_are_not_tried() -> None:
    with Service([Answer(delay_s=0.7)]) as http:
        outcomes = send("postmark", http, messages(3), timeouts=HASTY)

    assert [(each.verdict, each.is_attempt) for each in outcomes[1:]] == [(Verdict.LATER, False)] * 2
    assert len(http.asked) == 1


def test_a_service_with_idempotency_keys_is_asked_again_with_the_same_one() -> None:
    with Service([Answer(delay_s=0.7), accepted("resend"), accepted("resend", 2)]) as http:
        (first,) = send("resend", http, [message(1)], timeouts=HASTY)
        (second,) = send("resend", http, [message(1)])
        send("resend", http, [message(2)])

    assert (first.verdict, second.verdict) == (Verdict.LATER, Verdict.SENT)
    keys = [each.headers["Idempotency-Key"] for each in http.asked]
    assert keys[0] == keys[1] != keys[2]


@ALL
def test_nobody_listening_fails_the_route(service: str) -> None:
    with Service([Answer()]) as http:
        pass

    outcomes = send(service, http, messages(3))

    assert {(each.verdict, each.is_route_failure) for each in outcomes} == {(Verdict.LATER, True)}
    assert [each.is_attempt for each in outcomes] == [True, False, False]
    assert "refused" in outcomes[0].words


@ALL
def test_a_host_that_does_not_exist_fails_the_route(service: str) -> None:
    with open_session(route_to(service, "http://no-such-host.invalid/"), timeouts=HASTY) as session:
        (outcome,) = session.send([message()])

    assert (outcome.verdict, outcome.is_route_failure) == (Verdict.LATER, True)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://[broken/"])
def test_an_address_that_is_none_keeps_all_mail(url: str) -> None:
    with open_session(route_to("postmark", url), timeouts=HASTY) as session:
        (outcome,) = session.send([message()])

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.LATER, False, True)


def test_a_redirect_does_not_carry_our_keys_away() -> None:
    with Service([accepted("postmark")]) as other, Service([Answer(307, "", {"Location": other.url})]) as http:
        (outcome,) = send("postmark", http, [message()])

    assert (outcome.verdict, outcome.is_route_failure) == (Verdict.LATER, True)
    assert other.asked == []


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with Service([Answer(200, "x" * 3_000_000)]) as http:
        (outcome,) = send("postmark", http, [message()])

    assert outcome.verdict is Verdict.UNCERTAIN


def test_an_inactive_recipient_makes_a_partial_success() -> None:
    words = (
        "Message OK, but will not deliver to these inactive addresses: bad@example.test."
        " Inactive recipients are ones that have generated a hard bounce or a spam complaint."
    )
    answer = Answer(
        200, {"ErrorCode": 0, "Message": words, "MessageID": "pm-1", "To": "a@example.test,bad@example.test"}
    )

    with Service([answer]) as http:
        (outcome,) = send("postmark", http, [message(1, "a@example.test", "bad@example.test")])

    assert outcome.verdict is Verdict.PARTIAL
    assert {address: each.verdict for address, each in outcome.recipients.items()} == {
        "a@example.test": Verdict.SENT,
        "bad@example.test": Verdict.NEVER,
    }
    assert outcome.provider_id == "pm-1"


def test_all_recipients_refused_is_final() -> None:
    words = (
        "Found inactive addresses: bad@example.test. Inactive recipients are ones that have generated a hard bounce."
    )

    with Service([Answer(422, {"ErrorCode": 406, "Message": words})]) as http:
        (outcome,) = send("postmark", http, [message(1, "bad@example.test")])

    assert (outcome.verdict, outcome.code) == (Verdict.NEVER, 422)
    assert "inactive addresses" in outcome.words


def test_recipients_of_a_request_refused_for_another_ones_sake_go_later() -> None:
    words = "Invalid 'To' address: 'bad@example.test'."

    with Service(
        [Answer(422, {"ErrorCode": 300, "Message": words}), accepted("postmark", to="a@example.test")]
    ) as http:
        (first,) = send("postmark", http, [message(1, "a@example.test", "bad@example.test")])
        everyone = (Address("a@example.test"), Address("bad@example.test"))
        (second,) = send("postmark", http, [message(1, "a@example.test", to=everyone)])

    assert first.verdict is Verdict.LATER
    assert {address: each.verdict for address, each in first.recipients.items()} == {"bad@example.test": Verdict.NEVER}
    assert second.verdict is Verdict.SENT
    assert http.asked[1].body["To"] == "a@example.test"


def test_a_session_is_kept_between_calls_and_dropped_when_the_row_changes() -> None:
    with Service([accepted("postmark")]) as http:
        route = route_to("postmark", http.url)
        with open_session(route) as first:
            first.send([message()])
        with open_session(route) as second:
            second.send([message()])
        with open_session(replace(route, version=route.version + timedelta(seconds=1))) as third:
            third.send([message()])
        pool.close()

    assert first is second
    assert third is not first


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "MessageRejected", (Verdict.NEVER, True, False)),
        (429, "TooManyRequestsException", (Verdict.LATER, True, False)),
        (400, "AccountSuspendedException", (Verdict.LATER, False, True)),
        (403, "SignatureDoesNotMatch", (Verdict.LATER, False, True)),
        (500, "InternalFailure", (Verdict.LATER, True, False)),
    ],
)
def test_amazons_errors_mean_what_they_say(status: int, error: str, expected: tuple[Verdict, bool, bool]) -> None:
    answer = Answer(status, {"message": "words of Amazon"}, {"x-amzn-ErrorType": error})
    keys = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s"}

    with Service([answer]) as http:
        params = {"region_name": "eu-west-1", "endpoint_url": http.url}
        route = service_route("amazon_ses", {"client_params": keys}, client_params=params)
        with open_session(route, timeouts=HASTY) as session:
            (outcome,) = session.send([message()])
        pool.close()

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == expected
    assert "words of Amazon" in outcome.words
    assert len(http.asked) == 1


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200, {"MessageId": "ses-1"}), Verdict.SENT),
        (Answer(delay_s=0.7), Verdict.UNCERTAIN),
        (Answer(hangs_up=True), Verdict.UNCERTAIN),
    ],
)
def test_amazons_client_sends_a_message_once(answer: Answer, verdict: Verdict) -> None:
    keys = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s"}

    with Service([answer]) as http:
        params = {"region_name": "eu-west-1", "endpoint_url": http.url}
        route = service_route("amazon_ses", {"client_params": keys}, client_params=params)
        with open_session(route, timeouts=HASTY) as session:
            (outcome,) = session.send([message()])
        pool.close()

    assert outcome.verdict is verdict
    assert len(http.asked) == 1
