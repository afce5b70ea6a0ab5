"""The frame around all actions: what is asked for in which order, and that every answer is HTTP 200 and JSON."""

import json
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from notifications.facades.tencent import views
from notifications.facades.tencent.action import Action
from notifications.facades.tencent.parameters import Flag, ListOf, Record, Text, Whole
from notifications.models import CallCount
from tenants import signing
from tenants.models import SigningKey
from tenants.models.api_key import Scope
from tests.facades.tencent.client import FORM, HOST, TencentApi, code_of, flatten, now, response_of
from tests.facades.tencent.conftest import make_api

SHAPE = Record(
    {
        "Name": Text(),
        "Count": Whole(maximum=2**64 - 1),
        "On": Flag(),
        "Names": ListOf(Text()),
        "Items": ListOf(Record({"Id": Whole(), "Text": Text()}, required=["Id"])),
        "Inner": Record({"Text": Text()}),
    },
    required=["Name"],
)
PARAMS = {
    "Name": "ä & b",
    "Count": 2**64 - 1,
    "On": True,
    "Names": ["a=b", "c d"],
    "Items": [{"Id": 1, "Text": "x"}, {"Id": 2}],
    "Inner": {"Text": ""},
}


def crash(principal, params):
    raise ZeroDivisionError("a secret")


@pytest.fixture(autouse=True)
def actions(monkeypatch):
    """Two actions of our own: one says what it was given, one crashes."""
    table = {
        "Echo": Action(handle=lambda principal, params: {"Given": params}, scope=Scope.EMAIL_READ, parameters=SHAPE),
        "Crash": Action(handle=crash, scope=Scope.EMAIL_READ),
    }
    monkeypatch.setattr(views, "ACTIONS", table)


def test_all_spellings_of_the_same_parameters_arrive_alike(api):
    multipart = (
        "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n'
            + (
                f"Content-Type: application/json\r\n\r\n{json.dumps(value)}"
                if isinstance(value, dict | list)
                else f"\r\n{value}"
            )
            + "\r\n"
            for name, value in PARAMS.items()
        )
        + "--b--\r\n"
    ).encode()

    answers = [
        api.call("Echo", PARAMS),
        api.get("Echo", PARAMS),
        *(api.form("Echo", PARAMS, signed=s, method=m) for s in ("HmacSHA1", "HmacSHA256") for m in ("GET", "POST")),
        response_of(api.send("Echo", multipart, content_type="multipart/form-data; boundary=b")),
    ]

    assert [answer.get("Given", answer) for answer in answers] == [PARAMS] * 7


def test_null_and_absent_members_are_the_same(api):
    assert api.call("Echo", {"Name": "x", "Count": None})["Given"] == {"Name": "x"}


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"Name": "x", "Ontent": 1}, "UnknownParameter", "Ontent"),
        ({"Name": "x", "Inner": {"Ontent": 1}}, "UnknownParameter", "Inner.Ontent"),
        ({"Count": 1}, "MissingParameter", "Name"),
        ({"Name": None}, "MissingParameter", "Name"),
        ({"Name": "x", "Items": [{"Text": "t"}]}, "MissingParameter", "Items.0.Id"),
        ({"Name": 1}, "InvalidParameter", "Name"),
        ({"Name": "x", "Count": "1"}, "InvalidParameter", "Count"),
        ({"Name": "x", "Count": True}, "InvalidParameter", "Count"),
        ({"Name": "x", "Count": 1.0}, "InvalidParameter", "Count"),
        ({"Name": "x", "On": 1}, "InvalidParameter", "On"),
        ({"Name": "x", "Names": "a"}, "InvalidParameter", "Names"),
        ({"Name": "x", "Names": [1]}, "InvalidParameter", "Names.0"),
        ({"Name": "x", "Inner": []}, "InvalidParameter", "Inner"),
        ({"Name": "x", "Count": -1}, "InvalidParameterValue", "Count"),
        ({"Name": "x", "Count": 2**64}, "InvalidParameterValue", "Count"),
        ([], "InvalidParameter", "the body"),
    ],
)
def test_json_is_strict(api, params, code, named):
    # An empty list would be sent as {}.
    error = response_of(api.send("Echo", json.dumps(params).encode()))["Error"]

    assert error["Code"] == code
    assert f"`{named}`" in error["Message"]


@pytest.mark.parametrize(
    ("flat", "code"),
    [
        ({"Name": "x", "Count": "1.5"}, "InvalidParameter"),
        ({"Name": "x", "On": "yes"}, "InvalidParameter"),
        ({"Name": "x", "Names.1": "a"}, "InvalidParameter"),
        ({"Name": "x", "Names.a": "a"}, "InvalidParameter"),
        ({"Name": "x", "Names": "a"}, "InvalidParameter"),
        ({"Name": "x", "Names.0.x": "a"}, "UnknownParameter"),
        ({"Name": "x", "Names.999999999999": "a"}, "InvalidParameter"),
        ({"Name": "x", "Inner.Ontent": "a"}, "UnknownParameter"),
        ({"Name.x": "a"}, "UnknownParameter"),
        ({"Ontent": "a"}, "UnknownParameter"),
        ({"Name": "\0"}, "InvalidParameter"),
        ({}, "MissingParameter"),
    ],
)
def test_flattened_names_are_read_by_the_declared_shape(api, flat, code):
    assert code_of(api.form("Echo", flat)) == code
    assert code_of(api.get("Echo", flat)) == code


@pytest.mark.parametrize("body", [b"{", b'{"Name": "a", "Name": "b"}', b"\xff", b'{"Name": "\\ud800"}', b"[" * 90_000])
def test_bodies_that_are_no_plain_json_are_invalid_parameters(api, body):
    assert code_of(response_of(api.send("Echo", body))) == "InvalidParameter"


@pytest.mark.parametrize(
    "body", [b"x", b"--b\r\n\r\n", b'--b\r\nContent-Disposition: form-data; name="N"\r\n\r\n\xff\r\n--b--']
)
def test_malformed_multipart_is_an_invalid_request(api, body):
    answer = api.send("Echo", body, content_type="multipart/form-data; boundary=b")

    assert code_of(response_of(answer)) == "InvalidRequest"


@pytest.mark.parametrize(
    ("headers", "code", "words"),
    [
        ({"x-tc-action": None}, "MissingParameter", "X-TC-Action"),
        ({"x-tc-version": None}, "MissingParameter", "X-TC-Version"),
        ({"x-tc-region": None}, "MissingParameter", "X-TC-Region"),
        ({"x-tc-timestamp": None}, "MissingParameter", "X-TC-Timestamp"),
        ({"x-tc-timestamp": "soon"}, "InvalidParameter", "X-TC-Timestamp"),
        ({"x-tc-version": "2017-03-12"}, "NoSuchVersion", "2017-03-12"),
        ({"x-tc-region": "ap-mars"}, "UnsupportedRegion", "ap-mars"),
        ({"x-tc-action": "Fly"}, "InvalidAction", "Fly"),
        ({"x-tc-action": "GetAbuseReport"}, "UnsupportedOperation", "GetAbuseReport"),
        ({"authorization": None}, "MissingParameter", "Authorization"),
        ({"authorization": "SKIP"}, "AuthFailure.InvalidAuthorization", "standard form"),
        ({"authorization": "Bearer abc"}, "AuthFailure.InvalidAuthorization", "standard form"),
        ({"x-tc-token": "temporary"}, "AuthFailure.TokenFailure", "temporary"),
        ({"content-type": "text/xml"}, "UnsupportedProtocol", "JSON"),
    ],
)
def test_the_protocol_is_checked_in_the_vendor_s_order(api, headers, code, words):
    error = response_of(api.send("Echo", b'{"Name": "x"}', headers=headers))["Error"]

    assert error["Code"] == code
    assert words in error["Message"]


def test_unknown_revoked_and_malformed_secret_ids(api, tenant):
    assert code_of(TencentApi("AKIDnobody", api.secret_key).call("Echo")) == "AuthFailure.SecretIdNotFound"
    assert code_of(TencentApi("no id", api.secret_key).call("Echo")) == "AuthFailure.InvalidAuthorization"
    assert code_of(TencentApi("no id", api.secret_key).form("Echo")) == "AuthFailure.InvalidSecretId"
    signing.revoke(SigningKey.objects.for_tenant(tenant.pk).get(), now=tenant.created_at)
    assert code_of(api.call("Echo")) == "AuthFailure.SecretIdNotFound"


def test_a_tenant_that_is_switched_off_and_a_key_without_the_scope(api, tenant):
    assert (
        code_of(make_api(tenant, Scope.EMAIL_SEND).call("Echo", {"Name": "x"})) == "AuthFailure.UnauthorizedOperation"
    )
    tenant.is_active = False
    tenant.save(update_fields=["is_active"])
    assert code_of(api.call("Echo", {"Name": "x"})) == "UnauthorizedOperation"


@pytest.mark.parametrize("seconds", [-301, 302])
def test_a_clock_that_is_301_seconds_off_is_refused(api, seconds):
    assert code_of(response_of(api.send("Echo", b"{}", at=now() + seconds))) == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("seconds", [-295, 295])
def test_a_clock_within_five_minutes_is_good(api, seconds):
    assert "Given" in response_of(api.send("Echo", b'{"Name": "x"}', at=now() + seconds))


def test_the_rate_of_a_key_is_limited(api, tenant):
    api.call("Echo", {"Name": "x"})
    # A second that does not end while the test runs.
    CallCount.objects.for_tenant(tenant.pk).update(used=19, began_at=F("began_at") + timedelta(hours=1))

    assert code_of(api.call("Echo", {"Name": "x"})) == ""
    assert code_of(api.call("Echo", {"Name": "x"})) == "RequestLimitExceeded"
    assert code_of(make_api(tenant).call("Echo", {"Name": "x"})) == ""


def test_answers_to_what_is_no_call_are_answers_of_this_api(api):
    """404, 405, 413 and a crash."""
    assert code_of(response_of(api.send("Echo", b"{}", path="/x"))) == "ResourceNotFound"
    assert code_of(response_of(api.send("Echo", b"{}", method="PUT"))) == "UnsupportedProtocol"
    assert code_of(response_of(api.send("Echo", b"x" * (10 * 1024 * 1024 + 1)))) == "RequestSizeLimitExceeded"
    assert code_of(response_of(api.send("Echo", b"", method="GET", query="Name=" + "x" * 33_000))) == (
        "RequestSizeLimitExceeded"
    )
    big = {"Name": "x" * (1024 * 1024)}
    assert code_of(api.form("Echo", big)) == "RequestSizeLimitExceeded"
    crashed = api.call("Crash")
    assert code_of(crashed) == "InternalError"
    assert "secret" not in crashed["Error"]["Message"]


def test_what_comes_to_the_root_without_an_action(client: Client, db):
    answers = [
        response_of(client.post("/", "Name=x", content_type=FORM)),
        response_of(client.post("/", "{}", content_type="application/json")),
        response_of(client.get("/?SecretId=AKIDnobody")),
    ]

    assert [answer["Error"]["Message"].split("`")[1] for answer in answers] == ["Action", "X-TC-Action", "Action"]
    assert {code_of(answer) for answer in answers} == {"MissingParameter"}


def test_a_browser_at_the_root_is_not_a_client_of_this_api(client: Client, db):
    """It is led to the admin; and the other APIs keep their addresses."""
    assert client.get("/")["Location"] == "/admin/"
    assert client.get("/", headers={"host": HOST}).status_code == 400
    assert client.get("/api/v1/email?Action=SendEmail").status_code == 401


def test_any_host_is_served_as_it_was_signed(api):
    def authorization(host):
        return api.authorization(
            "POST", "", b'{"Name": "x"}', content_type="application/json", timestamp=now(), host=host
        )

    for sent, signed in [
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("127.0.0.1:8000/x", "127.0.0.1:8000/x"),
    ]:
        headers = {"host": sent, "authorization": authorization(signed)}
        assert "Given" in response_of(api.send("Echo", b'{"Name": "x"}', headers=headers))


def test_sentences_are_in_the_language_of_the_request(api):
    chinese = response_of(api.send("Echo", b"{}", headers={"x-tc-language": "zh-CN"}))["Error"]["Message"]
    english = api.call("Echo")["Error"]["Message"]
    in_form = api.form("Echo", {"Language": "zh-CN"})["Error"]["Message"]

    assert chinese == in_form == "请求缺少必需的参数 `Name`。"
    assert english == "The request is missing the required parameter `Name`."


def test_the_trace_id_comes_back(api):
    assert api.send("Echo", b"{}", headers={"x-tc-traceid": "abc-1"})["X-TC-TraceId"] == "abc-1"


def test_without_tls_nothing_is_taken_where_tls_is_demanded(api, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert code_of(api.call("Echo", {"Name": "x"})) == "UnsupportedProtocol"


def test_a_repeated_key_gets_the_first_answer(api):
    def ask(name):
        body = json.dumps({"Name": name}).encode()
        return api.send("Echo", body, headers={"idempotency-key": "k"})

    first, again = ask("x"), ask("x")

    assert (first.content, again["Idempotent-Replayed"]) == (again.content, "true")
    assert code_of(response_of(ask("y"))) == "InvalidParameterValue"
    assert flatten(response_of(again)["Given"]) == {"Name": "x"}
