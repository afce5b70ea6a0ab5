"""Both signatures: the vectors computed with the vendor's own signer, and that nothing else verifies."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from notifications.facades.tencent.signature import (
    Wire,
    is_fresh,
    parse_authorization,
    verify_v1,
    verify_v3,
)
from tests.facades.tencent.client import FORM, HOST, JSON, code_of, now, response_of
from tests.facades.tencent.test_send import mail

SECRET_ID, SECRET_KEY, AT = "AKIDEXAMPLE0000", "example-secret-key", 1700000000
BODY = (
    b'{"FromEmailAddress": "a@example.com", "Subject": "s", "Destination": ["b@example.org"], '
    b'"Template": {"TemplateID": 1, "TemplateData": "{}"}}'
)
#: Signed host, service, signature (tencent.md 2.7).
V3 = [
    ("ses.intl.tencentcloudapi.com", "ses", "3e701a3f8f62bae0fadc8c420a5b02db8f84e5c414389abde0ccb6f2fadfe4e2"),
    ("127.0.0.1:8000", "ses", "ce69c4d3f9e2fe630992378cd1d31360fd4c79735166d1eb9fbb063c480b46a7"),
    ("127.0.0.1", "127", "e6068a3b0726881c4dce480659f4d4db2dbf3df6ce0133d3342352b67b771594"),
]
V1 = {
    "Action": "SendEmail",
    "Destination.0": "b@example.org",
    "FromEmailAddress": "a b <a@example.com>",
    "Nonce": "11886",
    "Region": "ap-singapore",
    "SecretId": SECRET_ID,
    "Subject": "s & t",
    "Template.TemplateData": "{}",
    "Template.TemplateID": "1",
    "Timestamp": "1700000000",
    "Version": "2020-10-02",
}
V1_SIGNATURES = [
    ("HmacSHA1", "bdW0nQHIQyFx7lIXHLXdH7ZL5TA="),
    ("HmacSHA256", "4gw8Ghdt0Rdxgu2IEphyAo7cg3efUiM15GnomnCDmQ4="),
    ("", "1Fhz3E8IugM2DVAVOcg4+GipgxY="),
]


def wire(*, host: str, body: bytes = BODY, headers: Mapping[str, str] | None = None) -> Wire:
    sent = {"content-type": "application/json", "host": host, **(headers or {})}
    return Wire(method="POST", host=host, query="", body=body, header=lambda name: sent.get(name, ""))


def signed(service: str, signature: str, names: str = "content-type;host") -> str:
    scope = f"{SECRET_ID}/2023-11-14/{service}/tc3_request"
    return f"TC3-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


def verifies(authorization: str, request: Wire, *, timestamp: int = AT) -> bool:
    parsed = parse_authorization(authorization)
    assert parsed is not None
    return verify_v3(parsed, SECRET_KEY, request, timestamp=timestamp)


@pytest.mark.parametrize(("host", "service", "signature"), V3)
def test_the_vectors_of_v3_verify(host, service, signature):
    assert verifies(signed(service, signature), wire(host=host))


def test_a_host_may_be_signed_without_its_port():
    assert verifies(signed("127", V3[2][2]), wire(host="127.0.0.1:8000"))
    assert not verifies(signed("ses", V3[1][2]), wire(host="127.0.0.1"))


def test_the_content_type_may_be_signed_in_lower_case():
    assert verifies(signed("ses", V3[0][2]), wire(host=V3[0][0], headers={"content-type": "Application/JSON"}))


def test_what_else_is_changed_does_not_verify():
    good, request = signed("ses", V3[0][2]), wire(host=V3[0][0])

    assert not verifies(good, replace(request, body=BODY + b" "))
    assert not verifies(good, replace(request, query="a=b"))
    assert not verifies(good, replace(request, method="GET"))
    assert not verifies(good, request, timestamp=AT + 1)
    assert not verifies(good.replace("2023-11-14", "2023-11-15"), request)
    assert not verifies(good.replace("/ses/", "/cvm/"), request)
    assert not verifies(good, wire(host=V3[0][0], headers={"x-tc-content-sha256": "UNSIGNED-PAYLOAD"}))


@pytest.mark.parametrize(
    "text",
    [
        "", "SKIP", signed("ses", ""), signed("ses", "00", names="host"), signed("ses", "00", names="host;host"),
        signed("ses", "00").replace("tc3_request", "tc4"), signed("ses", "00").replace("TC3", "TC4"),
        signed("ses", "00").replace(", Signed", "; Signed"), signed("ses", "00") + " x",
    ],
)  # fmt: skip
def test_other_forms_of_the_authorization_are_none(text):
    assert parse_authorization(text) is None


@pytest.mark.parametrize(("method", "signature"), V1_SIGNATURES)
def test_the_vectors_of_v1_verify(method, signature):
    pairs = V1 | ({"SignatureMethod": method} if method else {}) | {"Signature": signature}

    assert verify_v1(pairs, SECRET_KEY, method="POST", host="127.0.0.1:8000")
    assert not verify_v1(pairs, SECRET_KEY, method="GET", host="127.0.0.1:8000")
    assert not verify_v1(pairs, SECRET_KEY, method="POST", host="127.0.0.1")
    assert not verify_v1(pairs | {"SignatureMethod": "HmacMD5"}, SECRET_KEY, method="POST", host="127.0.0.1:8000")
    for name in V1:
        changed = pairs | {name: pairs[name] + "x"}
        assert not verify_v1(changed, SECRET_KEY, method="POST", host="127.0.0.1:8000"), name


def test_the_window_is_five_minutes_either_way():
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    seconds = int(moment.timestamp())

    assert is_fresh(seconds, now=moment + timedelta(seconds=300))
    assert is_fresh(seconds, now=moment - timedelta(seconds=300))
    assert not is_fresh(seconds, now=moment + timedelta(seconds=301))
    assert not is_fresh(seconds, now=moment - timedelta(seconds=301))


def flipped(text: str, step: int) -> list[str]:
    """The text with one bit changed, at every ``step``-th character; what stays a character of a header."""
    found = []
    for place in range(0, len(text), step):
        for bit in (1, 2, 4, 32):
            other = chr(ord(text[place]) ^ bit)
            if other.isprintable() and other.isascii():
                found.append(text[:place] + other + text[place + 1 :])
    return found


@pytest.mark.django_db
def test_a_bit_flipped_anywhere_fails_with_the_vendor_s_code(api, monkeypatch):
    """In the authorization, the body, the host and the clock, as they travel; each by what the vendor calls it."""
    monkeypatch.setattr("notifications.facades.tencent.caller.PER_SECOND", 10_000)
    timestamp = now()
    body = json.dumps(mail()).encode()
    good = api.authorization("POST", "", body, content_type=JSON, timestamp=timestamp)

    def ask(**changes):
        body_sent = changes.pop("body", body)
        headers = {"authorization": good, **changes}
        return code_of(response_of(api.send("SendEmail", body_sent, at=timestamp, headers=headers)))

    assert ask() == ""
    failures = {ask(authorization=text.strip()) for text in flipped(good, 7)}
    assert failures <= {
        "AuthFailure.InvalidAuthorization", "AuthFailure.SecretIdNotFound", "AuthFailure.InvalidSecretId",
        "AuthFailure.SignatureFailure",
    }  # fmt: skip
    assert {"AuthFailure.SecretIdNotFound", "AuthFailure.SignatureFailure"} <= failures
    for text in flipped(good[-64:], 5):
        assert ask(authorization=good[:-64] + text) in (
            "AuthFailure.SignatureFailure",
            "AuthFailure.InvalidAuthorization",
        )
    assert {ask(body=bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]])) for at in range(0, len(body), 9)} == {
        "AuthFailure.SignatureFailure"
    }
    assert ask(host="ses.example.org") == "AuthFailure.SignatureFailure"
    assert ask(**{"content-type": "application/json; charset=utf-8"}) == "AuthFailure.SignatureFailure"
    assert ask(**{"x-tc-timestamp": str(timestamp + 1)}) == "AuthFailure.SignatureFailure"


@pytest.mark.django_db
def test_a_form_that_was_changed_does_not_verify(api):
    pairs = api.signed_pairs("SendEmail", {"FromEmailAddress": "a@example.com", "Subject": "s"})
    sent = urlencode(pairs | {"Subject": "t"})

    answer = api.client.generic("POST", "/", sent, content_type=FORM, headers={"host": HOST})

    assert code_of(response_of(answer)) == "AuthFailure.SignatureFailure"
    assert dict(parse_qsl(sent))["Subject"] == "t"


@pytest.mark.django_db
def test_an_unsigned_payload_is_signed_as_that(api):
    literal = api.authorization("POST", "", b"UNSIGNED-PAYLOAD", content_type=JSON, timestamp=now())
    headers = {"authorization": literal, "x-tc-content-sha256": "UNSIGNED-PAYLOAD"}

    assert code_of(response_of(api.send("SendEmail", json.dumps(mail()).encode(), headers=headers))) == ""
    assert code_of(response_of(api.send("SendEmail", b"{}", headers={"authorization": literal}))) == (
        "AuthFailure.SignatureFailure"
    )
