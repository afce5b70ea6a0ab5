"""The declared shape of a gateway's request: what is filled in where, and what is refused when it is declared."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from notifications.sms_shape import at, parse
from tenants.errors import InvalidField

VALUES = {
    "to": "+8613800138000",
    "to_digits": "8613800138000",
    "to_national": "13800138000",
    "text": 'He said "{to}" & left\nat 5 % off, 你好',
    "sender": "Acme & Co",
    "message_id": "42",
    "username": "me",
    "password": "p/w",
    "secret.token": "t0k",
}
URL = "https://sms.example.com/v1"
JSON = {"to": "{to}", "text": "{text}"}


def test_json_is_filled_in_at_its_leaves_and_stays_json() -> None:
    body = {"messages": [{"to": ["{to}"], "body": {"text": "{text}"}, "n": 1, "ok": True, "nothing": None}]}

    filled = parse({"url": URL, "json": body}).fill(VALUES)

    assert json.loads(filled.body) == {
        "messages": [{"to": [VALUES["to"]], "body": {"text": VALUES["text"]}, "n": 1, "ok": True, "nothing": None}]
    }
    assert ("Content-Type", "application/json; charset=utf-8") in filled.headers
    assert filled.method == "POST"


def test_a_placeholder_inside_a_value_is_not_filled_in_again() -> None:
    filled = parse({"url": URL, "json": JSON}).fill({**VALUES, "text": "{secret.token}"})

    assert json.loads(filled.body)["text"] == "{secret.token}"


def test_a_form_is_encoded() -> None:
    filled = parse({"url": URL, "form": {"To": "{to}", "Body": "{text}", "From": "{sender}"}}).fill(VALUES)

    assert parse_qs(filled.body.decode()) == {
        "To": [VALUES["to"]],
        "Body": [VALUES["text"]],
        "From": [VALUES["sender"]],
    }
    assert ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8") in filled.headers


def test_query_and_path_are_quoted_so_that_a_text_cannot_leave_its_place() -> None:
    options = {"url": f"{URL}/{{username}}/send?fixed=1", "method": "GET", "query": {"to": "{to}", "msg": "{text}"}}

    filled = parse(options).fill({**VALUES, "username": "../x?y#z"})

    parts = urlsplit(filled.url)
    assert (parts.netloc, parts.path) == ("sms.example.com", "/v1/..%2Fx%3Fy%23z/send")
    assert parse_qs(parts.query) == {"fixed": ["1"], "to": [VALUES["to"]], "msg": [VALUES["text"]]}
    assert (filled.method, filled.body) == ("GET", b"")


def test_a_header_carries_secrets_and_never_a_second_line() -> None:
    options = {"url": URL, "json": JSON, "headers": {"Authorization": "Bearer {secret.token}", "X-From": "{sender}"}}

    filled = parse(options).fill({**VALUES, "sender": "A\r\nX-Evil: 1"})

    assert ("Authorization", "Bearer t0k") in filled.headers
    assert ("X-From", "AX-Evil: 1") in filled.headers


def test_the_secrets_that_a_shape_needs_are_known() -> None:
    shape = parse({"url": URL, "headers": {"K": "{secret.key}"}, "form": {"t": "{to}{text}", "p": "{secret.other}"}})

    assert shape.secrets == {"key", "other"}


@pytest.mark.parametrize(
    ("statuses", "status", "is_success"),
    [([], 200, True), ([], 204, True), ([], 302, False), ([201], 201, True), ([201], 200, False)],
)
def test_a_status_is_a_success_as_declared_or_every_2xx(statuses: list[int], status: int, is_success: bool) -> None:
    assert parse({"url": URL, "json": JSON, "success_statuses": statuses}).is_success_status(status) is is_success


REFUSED: dict[str, dict[str, Any]] = {
    "no url": {"json": JSON},
    "plain http": {"url": "http://sms.example.com/", "json": JSON},
    "another scheme": {"url": "file:///etc/passwd", "json": JSON},
    "no host": {"url": "https:///v1", "json": JSON},
    "a user name": {"url": "https://me:secret@sms.example.com/", "json": JSON},
    "a placeholder in the host": {"url": "https://{username}.example.com/", "json": JSON},
    "a placeholder as the port": {"url": "https://example.com:{username}/", "json": JSON},
    "a fragment": {"url": f"{URL}#x", "json": JSON},
    "a blank": {"url": f"{URL}/a b", "json": JSON},
    "a line break": {"url": f"{URL}/\nHost: x", "json": JSON},
    "an unknown member": {"url": URL, "json": JSON, "verify": False},
    "an unknown placeholder": {"url": URL, "json": {**JSON, "x": "{recipient}"}},
    "an unknown placeholder deep down": {"url": URL, "json": {**JSON, "x": [{"y": "{oops}"}]}},
    "no number": {"url": URL, "json": {"text": "{text}"}},
    "no text": {"url": URL, "json": {"to": "{to}"}},
    "two bodies": {"url": URL, "json": JSON, "form": {"a": "b"}},
    "another method": {"url": URL, "json": JSON, "method": "DELETE"},
    "the text in a header": {"url": URL, "json": JSON, "headers": {"X-Text": "{text}"}},
    "a header of HTTP's own": {"url": URL, "json": JSON, "headers": {"Host": "inner"}},
    "a header that is none": {"url": URL, "json": JSON, "headers": {"X Y": "1"}},
    "a header of two lines": {"url": URL, "json": JSON, "headers": {"X": "1\r\nY: 2"}},
    "headers that are no object": {"url": URL, "json": JSON, "headers": ["a"]},
    "a status that is no success": {"url": URL, "json": JSON, "success_statuses": [302]},
    "a path without its values": {"url": URL, "json": JSON, "success_path": "code"},
    "values without their path": {"url": URL, "json": JSON, "success_values": ["0"]},
    "an unknown meaning": {"url": URL, "json": JSON, "errors": {"1": "perhaps"}},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED.keys())
def test_a_shape_that_cannot_work_or_is_not_safe_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidField) as refusal:
        parse(options)

    assert refusal.value.params["field"] == "options"


def test_plain_http_is_there_for_those_who_may() -> None:
    assert parse({"url": "http://10.0.0.5/sms", "json": JSON}, allows_http=True).url == "http://10.0.0.5/sms"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "7"),
        ("data.0.id", "abc"),
        ("ok", "true"),
        ("data.1.id", ""),
        ("data.x", ""),
        ("id.deeper", ""),
        ("missing", ""),
        ("data", ""),
        ("", ""),
    ],
)
def test_a_value_is_found_by_its_path(path: str, value: str) -> None:
    assert at({"id": 7, "ok": True, "data": [{"id": "abc"}]}, path) == value


@pytest.mark.parametrize("answer", [None, [], "text", 5])
def test_an_answer_of_another_form_has_nothing_to_find(answer: Any) -> None:
    assert at(answer, "data.id") == ""
