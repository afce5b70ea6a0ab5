"""Greeting, encryption, login; and what a failure there means for the mail that waits."""

import ssl
from collections.abc import Iterator

import pytest

from notifications.delivery.transports import Route, Timeouts, open_session
from notifications.delivery.transports.smtp_wire import _tls_context
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants.sealed import Secret
from tests.faults.harness.certificates import Authority
from tests.faults.harness.mail import HASTY, PATIENT, message, messages, smtp_route
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The test authority is the only one this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.directory / "none"))
    _tls_context.cache_clear()
    yield authority
    _tls_context.cache_clear()


def send(route: Route, count: int = 1, *, timeouts: Timeouts = PATIENT) -> list[Outcome]:
    with open_session(route, timeouts=timeouts) as session:
        return session.send(messages(count))


def assert_kept(outcomes: list[Outcome], words: str, *, attempts: int) -> None:
    """Nothing is lost and nothing bounces: all wait, the route is to blame."""
    assert {outcome.verdict for outcome in outcomes} == {Verdict.LATER}
    assert all(outcome.is_route_failure for outcome in outcomes)
    assert sum(outcome.is_attempt for outcome in outcomes) == attempts
    assert words in outcomes[0].words


def test_nobody_listening_is_an_attempt_of_the_first_message_only() -> None:
    with Sink() as sink:
        port = sink.port

    outcomes = send(smtp_route(port), 3)

    assert_kept(outcomes, "refused", attempts=1)
    assert outcomes[0].is_attempt


def test_a_host_without_address_fails_the_route() -> None:
    assert_kept(send(smtp_route(25, host="no-such-host.invalid")), "cannot be resolved", attempts=1)


def test_a_host_name_that_is_none_fails_the_route() -> None:
    assert_kept(send(smtp_route(25, host="a" * 70 + ".test")), "cannot be resolved", attempts=1)


@pytest.mark.parametrize("banner", ["421 4.3.2 too busy", "554 5.7.1 go away"])
def test_a_refusing_banner_fails_the_route_and_bounces_nothing(banner: str) -> None:
    with Sink([Rule("BANNER", reply=banner)]) as sink:
        outcomes = send(smtp_route(sink.port), 3)

    assert_kept(outcomes, banner, attempts=1)
    assert outcomes[0].code == int(banner[:3])


@pytest.mark.parametrize("reply", ["421 4.7.0 not now", "450 4.0.0 not now"])
def test_a_refused_greeting_fails_the_route(reply: str) -> None:
    with Sink([Rule("EHLO", reply=reply)]) as sink:
        assert_kept(send(smtp_route(sink.port), 2), reply, attempts=1)


def test_an_old_server_is_greeted_with_helo() -> None:
    with Sink([Rule("EHLO", reply="500 5.5.1 unrecognised")]) as sink:
        (outcome,) = send(smtp_route(sink.port))

    assert outcome.verdict is Verdict.SENT
    assert (1, "HELO") in sink.steps


def test_a_server_that_refuses_ehlo_and_helo_fails_the_route() -> None:
    with Sink([Rule("EHLO", reply="550 no"), Rule("HELO", reply="550 5.7.1 nor this")]) as sink:
        assert_kept(send(smtp_route(sink.port)), "nor this", attempts=1)


def test_something_else_than_smtp_fails_the_route() -> None:
    with Sink([Rule("BANNER", reply="HTTP/1.1 400 Bad Request")]) as sink:
        assert_kept(send(smtp_route(sink.port)), "no SMTP reply", attempts=1)


def test_starttls_encrypts_before_the_envelope(trusted: Authority) -> None:
    with Sink(tls=trusted.server_context()) as sink:
        outcomes = send(smtp_route(sink.port, host="localhost", starttls=True), 3)

    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert all(accepted.is_encrypted for accepted in sink.accepted)


def test_an_encrypted_connection_is_kept(trusted: Authority) -> None:
    with Sink(tls=trusted.server_context()) as sink:
        route = smtp_route(sink.port, host="localhost", starttls=True)
        for _ in range(3):
            send(route, 2)

        assert sink.connections == 1
        assert len(sink.accepted) == 6


def test_a_cut_in_the_middle_of_an_encrypted_body_is_known_not_to_have_arrived(trusted: Authority) -> None:
    large = message(1, text="a line of text\n" * 2_000_000)

    with Sink([Rule("BODY", do="reset")], tls=trusted.server_context()) as sink:
        route = smtp_route(sink.port, host="localhost", starttls=True)
        with open_session(route, timeouts=PATIENT) as session:
            (outcome,) = session.send([large])

    assert (outcome.verdict, outcome.is_attempt) == (Verdict.LATER, True)


def test_a_certificate_for_the_ip_address_is_accepted(trusted: Authority) -> None:
    with Sink(tls=trusted.server_context()) as sink:
        (outcome,) = send(smtp_route(sink.port, starttls=True))

    assert outcome.verdict is Verdict.SENT


def test_implicit_tls_encrypts_from_the_first_byte(trusted: Authority) -> None:
    with Sink(implicit_tls=trusted.server_context()) as sink:
        (outcome,) = send(smtp_route(sink.port, host="localhost", implicit_tls=True, starttls=True))

    assert outcome.verdict is Verdict.SENT
    assert sink.accepted[0].is_encrypted


def test_a_server_without_starttls_gets_no_mail_and_no_password() -> None:
    with Sink(users={"shop": "pa55"}) as sink:
        route = smtp_route(sink.port, starttls=True, username="shop", password=Secret.of("pa55"))
        outcomes = send(route, 2)

    assert_kept(outcomes, "does not offer STARTTLS", attempts=0)
    assert {verb for _, verb in sink.steps} <= {"EHLO", "QUIT"}


def test_a_stripped_starttls_offer_gets_no_mail() -> None:
    """Somebody in between has replaced the keyword, as some firewalls and attackers do."""
    with Sink(offers=("XXXXXXXA", "8BITMIME")) as sink:
        assert_kept(send(smtp_route(sink.port, starttls=True)), "does not offer STARTTLS", attempts=0)


@pytest.mark.parametrize(("reply", "attempts"), [("454 4.7.0 TLS not available", 1), ("502 5.5.1 no", 0)])
def test_a_refused_starttls_gets_no_mail(trusted: Authority, reply: str, attempts: int) -> None:
    with Sink([Rule("STARTTLS", reply=reply)], tls=trusted.server_context()) as sink:
        assert_kept(send(smtp_route(sink.port, starttls=True)), reply, attempts=attempts)


def test_plaintext_after_the_reply_to_starttls_is_taken_for_an_attack(trusted: Authority) -> None:
    injected = Rule("STARTTLS", do="inject", reply="250-sink.test\r\n250 AUTH PLAIN")

    with Sink([injected], tls=trusted.server_context()) as sink:
        outcomes = send(smtp_route(sink.port, host="localhost", starttls=True))

    assert_kept(outcomes, "plaintext after its reply to STARTTLS", attempts=0)


@pytest.mark.parametrize(
    ("host", "days", "words"), [("localhost", -1, "expired"), ("other.test", 1, "Hostname mismatch")]
)
@pytest.mark.parametrize("is_implicit", [False, True])
def test_a_wrong_certificate_gets_no_mail(
    trusted: Authority, host: str, days: int, words: str, is_implicit: bool
) -> None:
    context = trusted.server_context(host, days=days)

    with Sink(implicit_tls=context if is_implicit else None, tls=context) as sink:
        route = smtp_route(sink.port, host="localhost", starttls=True, implicit_tls=is_implicit)
        outcomes = send(route)

    assert_kept(outcomes, words, attempts=0)
    assert sink.accepted == []


def test_an_unknown_authority_gets_no_mail(authority: Authority) -> None:
    with Sink(tls=authority.server_context()) as sink:
        outcomes = send(smtp_route(sink.port, host="localhost", starttls=True))

    assert_kept(outcomes, "certificate is not valid", attempts=0)


def test_verification_is_off_only_where_the_operator_said_so(authority: Authority) -> None:
    with Sink(tls=authority.server_context("other.test", days=-1)) as sink:
        (outcome,) = send(smtp_route(sink.port, host="localhost", starttls=True, verify_certificate=False))

    assert outcome.verdict is Verdict.SENT


def test_a_server_without_a_common_cipher_gets_no_mail(trusted: Authority) -> None:
    context = trusted.server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # and the certificate is ECDSA

    with Sink(tls=context) as sink:
        assert_kept(send(smtp_route(sink.port, host="localhost", starttls=True)), "TLS", attempts=1)

    assert sink.accepted == []


def test_a_server_that_speaks_plaintext_where_tls_should_begin_gets_no_mail() -> None:
    with Sink() as sink:
        outcomes = send(smtp_route(sink.port, host="localhost", implicit_tls=True))

    assert_kept(outcomes, "TLS failed", attempts=0)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN", "PLAIN", "GSSAPI LOGIN"])
@pytest.mark.parametrize("password", ["pa55", 'pässwörd 密码 \\ "'])
def test_the_right_password_logs_in(mechanisms: str, password: str) -> None:
    with Sink(users={"shop": password}, mechanisms=mechanisms) as sink:
        (outcome,) = send(smtp_route(sink.port, username="shop", password=Secret.of(password)))

    assert outcome.verdict is Verdict.SENT
    assert sink.accepted[0].user == "shop"


def test_login_follows_encryption(trusted: Authority) -> None:
    with Sink(tls=trusted.server_context(), users={"shop": "pa55"}) as sink:
        route = smtp_route(sink.port, host="localhost", starttls=True, username="shop", password=Secret.of("pa55"))
        (outcome,) = send(route)

    assert outcome.verdict is Verdict.SENT
    assert [verb for _, verb in sink.steps][:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_wrong_password_keeps_all_mail_and_is_nobodys_attempt() -> None:
    with Sink(users={"shop": "new"}) as sink:
        outcomes = send(smtp_route(sink.port, username="shop", password=Secret.of("old")), 5)

    assert_kept(outcomes, "535 5.7.8 bad credentials", attempts=0)
    assert outcomes[0].code == 535


def test_a_login_that_fails_for_the_moment_keeps_all_mail() -> None:
    with Sink([Rule("AUTH", reply="454 4.7.0 try later")], users={"shop": "pa55"}) as sink:
        outcomes = send(smtp_route(sink.port, username="shop", password=Secret.of("pa55")), 2)

    assert_kept(outcomes, "454 4.7.0", attempts=0)


def test_a_server_without_a_login_we_know_gets_no_mail() -> None:
    with Sink(users={"shop": "pa55"}, mechanisms="GSSAPI NTLM") as sink:
        outcomes = send(smtp_route(sink.port, username="shop", password=Secret.of("pa55")))

    assert_kept(outcomes, "GSSAPI NTLM", attempts=0)


def test_a_server_that_wants_a_login_we_do_not_have_keeps_all_mail() -> None:
    with Sink(users={"shop": "pa55"}) as sink:
        outcomes = send(smtp_route(sink.port), 3)

    assert_kept(outcomes, "530 5.7.0 log in first", attempts=0)


def test_a_password_that_cannot_be_opened_keeps_all_mail() -> None:
    with Sink(users={"shop": "pa55"}) as sink:
        outcomes = send(smtp_route(sink.port, username="shop", password=Secret("gAAAAAnonsense")))

    assert_kept(outcomes, "cannot be opened", attempts=0)


def test_no_password_shows_in_a_route_or_its_failures() -> None:
    with Sink(users={"shop": "pa55"}) as sink:
        route = smtp_route(
            sink.port, username="shop", password=Secret.of("correct horse"), options={"api_key": "by mistake"}
        )
        (outcome,) = send(route)

    assert "correct horse" not in repr(route) + repr(outcome)
    assert "by mistake" not in repr(route)


@pytest.mark.parametrize("step", ["BANNER", "EHLO"])
@pytest.mark.parametrize("do", ["drop", "reset"])
def test_a_connection_cut_during_the_greeting_fails_the_route(step: str, do: str) -> None:
    with Sink([Rule(step, do=do)]) as sink:  # type: ignore[arg-type]
        outcomes = send(smtp_route(sink.port), 2)

    assert_kept(outcomes, "", attempts=1)


@pytest.mark.parametrize("do", ["drop", "reset", "silence"])
def test_a_connection_lost_at_starttls_fails_the_route(trusted: Authority, do: str) -> None:
    with Sink([Rule("STARTTLS", do=do)], tls=trusted.server_context()) as sink:  # type: ignore[arg-type]
        route = smtp_route(sink.port, host="localhost", starttls=True)
        assert_kept(send(route, timeouts=HASTY), "", attempts=1)


def test_the_next_window_finds_a_server_that_has_recovered() -> None:
    with (
        Sink([Rule("BANNER", reply="421 4.3.2 starting", times=1)]) as sink,
        open_session(smtp_route(sink.port)) as session,
    ):
        first = session.send([message(1)])
        second = session.send([message(1)])

    assert [first[0].verdict, second[0].verdict] == [Verdict.LATER, Verdict.SENT]
