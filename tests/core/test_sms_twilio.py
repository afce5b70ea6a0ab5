"""Twilio through its own SDK, where that is installed; and what is said where it is not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs

import pytest

from notifications import servers
from notifications.delivery.transports import Route, Timeouts, open_session
from notifications.delivery.transports.pool import pool
from notifications.models.route import Protocol, ServerKind
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tenants.errors import InvalidField
from tenants.sealed import Secret
from tests.fakes.sms_gateway import http_route, sms
from tests.faults.harness.service import Answer, Service

with_sdk = pytest.mark.skipif(find_spec("twilio") is None, reason="the package twilio is not installed")
without_sdk = pytest.mark.skipif(find_spec("twilio") is not None, reason="the package twilio is installed")

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
FIELDS: dict[str, Any] = {"name": "Twilio", "kind": "twilio", "username": ACCOUNT, "password": "token"}


@pytest.fixture(autouse=True)
def _no_kept_sessions() -> Iterator[None]:
    yield
    pool.close()


def route(url: str, **options: Any) -> Route:
    password = Secret.of("token-of-the-account")
    plain = replace(http_route(url), kind=ServerKind.TWILIO, credentials=None, username=ACCOUNT, password=password)
    return replace(plain, options={"api_url": url, **options})


def send(route: Route, *window: Composed, command_s: float = 5) -> list[Outcome]:
    with open_session(route, timeouts=Timeouts(connect_s=5, command_s=command_s)) as session:
        return session.send(window or [sms(sender=replace(sms().sender, email="+12025550100"))])


def error(status: int, code: int, words: str, **headers: str) -> Answer:
    return Answer(status, {"code": code, "message": words, "status": status, "more_info": "…"}, headers)


@without_sdk
def test_without_the_package_sms_wait_and_the_route_says_why() -> None:
    (outcome,) = send(route("https://api.twilio.com"))

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.LATER, False, True)
    assert "pip install 'twilio" in outcome.words


@without_sdk
@pytest.mark.django_db
def test_without_the_package_no_twilio_gateway_is_made() -> None:
    with pytest.raises(InvalidField, match="pip install"):
        servers.create(tenant_id=None, fields={**FIELDS, "from_address": "+12025550100"}, protocol=Protocol.SMS)


@with_sdk
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "from_address"),
        ({"from_address": "Acme", "username": "me"}, "username"),
        ({"from_address": "Acme", "username": "SK1"}, "options"),
        ({"from_address": "Acme", "options": {"api_url": "ftp://example.com"}}, "options"),
    ],
)
def test_a_gateway_that_lacks_something_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        servers.create(tenant_id=None, fields=FIELDS | fields, protocol=Protocol.SMS)

    assert refusal.value.params["field"] == field


@with_sdk
def test_an_sms_is_posted_to_the_account_and_keeps_twilio_s_id() -> None:
    with Service([Answer(201, {"sid": "SM77", "status": "queued", "body": "…"})]) as http:
        (outcome,) = send(route(http.url))

    (asked,) = http.asked
    assert (outcome.verdict, outcome.code, outcome.provider_id) == (Verdict.SENT, 201, "SM77")
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert parse_qs(asked.body) == {
        "To": ["+8613800138001"],
        "From": ["+12025550100"],
        "Body": ["Your code is 600001."],
    }
    assert asked.headers["Authorization"].startswith("Basic ")


@with_sdk
def test_a_messaging_service_is_a_sender_too() -> None:
    window = sms(sender=replace(sms().sender, email="MG0123"))
    with Service([Answer(201, {"sid": "SM1"})]) as http:
        send(route(http.url), window)

    assert parse_qs(http.asked[0].body)["MessagingServiceSid"] == ["MG0123"]


@with_sdk
def test_an_api_key_speaks_for_its_account() -> None:
    with Service([Answer(201, {"sid": "SM1"})]) as http:
        send(replace(route(http.url, account_sid=ACCOUNT), username="SK1"))

    assert f"/Accounts/{ACCOUNT}/" in http.asked[0].path


@with_sdk
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (error(400, 21211, "is not a valid phone number"), Verdict.NEVER),
        (error(400, 21610, "recipient has opted out"), Verdict.NEVER),
        (error(500, 20500, "Internal Server Error"), Verdict.LATER),
        (Answer(502, "<html>Bad Gateway</html>"), Verdict.LATER),
        (Answer(504, ""), Verdict.UNCERTAIN),
        (Answer(201, "<html>OK</html>"), Verdict.UNCERTAIN),
        (Answer(hangs_up=True), Verdict.UNCERTAIN),
    ],
)
def test_what_an_answer_means(answer: Answer, verdict: Verdict) -> None:
    with Service([answer]) as http:
        (outcome,) = send(route(http.url))

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (verdict, True, False)
    assert outcome.words


@with_sdk
@pytest.mark.parametrize("answer", [error(401, 20003, "Authenticate"), error(400, 21606, "From is not yours")])
def test_what_is_about_the_account_is_the_route_s_fault(answer: Answer) -> None:
    with Service([answer]) as http:
        (outcome,) = send(route(http.url))

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.LATER, False, True)


@with_sdk
def test_twilio_s_wait_is_kept() -> None:
    with Service([error(429, 20429, "Too Many Requests", **{"Retry-After": "30"})]) as http:
        first, second = send(route(http.url), sms(1), sms(2))

    assert (first.verdict, first.retry_after, second.is_attempt) == (Verdict.LATER, timedelta(seconds=30), False)
    assert len(http.asked) == 1


@with_sdk
def test_no_answer_in_time_is_uncertain() -> None:
    with Service([Answer(201, {"sid": "SM1"}, delay_s=2)]) as http:
        (outcome,) = send(route(http.url), command_s=0.4)

    assert outcome.verdict is Verdict.UNCERTAIN


def test_twilio_s_http_interface_can_be_declared_as_well() -> None:
    """For those who would rather not install the SDK: the shape that README shows."""
    form = {"To": "{to}", "From": "{sender}", "Body": "{text}"}
    with Service([Answer(201, {"sid": "SM1"}), error(400, 21211, "not valid")]) as http:
        url = f"{http.url}2010-04-01/Accounts/{{username}}/Messages.json"
        declared = http_route(
            url, form=form, basic_auth=True, id_path="sid", error_code_path="code", error_words_path="message"
        )
        sent, refused = send(declared, sms(1), sms(2))

    assert (sent.verdict, sent.provider_id) == (Verdict.SENT, "SM1")
    assert (refused.verdict, refused.words) == (Verdict.NEVER, "HTTP 400: 21211: not valid")
    assert http.asked[0].path == "/2010-04-01/Accounts/account-7/Messages.json"
