"""What every answer of the facade has in common, above all the ones that say no."""

import io
import json
import re
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from notifications import search
from notifications.models import MailServer
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom, stored
from tests.factories import make_key

EMAIL = "/api/v1/email"


def e_key(reply: Any) -> str:
    assert reply.headers.get("XC-E-Key") == reply.json()["ext"]["eKey"]
    return str(reply.json()["ext"]["eKey"])


def test_success_has_the_envelope_and_no_error_key(api: Api) -> None:
    reply = api.get(EMAIL)

    assert reply.status_code == 200
    assert list(reply.json()) == ["code", "msg", "data", "datetime", "ext"]
    assert reply.json()["code"] == "S"
    assert reply.json()["ext"] == {}
    assert "XC-E-Key" not in reply.headers
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"


def test_datetime_is_the_time_of_the_servers_zone(api: Api, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    before = timezone.localtime().replace(tzinfo=None, microsecond=0)

    told = datetime.fromisoformat(api.get(EMAIL).json()["datetime"])

    assert 0 <= (told - before).total_seconds() <= 5


def test_the_callers_request_id_is_echoed(api: Api) -> None:
    assert api.get(EMAIL, headers={"XC-Request-Id": "abc-123"}).headers["XC-Request-Id"] == "abc-123"


@pytest.mark.parametrize("given", ["", "with blank", "x" * 129, "ümlaut"])
def test_a_request_id_that_is_no_token_is_replaced(api: Api, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", api.get(EMAIL, headers={"XC-Request-Id": given}).headers["XC-Request-Id"])


def test_every_answer_names_service_and_process(api: Api) -> None:
    replies = [api.get(EMAIL), api.client.get(EMAIL), api.get("/api/v1/nothing"), api.client.options(EMAIL)]

    assert {reply.headers["XC-Service-Id"] for reply in replies} == {"angarium"}
    assert len({reply.headers["XC-Instance-Id"] for reply in replies}) == 1


@pytest.mark.parametrize(
    ("headers", "origin", "names"),
    [
        ({}, "*", "*"),
        ({"Origin": "https://app.example.com"}, "https://app.example.com", "*"),
        ({"Origin": "null"}, "null", "*"),
        ({"Access-Control-Request-Headers": "authorization, x-a"}, "*", "authorization, x-a"),
        ({"Origin": "a b", "Access-Control-Request-Headers": "a: b"}, "*", "*"),
    ],
)
@pytest.mark.parametrize("path", [EMAIL, "/api/v1/email/server/", "/innerapi/v1/email", "/api/v1/nothing"])
def test_a_browser_may_ask_before_it_calls(
    api: Api, path: str, headers: dict[str, str], origin: str, names: str
) -> None:
    reply = api.client.options(path, headers={**headers, "Access-Control-Request-Method": "POST"})

    assert (reply.status_code, reply.content) == (204, b"")
    told = {name: reply.headers[f"Access-Control-{name}"] for name in ("Allow-Origin", "Allow-Headers", "Max-Age")}
    assert told == {"Allow-Origin": origin, "Allow-Headers": names, "Max-Age": "259200"}
    assert set(reply.headers["Access-Control-Allow-Methods"].split(", ")) == {
        *("POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
    }


def test_an_answer_is_for_the_page_that_asked(api: Api) -> None:
    replies = [
        api.get(EMAIL, headers={"Origin": "https://a.example"}),
        api.client.get(EMAIL, HTTP_ORIGIN="https://a.example"),
    ]

    assert [reply.status_code for reply in replies] == [200, 401]
    for reply in replies:
        assert reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert reply.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in reply.headers["Vary"]


def test_answers_name_the_key_and_tenant_they_are_for(tenant: Tenant, server: MailServer) -> None:
    reply = Api(make_key(tenant, user_id=77)).get(EMAIL)

    assert reply.headers["XC-Auth-Tenant-Id"] == str(tenant.pk)
    assert reply.headers["XC-Auth-User-Id"] == "77"
    assert reply.headers["XC-Auth-Client-Id"].isdigit()


def test_a_key_of_nobody_in_particular_names_no_user(api: Api) -> None:
    assert "XC-Auth-User-Id" not in api.get(EMAIL).headers


def test_without_a_key_the_answer_is_401_without_error_key_header(db: None) -> None:
    reply = Client().get(EMAIL)

    assert reply.status_code == 401
    assert reply.json()["code"] == "E0"
    assert reply.json()["ext"] == {"eKey": "unauthorized"}
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="angarium"'
    assert "XC-E-Key" not in reply.headers
    assert "XC-Request-Id" in reply.headers


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer é"])
def test_a_bad_key_is_401_invalid_token(db: None, header: str) -> None:
    reply = Client().get(EMAIL, headers={"Authorization": header})

    assert reply.status_code == 401
    assert reply.json()["ext"] == {"eKey": "invalid_token"}
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


def test_the_token_may_come_as_a_parameter(tenant: Tenant, server: MailServer) -> None:
    assert Client().get(EMAIL, {"access_token": make_key(tenant)}).status_code == 200


@pytest.mark.parametrize(("scope", "method"), [("email.read", "post"), ("email.send", "get"), ("email.send", "head")])
def test_a_key_without_the_scope_is_403(tenant: Tenant, server: MailServer, scope: str, method: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {make_key(tenant, scope)}"})

    reply = getattr(client, method)(EMAIL)

    assert reply.status_code == 403
    assert reply.headers["XC-E-Key"] == "insufficient_scope"


def test_a_tenant_that_is_switched_off_is_403(api: Api, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    reply = api.get(EMAIL)

    assert reply.status_code == 403
    assert e_key(reply) == "forbidden"


def test_naming_another_tenant_in_the_header_is_403_fatal_exit(api: Api, tenant: Tenant) -> None:
    own = api.get(EMAIL, headers={"XC-Opt-Tenant-Id": str(tenant.pk)})
    other = api.get(EMAIL, headers={"XC-Opt-Tenant-Id": str(tenant.pk + 1)})

    assert own.status_code == 200
    assert other.status_code == 403
    assert e_key(other) == "fatal_exit"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_method_without_a_handler_is_405(api: Api, method: str) -> None:
    reply = getattr(api.client, method)(EMAIL, headers=api.headers)

    assert reply.status_code == 405
    assert e_key(reply) == "method_not_supported"


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1/nothing", "/api/v2/email", "/innerapi/v1/x", "/api/v1//email"]
)
def test_unknown_paths_are_404_in_the_envelope_for_anybody(db: None, path: str) -> None:
    reply = Client().get(path)

    assert reply.status_code == 404
    assert e_key(reply) == "handler_not_found"


@pytest.mark.parametrize("path", [EMAIL, EMAIL + "/"])
def test_a_slash_at_the_end_makes_no_difference(api: Api, path: str) -> None:
    assert api.get(path).status_code == 200
    assert api.post(path, custom()).status_code == 200


def test_any_accept_header_gets_json(api: Api) -> None:
    assert api.get(EMAIL, headers={"Accept": "application/xml"}).status_code == 200


def test_a_body_declared_larger_than_the_limit_is_413_unread(api: Api, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 100

    reply = api.post(EMAIL, custom(content="x" * 200))

    assert reply.status_code == 413
    assert e_key(reply) == "param_validation_error"
    assert stored() == (0, 0, 0)


def send_chunked(api: Api, body: bytes) -> Any:
    """As a server hands over a chunked body: its end is marked and its length is not known."""
    return api.client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=EMAIL,
        CONTENT_TYPE="application/json",
        HTTP_AUTHORIZATION=api.headers["Authorization"],
        **{"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True},
    )


def test_a_chunked_body_is_read(api: Api) -> None:
    assert send_chunked(api, json.dumps(custom()).encode()).status_code == 200


def test_a_chunked_body_over_the_limit_is_413(api: Api, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 100

    assert send_chunked(api, b" " * 101).status_code == 413


def test_a_database_that_is_gone_is_503_with_retry_after(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(connection, "cursor", refuse)
    reply = api.post(EMAIL, custom())
    monkeypatch.undo()

    assert reply.status_code == 503
    assert e_key(reply) == "service_unavailable"
    assert reply.headers["Retry-After"] == "5"
    assert stored() == (0, 0, 0)


def test_a_crash_is_500_without_details_and_logged(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyError("planted detail")

    monkeypatch.setattr(search, "list_messages", crash)
    reply = api.get(EMAIL)

    assert reply.status_code == 500
    assert reply.json()["code"] == "E2"
    assert e_key(reply) == "unknown_error"
    assert "planted detail" not in reply.content.decode()
    assert "planted detail" in caplog.text


@pytest.mark.parametrize(
    ("named", "words"),
    [({"Accept-Language": "zh-CN,zh;q=0.9"}, "成功"), ({"X-Lang": "en"}, "Success"), ({}, "Success")],
)
def test_the_sentence_is_in_the_language_of_the_request(api: Api, named: dict[str, str], words: str) -> None:
    assert api.get(EMAIL, headers=named).json()["msg"] == words
