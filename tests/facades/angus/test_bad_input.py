"""Bodies that are refused: with a 4xx that names what is wrong, and with nothing stored."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.serializers import ListField

from notifications.facades.angus.bodies import SendBody
from tests.facades.angus.conftest import Api, custom, stored

EMAIL = "/api/v1/email"
INVALID, UNPARSABLE = "param_validation_error", "param_parsing_error"
LONG = "x" * 100_000
# By the day: the processes of a run must find the same tests.
FAR = (timezone.now() + timedelta(days=400)).strftime("%Y-%m-%d 00:00:00")
FILE = {"name": "a.txt", "content": "SGk="}

MEMBERS: list[tuple[dict[str, Any], str, str]] = [
    # Missing and null
    ({"type": ...}, INVALID, "type"),
    ({"type": None}, INVALID, "type"),
    ({"html": ...}, INVALID, "html"),
    ({"html": None}, INVALID, "html"),
    ({"verificationCode": ...}, INVALID, "verificationCode"),
    ({"subject": ...}, INVALID, "subject"),
    ({"subject": ""}, INVALID, "subject"),
    ({"content": ...}, INVALID, "content"),
    ({"content": ""}, INVALID, "content"),
    # Unknown
    ({"toAdress": ["bob@example.org"]}, INVALID, "toAdress"),
    ({LONG: 1}, INVALID, "x" * 60),
    ({"attachments": [FILE | {"path": "/etc/passwd"}]}, INVALID, "attachments[0].path"),
    # Of another type
    ({"type": "LETTER"}, UNPARSABLE, "type"),
    ({"type": 7}, UNPARSABLE, "type"),
    ({"type": ["CUSTOM"]}, UNPARSABLE, "type"),
    ({"bizKey": 7}, UNPARSABLE, "bizKey"),
    ({"bizKey": ["SIGNUP"]}, UNPARSABLE, "bizKey"),
    ({"bizKey": "x" * 81}, INVALID, "bizKey"),
    ({"bizKey": "SIGN\nUP"}, INVALID, "bizKey"),
    ({"html": "yes please"}, UNPARSABLE, "html"),
    ({"urgent": 2}, UNPARSABLE, "urgent"),
    ({"urgent": []}, UNPARSABLE, "urgent"),
    ({"subject": {"a": 1}}, UNPARSABLE, "subject"),
    ({"subject": True}, UNPARSABLE, "subject"),
    ({"content": ["a"]}, UNPARSABLE, "content"),
    ({"verificationCodeValidSecond": "soon"}, UNPARSABLE, "verificationCodeValidSecond"),
    ({"verificationCodeValidSecond": 1.5}, UNPARSABLE, "verificationCodeValidSecond"),
    ({"verificationCodeValidSecond": True}, UNPARSABLE, "verificationCodeValidSecond"),
    ({"sendUserId": 2**63}, INVALID, "sendUserId"),
    ({"sendTenantId": "9" * 40}, UNPARSABLE, "sendTenantId"),
    ({"toAddress": "ann@example.org"}, UNPARSABLE, "toAddress"),
    ({"toAddress": {"a": "ann@example.org"}}, UNPARSABLE, "toAddress"),
    ({"toAddress": [1]}, UNPARSABLE, "toAddress"),
    ({"toAddress": [None]}, UNPARSABLE, "toAddress"),
    ({"toAddress": [[["ann@example.org"]]]}, UNPARSABLE, "toAddress"),
    ({"templateParams": []}, UNPARSABLE, "templateParams"),
    ({"templateParams": {"a": "b"}}, UNPARSABLE, "templateParams"),
    ({"attachments": {}}, UNPARSABLE, "attachments"),
    ({"attachments": ["a.txt"]}, UNPARSABLE, "attachments[0]"),
    ({"receiveObjectIds": ["one"]}, UNPARSABLE, "receiveObjectIds"),
    # Times
    ({"expectedSendDate": "2030-01-01T10:00:00"}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": "2030-01-01 10:00"}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": "2030-13-01 10:00:00"}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": "0001-01-01 00:00:00"}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": "２０30-01-01 10:00:00"}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": 1893456000}, UNPARSABLE, "expectedSendDate"),
    ({"expectedSendDate": FAR}, INVALID, "366"),
    # Too much
    ({"outId": "x" * 81}, INVALID, "outId"),
    ({"language": "x" * 21}, INVALID, "language"),
    ({"subject": "x" * 201}, INVALID, "subject"),
    ({"content": "x" * 200_001}, INVALID, "content"),
    ({"fromAddress": "x" * 95 + "@a.test"}, INVALID, "fromAddress"),
    ({"outId": LONG}, INVALID, "outId"),
    ({"subject": LONG}, INVALID, "subject"),
    ({"toAddress": [LONG]}, INVALID, "toAddress"),
    ({"templateParams": {"": {"name": LONG}}}, INVALID, "templateParams"),
    ({"templateParams": {str(n): {} for n in range(501)}}, INVALID, "templateParams"),
    ({"verificationCodeValidSecond": 86_401}, INVALID, "verificationCodeValidSecond"),
    ({"toAddress": [f"u{n}@example.org" for n in range(501)]}, INVALID, "toAddress"),
    ({"ccAddress": [f"u{n}@example.org" for n in range(501)]}, INVALID, "ccAddress"),
    ({"receiveObjectIds": list(range(501))}, INVALID, "receiveObjectIds"),
    ({"receivePolicyCodes": ["ADMIN"] * 501}, INVALID, "receivePolicyCodes"),
    ({"receivePolicyCodes": ["x" * 81]}, INVALID, "receivePolicyCodes"),
    ({"cancelKey": "x" * 81}, INVALID, "cancelKey"),
    ({"expireDate": "tomorrow"}, UNPARSABLE, "expireDate"),
    ({"expireDate": "2020-01-01 00:00:00"}, INVALID, "expire"),
    ({"attachments": [FILE] * 11}, INVALID, "attachments"),
    # Line breaks and control characters in what becomes a header
    ({"subject": "a\r\nBcc: eve@example.org"}, INVALID, "subject"),
    ({"subject": "a\nb"}, INVALID, "subject"),
    ({"subject": "a\x07b"}, INVALID, "subject"),
    ({"subject": "a\u2028b"}, INVALID, "subject"),
    ({"outId": "a\tb"}, INVALID, "outId"),
    ({"fromAddress": "a@example.com\r\nBcc: e@example.org"}, INVALID, "fromAddress"),
    ({"attachments": [FILE | {"name": "a\r\nb"}]}, INVALID, "attachments[0].name"),
    ({"attachments": [FILE | {"contentType": "text/plain\r\nX: 1"}]}, INVALID, "attachments[0].contentType"),
    ({"attachments": [FILE | {"contentId": "a\r\nb"}]}, INVALID, "attachments[0].contentId"),
    # Addresses
    *[
        ({member: [address]}, INVALID, member)
        for member in ("toAddress", "ccAddress")
        for address in (
            "",
            " ",
            "nobody",
            "@example.org",
            "ann@",
            "ann@localhost",
            "a b@example.org",
            "ann@example.org\r\nBcc: eve@example.org",
            "Ann <ann@example.org>",
            "ann@[127.0.0.1]",
            "-oQ/tmp@example.org",
            "ann@@example.org",
        )
    ],
    ({"fromAddress": "not an address"}, INVALID, "fromAddress"),
    # Attachments
    ({"attachments": [{"content": "SGk="}]}, INVALID, "attachments[0].name"),
    ({"attachments": [{"name": "a.txt"}]}, INVALID, "attachments[0].content"),
    ({"attachments": [{"name": "a.txt", "content": "%%%"}]}, INVALID, "attachments[0].content"),
    ({"attachments": [{"name": "a.txt", "content": "SGk"}]}, INVALID, "attachments[0].content"),
    ({"attachments": [{"name": "a.txt", "content": "é"}]}, INVALID, "attachments[0].content"),
    ({"attachments": [{"name": "a.txt", "url": "https://10.0.0.1/a.txt"}]}, INVALID, "public internet"),
    ({"attachments": [{"name": "a.txt", "url": "file:///etc/passwd"}]}, INVALID, "https"),
    ({"attachments": [FILE | {"name": "../a.txt"}]}, INVALID, "name"),
    ({"attachments": [FILE | {"contentType": "text"}]}, INVALID, "type/subtype"),
    # Pre-conditions
    ({"toAddress": ...}, "protocol_error", "recipient"),
    ({"toAddress": []}, "protocol_error", "recipient"),
    ({"toAddress": None}, "protocol_error", "recipient"),
    ({"toAddress": [[]]}, "protocol_error", "recipient"),
    ({"type": "TEMPLATE"}, "protocol_error", "business key"),
    ({"type": "TEMPLATE", "bizKey": ""}, "protocol_error", "business key"),
    ({"verificationCode": True}, "protocol_error", "business key"),
    ({"fromAddress": "ceo@elsewhere.example"}, "protocol_error", "ceo@elsewhere.example"),
]


def shown(case: Any) -> str:
    return (repr(case)[:50] + "…") if len(repr(case)) > 50 else repr(case)


@pytest.mark.parametrize(("changes", "key", "named"), MEMBERS, ids=shown)
def test_a_bad_member_is_refused_by_name_and_nothing_is_stored(
    api: Api, changes: dict[str, Any], key: str, named: str
) -> None:
    reply = api.post(EMAIL, custom(**changes))

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, key)
    assert named in reply.json()["msg"]
    assert len(reply.json()["msg"]) < 300
    assert stored() == (0, 0, 0)


DEEP = b'{"templateParams": {"a": ' + b"[" * 19 + b"]" * 19 + b"}}"

RAW: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"null", "an object"),
    (b"[]", "an object"),
    (b'"text"', "an object"),
    (b"{", "not JSON"),
    (b'{"type": "CUSTOM",}', "not JSON"),
    (b"{'type': 'CUSTOM'}", "not JSON"),
    (b'{"type": "CUSTOM", "type": "TEMPLATE"}', "same name"),
    (b'{"templateParams": {"a": {"b": 1, "b": 2}}}', "same name"),
    (b'{"urgent": NaN}', "NaN"),
    (b'{"urgent": -Infinity}', "Infinity"),
    (b'{"urgent": 1e999}', "too large"),
    (b'{"urgent": ' + b"9" * 5000 + b"}", "too long"),
    (DEEP, "20 levels"),
    (b"[" * 100_000, "20 levels"),
    (b'{"a":' * 50_000, "20 levels"),
    (b'{"subject": "\\u0000"}', "NUL"),
    (b'{"subject": "\\ud800"}', "surrogate"),
    (b'{"\\udfff": 1}', "surrogate"),
    (b'{"subject": "\xff"}', "UTF-8"),
    ('{"subject": "Grüße"}'.encode("latin-1"), "UTF-8"),
    ('{"subject": "Hi"}'.encode("utf-16"), "UTF-8"),
    (b"[" + b"{}," * 1_000_000 + b"{}]", "too many"),
]


@pytest.mark.parametrize(("body", "words"), RAW, ids=shown)
def test_a_body_that_is_not_our_json_is_unparsable(api: Api, body: bytes, words: str) -> None:
    reply = api.send_raw(EMAIL, body)

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, UNPARSABLE)
    assert words in reply.json()["msg"]
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("letter", ["x", "@", ".", "{", "<", "\u00fc", "\u200b"])
@pytest.mark.parametrize("name", sorted(SendBody().fields))
def test_a_hundred_thousand_characters_are_judged_within_a_second(api: Api, name: str, letter: str) -> None:
    text = letter * 100_000
    body = custom(**{name: [text] if isinstance(SendBody().fields[name], ListField) else text})
    began = time.thread_time()

    reply = api.post(EMAIL, body)

    assert time.thread_time() - began < 1
    # An own text may be that long, and of a kind of receivers that nobody knows none is meant.
    assert reply.status_code == 400 or name in ("content", "receiveObjectType")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=x",
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        "application/json; charset=bz2",
        "application/jsonx",
    ],
)
def test_another_media_type_or_charset_is_415(api: Api, content_type: str) -> None:
    reply = api.send_raw(EMAIL, json.dumps(custom()).encode(), content_type)

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (415, "media_type_not_supported")
    assert stored() == (0, 0, 0)


def test_a_compressed_body_is_never_unpacked(api: Api) -> None:
    reply = api.post(EMAIL, custom(), headers={"Content-Encoding": "gzip"})

    assert reply.status_code == 415
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("content_type", ["application/json", "application/json;charset=UTF-8", "Application/JSON"])
def test_the_usual_media_types_are_read(api: Api, content_type: str) -> None:
    assert api.send_raw(EMAIL, json.dumps(custom()).encode(), content_type).status_code == 200


def test_only_the_first_bad_member_is_told(api: Api) -> None:
    message = api.post(EMAIL, custom(outId="x" * 81, subject="x" * 201)).json()["msg"]

    assert "outId" in message
    assert "subject" not in message


def test_attachments_larger_than_the_limit_are_413(api: Api, settings: Any) -> None:
    settings.MAX_ATTACHMENT_BYTES = 1

    reply = api.post(EMAIL, custom(attachments=[FILE]))

    assert reply.status_code == 413
    assert stored() == (0, 0, 0)
