"""Every service that Anymail knows, made from a route row; and what a row may not set."""

import pkgutil
from dataclasses import replace
from typing import Any

import anymail.backends
import pytest
from django.core import mail
from django.test import override_settings

from notifications.contracts import Address, FileIn
from notifications.delivery.transports import Timeouts, check_service, open_session, services
from notifications.delivery.transports.anymail_backends import open_backend
from notifications.delivery.transports.anymail_message import to_anymail
from notifications.states import Verdict
from tenants.errors import InvalidField
from tenants.sealed import Secret
from tests.faults.harness.mail import message, messages, service_route

pytestmark = [
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailDeprecationWarning"),
]

AWS = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s3cr3t"}
#: What each service needs before it can be made: (options, credentials).
NEEDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "amazon_ses": ({"client_params": {"region_name": "eu-west-1"}}, {"client_params": AWS}),
    "brevo": ({}, {"api_key": "k"}),
    "mailersend": ({}, {"api_token": "k"}),
    "mailgun": ({"sender_domain": "example.test"}, {"api_key": "k"}),
    "mailjet": ({}, {"api_key": "k", "secret_key": "s"}),
    "mailtrap": ({}, {"api_token": "k"}),
    "mandrill": ({}, {"api_key": "k"}),
    "postal": ({"api_url": "https://postal.example.test"}, {"api_key": "k"}),
    "postmark": ({"message_stream": "outbound"}, {"server_token": "k"}),
    "resend": ({}, {"api_key": "k"}),
    "scaleway": ({"project_id": "p", "region": "fr-par"}, {"secret_key": "k"}),
    "sendgrid": ({}, {"api_key": "k"}),
    "sendinblue": ({}, {"api_key": "k"}),
    "sparkpost": ({"subaccount": "7"}, {"api_key": "k"}),
    "unisender_go": ({"api_url": "https://go1.example.test"}, {"api_key": "k"}),
}


def test_every_backend_of_anymail_is_offered() -> None:
    backends = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)}

    assert set(services()) == backends - {"base", "base_requests", "console", "test"} == set(NEEDS)


@pytest.mark.parametrize("service", sorted(NEEDS))
def test_every_service_is_made_from_a_row_alone(service: str) -> None:
    options, credentials = NEEDS[service]

    backend = open_backend(service_route(service, credentials, **options), Timeouts(connect_s=3, command_s=4))

    try:
        assert type(backend).__module__ == f"anymail.backends.{service}"
        if service == "amazon_ses":
            config = backend.client.meta.config
            assert (config.connect_timeout, config.read_timeout) == (3, 4)
            assert config.retries["total_max_attempts"] == 1
        else:
            assert backend.timeout == (3, 4)
    finally:
        backend.close()


@pytest.mark.parametrize("service", sorted(NEEDS))
def test_every_service_can_express_an_ordinary_message(service: str) -> None:
    options, credentials = NEEDS[service]
    backend = open_backend(service_route(service, credentials, **options), Timeouts())
    composed = message(
        1,
        "a@example.test",
        "b@example.test",
        "c@example.test",
        to=(Address("a@example.test", "Ann, the first"),),
        cc=(Address("b@example.test"),),
        bcc=(Address("c@example.test"),),
        html="<p>Hello</p>",
        reply_to=(Address("help@example.test"),),
        headers={"X-Priority": "1"},
        files=(FileIn("报告.pdf", b"%PDF", "application/pdf"), FileIn("a.csv", "ä;1".encode(), "text/csv")),
        tag="ORDER",
    )

    try:
        payload = backend.build_message_payload(to_anymail(composed, service), {})
    finally:
        backend.close()

    assert payload is not None


@override_settings(ANYMAIL={"POSTMARK_SERVER_TOKEN": "of the project"})
def test_a_rows_key_wins_over_the_projects_settings() -> None:
    backend = open_backend(service_route("postmark", {"server_token": "of the row"}), Timeouts())
    backend.close()

    assert backend.server_token == "of the row"


@pytest.mark.parametrize("service", ["", "base", "console", "no_such", "anymail.backends.sendgrid", "../x", "SendGrid"])
def test_an_unknown_service_is_refused_with_the_list_of_those_there_are(service: str) -> None:
    with pytest.raises(InvalidField, match="sendgrid"):
        check_service(service, {})


@pytest.mark.parametrize(
    "argument",
    ["idna_encoder", "debug_api_requests", "fail_silently", "ignore_recipient_status", "payload_class", "timeout",
     "session_params", "send_defaults", "alias", "requests_timeout"],
)  # fmt: skip
def test_arguments_that_are_ours_or_dangerous_cannot_be_set(argument: str) -> None:
    with pytest.raises(InvalidField, match=argument):
        check_service("sendgrid", {"api_key": "k", argument: "x"})


@pytest.mark.parametrize("url", ["nonsense", "ftp://example.test", "http://[broken/", "//example.test", "http://", 7])
def test_an_address_that_is_no_services_cannot_be_set(url: Any) -> None:
    with pytest.raises(InvalidField, match="api_url"):
        check_service("postmark", {"server_token": "k", "api_url": url})


@pytest.mark.parametrize("params", [{"config": {"retries": 9}}, {"verify": False}, {"use_ssl": False}, "x"])
def test_amazons_client_cannot_be_bent(params: Any) -> None:
    with pytest.raises(InvalidField, match="client_params"):
        check_service("amazon_ses", {"client_params": params})


def test_a_tenant_does_not_send_on_the_machines_cloud_role() -> None:
    route = service_route("amazon_ses", {}, client_params={"region_name": "eu-west-1"})

    with open_session(replace(route, is_platform=False)) as session:
        (outcome,) = session.send([message()])

    assert (outcome.verdict, outcome.is_attempt, outcome.is_route_failure) == (Verdict.LATER, False, True)
    assert "aws_access_key_id" in outcome.words


@pytest.mark.parametrize(
    "route",
    [
        service_route("no_such", {}),
        service_route("postmark", {}),
        service_route("postmark", {"server_token": "k", "debug_api_requests": True}),
        replace(service_route("postmark", {}), credentials=Secret("nonsense")),
        replace(service_route("postmark", {}), credentials=Secret.of("not json")),
        replace(service_route("postmark", {}), credentials=Secret.of('["a list"]')),
        service_route("amazon_ses", {"client_params": AWS}),
    ],
    ids=["unknown", "no key", "debug", "sealed otherwise", "no json", "no object", "no region"],
)
def test_a_row_that_cannot_work_keeps_all_mail(route: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    with open_session(route) as session:
        outcomes = session.send(messages(3))

    assert {(each.verdict, each.is_attempt, each.is_route_failure) for each in outcomes} == {
        (Verdict.LATER, False, True)
    }
    assert outcomes[0].words


def params_of_first() -> dict[str, Any]:
    return mail.outbox[0].anymail_test_params  # type: ignore[union-attr]


def test_settings_that_the_service_rejects_at_send_keep_all_mail() -> None:
    with open_session(service_route("mailgun", {"api_key": "k"}, sender_domain="a/b")) as session:
        outcomes = session.send(messages(2))

    assert {(each.verdict, each.is_attempt, each.is_route_failure) for each in outcomes} == {
        (Verdict.LATER, False, True)
    }
    assert "sender domain" in outcomes[0].words


def test_the_test_backend_gets_what_was_composed() -> None:
    mail.outbox = []
    composed = message(
        5,
        "a@example.test",
        html="<p>Hello</p>",
        subject="Hello\r\nBcc: victim@x.test",
        to=(Address("a@example.test", 'Ann "A." <x@y>\n'),),
        headers={"X-Shop": "1"},
        files=(FileIn("logo.png", b"\x89PNG", "image/png", content_id="logo"),),
        tag="ORDER",
    )

    with open_session(service_route("test", {})) as session:
        (outcome,) = session.send([composed])

    params = params_of_first()
    assert (outcome.verdict, outcome.provider_id) == (Verdict.SENT, "0")
    assert params["subject"] == "Hello Bcc: victim@x.test"
    assert [(each.display_name, each.addr_spec) for each in params["to"]] == [('Ann "A." <x@y>', "a@example.test")]
    assert (params["text_body"], params["html_body"]) == (composed.text, composed.html)
    assert dict(params["extra_headers"]) == {"X-Shop": "1", "Message-ID": "<5@angarium.test>"}
    assert (params["metadata"], params["tags"]) == ({"message_id": "5"}, ["ORDER"])
    (logo,) = params["attachments"]
    assert (logo.name, logo.content, logo.inline, logo.cid) == ("logo.png", b"\x89PNG", True, "logo")


def test_a_text_file_in_an_unknown_encoding_keeps_its_bytes() -> None:
    mail.outbox = []
    gbk = "订单;1".encode("gbk")

    with open_session(service_route("test", {})) as session:
        session.send([message(files=(FileIn("a.csv", gbk, "text/csv"),))])

    (attachment,) = params_of_first()["attachments"]
    assert (attachment.content, attachment.mimetype) == (gbk, "application/octet-stream")


def test_only_recipients_still_to_be_reached_are_addressed() -> None:
    mail.outbox = []
    everyone = {
        "to": (Address("a@example.test"), Address("b@example.test")),
        "cc": (Address("c@example.test"),),
        "bcc": (Address("d@example.test"), Address("e@example.test")),
    }

    with open_session(service_route("test", {})) as session:
        session.send([message(1, "b@example.test", "d@example.test", **everyone)])
        session.send([message(1, "c@example.test", **everyone)])

    assert [(each.to, each.cc, each.bcc) for each in mail.outbox] == [
        (["b@example.test"], [], ["d@example.test"]),
        (["c@example.test"], [], []),
    ]


def test_a_message_without_recipients_stops_alone() -> None:
    with open_session(service_route("test", {})) as session:
        outcomes = session.send([message(1, rcpt_to=()), message(2)])

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]


def test_hidden_recipients_left_over_are_sent_to_one_by_one() -> None:
    mail.outbox = []
    hidden = (Address("d@example.test"), Address("e@example.test"))
    composed = message(1, "d@example.test", "e@example.test", to=(Address("a@example.test"),), bcc=hidden)

    with open_session(service_route("test", {})) as session:
        (outcome,) = session.send([composed])

    assert mail.outbox[0].recipients() == ["d@example.test"]
    assert outcome.verdict is Verdict.LATER
    assert {address: each.verdict for address, each in outcome.recipients.items()} == {"d@example.test": Verdict.SENT}


def test_a_header_that_may_not_be_set_stops_its_message_alone() -> None:
    with open_session(service_route("test", {})) as session:
        outcomes = session.send([message(1, headers={"X-A\nBcc": "v@x.test"}), message(2)])

    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEVER, Verdict.SENT]


def test_a_message_that_the_service_cannot_express_is_refused_with_its_reason() -> None:
    with open_session(service_route("mailjet", {"api_key": "k", "secret_key": "s"})) as session:
        (outcome,) = session.send([message(reply_to=(Address("a@x.test"), Address("b@x.test")))])

    assert outcome.verdict is Verdict.NEVER
    assert "reply_to" in outcome.words
