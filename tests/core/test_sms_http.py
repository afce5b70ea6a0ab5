"""A gateway over real HTTP: what is sent, and what each kind of answer, and each kind of silence, means for the SMS."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from notifications.delivery.transports import Route, Timeouts, open_session
from notifications.delivery.transports.pool import pool
from notifications.models.route import ServerKind
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict
from tests.fakes.sms_gateway import BODY, Dripping, TlsService, http_route, sms
from tests.faults.harness.certificates import Authority
from tests.faults.harness.service import Answer, Service

PATIENT = Timeouts(connect_s=5, command_s=5)
HASTY = Timeouts(connect_s=5, command_s=0.4)


@pytest.fixture(autouse=True)
def _no_kept_sessions() -> Iterator[None]:
    yield
    pool.close()


def send(route: Route, *window: Composed, timeouts: Timeouts = PATIENT) -> list[Outcome]:
    with open_session(route, timeouts=timeouts) as session:
        return session.send(window or [sms()])


def answered(answer: Answer, **options: Any) -> Outcome:
    with Service([answer]) as http:
        (outcome,) = send(http_route(http.url, **options))
    return outcome


def test_an_accepted_sms_is_sent_in_the_declared_shape_and_keeps_the_gateway_s_id() -> None:
    headers = {"Authorization": "Bearer {secret.token}"}
    with Service([Answer(202, {"data": [{"id": "g-77"}]})]) as http:
        (outcome,) = send(http_route(http.url, headers=headers, id_path="data.0.id"))

    (asked,) = http.asked
    assert (outcome.verdict, outcome.code, outcome.provider_id) == (Verdict.SENT, 202, "g-77")
    assert asked.body == {"to": "+8613800138001", "text": "Your code is 600001.", "from": "Acme", "ref": "1"}
    assert asked.headers["Authorization"] == "Bearer token-of-the-row"


def test_a_form_with_basic_login_is_what_many_gateways_want() -> None:
    form = {"To": "{to_digits}", "National": "{to_national}", "Body": "{text}"}
    with Service([Answer(201, {"sid": "SM1"})]) as http:
        (outcome,) = send(http_route(http.url, form=form, basic_auth=True, id_path="sid"))

    (asked,) = http.asked
    assert outcome.provider_id == "SM1"
    assert parse_qs(asked.body) == {
        "To": ["8613800138001"],
        "National": ["13800138001"],
        "Body": ["Your code is 600001."],
    }
    assert asked.headers["Authorization"] == "Basic YWNjb3VudC03OnBhc3Mtb2YtdGhlLXJvdw=="


def test_several_sms_share_a_connection() -> None:
    with Service([Answer(200)]) as http:
        outcomes = send(http_route(http.url), sms(1), sms(2), sms(3))

    assert [(each.message_id, each.verdict) for each in outcomes] == [(n, Verdict.SENT) for n in (1, 2, 3)]
    assert [asked.body["ref"] for asked in http.asked] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.NEVER),
        (422, Verdict.NEVER),
        (404, Verdict.LATER),
        (409, Verdict.LATER),
        (429, Verdict.LATER),
        (500, Verdict.LATER),
        (503, Verdict.LATER),
        (302, Verdict.LATER),
        (504, Verdict.UNCERTAIN),
    ],
)
def test_a_status_decides_where_nothing_else_is_declared(status: int, verdict: Verdict) -> None:
    outcome = answered(Answer(status, {"message": "that is what we say"}))

    assert (outcome.verdict, outcome.code, outcome.is_attempt) == (verdict, status, True)
    assert "that is what we say" in outcome.words


def test_a_redirect_is_not_followed() -> None:
    with Service([Answer(200)]) as elsewhere, Service([Answer(307, headers={"Location": elsewhere.url})]) as http:
        (outcome,) = send(http_route(http.url))

    assert outcome.verdict is Verdict.LATER
    assert elsewhere.asked == []


@pytest.mark.parametrize("answer", [Answer(401, {"m": "who are you"}), Answer(403, {"m": "invalid api key"})])
def test_a_refused_login_is_the_route_s_fault_and_nobody_s_attempt(answer: Answer) -> None:
    with Service([answer]) as http:
        outcomes = send(http_route(http.url), sms(1), sms(2))

    assert [(each.verdict, each.is_attempt, each.is_route_failure) for each in outcomes] == [
        (Verdict.LATER, False, True)
    ] * 2
    assert len(http.asked) == 1


@pytest.mark.parametrize(
    ("code", "verdict", "is_route_failure"),
    [("E17", Verdict.NEVER, False), ("E40", Verdict.LATER, False), ("E90", Verdict.LATER, True)],
)
def test_declared_error_codes_win_over_the_status(code: str, verdict: Verdict, is_route_failure: bool) -> None:
    errors = {"E17": "never", "E40": "later", "E90": "route"}
    body = {"error": {"code": code, "message": "the reason"}}
    for status in (200, 400, 500):
        outcome = answered(
            Answer(status, body), error_code_path="error.code", error_words_path="error.message", errors=errors
        )

        assert (outcome.verdict, outcome.is_route_failure) == (verdict, is_route_failure)
        assert outcome.words == f"HTTP {status}: {code}: the reason"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"code": 0}, Verdict.SENT),
        ({"code": "0"}, Verdict.SENT),
        ({"code": 7, "msg": "no balance"}, Verdict.LATER),
        ({}, Verdict.UNCERTAIN),
        ("<html>OK</html>", Verdict.UNCERTAIN),
    ],
)
def test_a_gateway_that_always_answers_200_says_in_the_body_what_happened(body: Any, verdict: Verdict) -> None:
    outcome = answered(Answer(200, body), success_path="code", success_values=[0])

    assert outcome.verdict is verdict


def test_a_2xx_that_is_not_a_declared_success_is_none() -> None:
    assert answered(Answer(200), success_statuses=[201]).verdict is Verdict.LATER


def test_the_gateway_s_wait_is_kept_and_the_next_sms_do_not_ask_again() -> None:
    with Service([Answer(429, headers={"Retry-After": "120"})]) as http:
        first, second = send(http_route(http.url), sms(1), sms(2))

    assert (first.verdict, first.retry_after, first.is_attempt) == (Verdict.LATER, timedelta(seconds=120), True)
    assert (second.verdict, second.is_attempt) == (Verdict.LATER, False)
    assert second.retry_after is not None
    assert second.retry_after > timedelta(seconds=110)
    assert len(http.asked) == 1


def test_no_answer_in_time_is_uncertain() -> None:
    with Service([Answer(200, delay_s=2)]) as http:
        (outcome,) = send(http_route(http.url), timeouts=HASTY)

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.UNCERTAIN, True, False)


def test_an_answer_that_drips_without_an_end_holds_nobody_longer_than_the_limit() -> None:
    with Dripping() as http:
        (outcome,) = send(http_route(http.url), timeouts=HASTY)

    assert outcome.verdict is Verdict.UNCERTAIN
    assert outcome.duration_ms < 3000


def test_a_gateway_that_hangs_up_is_uncertain_and_the_next_sms_is_tried() -> None:
    with Service([Answer(hangs_up=True), Answer(200)]) as http:
        outcomes = send(http_route(http.url), sms(1), sms(2))

    assert [each.verdict for each in outcomes] == [Verdict.UNCERTAIN, Verdict.SENT]


def test_a_gateway_that_knows_a_request_again_may_simply_be_asked_again() -> None:
    assert answered(Answer(hangs_up=True), is_idempotent=True).verdict is Verdict.LATER
    assert answered(Answer(504), is_idempotent=True).verdict is Verdict.LATER


def test_a_gateway_that_is_not_there_is_a_passing_failure_of_the_route() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    first, second = send(http_route(f"http://127.0.0.1:{port}/"), sms(1), sms(2))

    assert (first.verdict, first.is_attempt, first.is_route_failure) == (Verdict.LATER, True, True)
    assert (second.verdict, second.is_attempt, second.is_route_failure) == (Verdict.LATER, False, True)


@pytest.mark.parametrize("host", ["a..b", f"{'x' * 70}.example"])
def test_a_name_that_cannot_be_looked_up_is_the_route_s_failure(host: str) -> None:
    (outcome,) = send(http_route(f"https://{host}/"))

    assert (outcome.verdict, outcome.is_route_failure) == (Verdict.LATER, True)


def test_an_answer_is_read_up_to_a_limit() -> None:
    outcome = answered(Answer(400, "x" * 5_000_000))

    assert outcome.verdict is Verdict.NEVER
    assert len(outcome.words) <= 1000


def test_what_we_told_the_gateway_is_not_kept_as_its_words() -> None:
    echo = {"body": "Your code is 600001.", "key": "token-of-the-row", "login": "pass-of-the-row", "why": "too short"}

    outcome = answered(Answer(400, echo), headers={"K": "{secret.token}"})

    assert "too short" in outcome.words
    assert not [told for told in ("600001", "token-of", "pass-of") if told in outcome.words]


def test_a_credential_that_is_missing_is_named_and_nothing_is_sent() -> None:
    with Service([Answer(200)]) as http:
        (outcome,) = send(http_route(http.url, headers={"K": "{secret.key}"}))

    assert (outcome.is_route_failure, outcome.is_attempt, http.asked) == (True, False, [])
    assert "'key'" in outcome.words


def test_a_shape_that_is_wrong_is_named_and_nothing_is_sent() -> None:
    (outcome,) = send(http_route("https://gateway.example/", json={"to": "{to}"}))

    assert (outcome.is_route_failure, outcome.is_attempt) == (True, False)
    assert "{text}" in outcome.words


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority.create(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    return authority


def test_tls_is_used_and_verified(authority: Authority) -> None:
    with TlsService([Answer(200)], authority.server_context()) as https:
        (outcome,) = send(http_route(https.url))

    assert outcome.verdict is Verdict.SENT


@pytest.mark.parametrize(("host", "days"), [("localhost", -1), ("another.example", 1)])
def test_a_certificate_that_is_not_valid_stops_everything(authority: Authority, host: str, days: int) -> None:
    with TlsService([Answer(200)], authority.server_context(host, days=days)) as https:
        (outcome,) = send(http_route(https.url))

    assert (outcome.is_route_failure, outcome.is_attempt, https.asked) == (True, False, [])
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.words


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.5",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "2130706433",
        "0x7f000001",
        "127.1",
    ],
)
def test_a_tenant_s_gateway_does_not_reach_behind_our_walls(host: str, settings: Any) -> None:
    settings.ALLOW_PRIVATE_SERVERS = False
    # What attachments may be fetched from is not what gateways may be.
    settings.FETCH_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.05)
        port = trap.getsockname()[1]
        route = tenants_route(f"https://{host}:{port}/")

        (outcome,) = send(route)

        with pytest.raises(TimeoutError):
            trap.accept()
    assert (outcome.is_route_failure, outcome.is_attempt) == (True, False)
    assert "public internet" in outcome.words


def test_a_tenant_s_gateway_speaks_tls_or_nothing(settings: Any) -> None:
    settings.ALLOW_PRIVATE_SERVERS = False

    (outcome,) = send(tenants_route("http://gateway.example/"))

    assert "https" in outcome.words
    assert outcome.is_route_failure


def tenants_route(url: str) -> Route:
    route = http_route(url)
    return Route(id=route.id, version=route.version, kind=ServerKind.HTTP, options={"url": url, "json": BODY})
