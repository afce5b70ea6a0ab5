"""Each fault has its answer, in the vendor's form, and nothing is stored."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from notifications import mailboxes
from notifications.models import CallCount, MailCopy, MailServer, Message
from tenants.models import ApiKey, Contact, SenderIdentity, Tenant
from tenants.models.api_key import Scope
from tests.facades.works.conftest import Api, attachment, mail, stored
from tests.factories import ContactFactory, TenantFactory, make_key


def refusal(reply: Any) -> tuple[int, str]:
    answer = reply.json()
    assert set(answer) == {"code", "description"}
    assert answer["description"]
    assert reply["Content-Type"] == "application/json"
    assert stored() == (0, 0)
    assert not MailCopy.across_tenants.exists()
    return reply.status_code, answer["code"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic dXNlcjpwYXNz", "Bearer", "Bearer junk", "junk"],
    ids=str,
)
def test_unauthorized(api: Api, authorization: str | None) -> None:
    api.headers = {} if authorization is None else {"Authorization": authorization}

    assert refusal(api.send(mail())) == (401, "UNAUTHORIZED")


def test_unauthorized_with_a_key_that_has_ended(api: Api) -> None:
    ApiKey.across_tenants.update(revoked_at=datetime.now(UTC))

    assert refusal(api.send(mail())) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("scopes", [[Scope.EMAIL_SEND], [Scope.MAIL_READ]])
def test_forbidden_without_the_scope_to_send(tenant: Tenant, api: Api, scopes: list[str]) -> None:
    assert refusal(Api(make_key(tenant, *scopes, user_id=1)).send(mail())) == (403, "FORBIDDEN")


def test_access_denied_reads_the_same_for_every_mailbox_that_is_not_the_key_s(tenant: Tenant, api: Api) -> None:
    ContactFactory(tenant=tenant, email="other@example.com", user_id=2)
    ContactFactory(tenant=tenant, email="gone@example.com", user_id=3, is_active=False)
    ContactFactory(tenant=TenantFactory(), email="theirs@example.com", user_id=4)
    users = ["2", "other@example.com", "3", "gone@example.com", "4", "theirs@example.com", "99", "no@example.com"]

    replies = [api.send_raw(b"{}", path=f"/users/{user}/mail") for user in users]

    assert {refusal(reply) for reply in replies} == {(403, "ACCESS_DENIED")}
    assert len({reply.json()["description"] for reply in replies}) == 1


@pytest.mark.parametrize(
    "user", ["office%2540example.com", "nobody", "%00", "%F0%9F%98%80", "9" * 40, "a%0Ab@example.com"]
)
def test_access_denied_for_what_names_no_user(api: Api, user: str) -> None:
    assert refusal(api.send_raw(b"{}", path=f"/users/{user}/mail")) == (403, "ACCESS_DENIED")


def test_forbidden_as_a_sender_that_no_server_may_send_as(api: Api) -> None:
    SenderIdentity.across_tenants.all().delete()

    reply = api.send(mail())

    assert refusal(reply) == (403, "FORBIDDEN")
    assert "office@example.com" in reply.json()["description"]


def test_forbidden_where_the_tenant_sends_by_template_only(api: Api) -> None:
    Tenant.objects.update(allows_custom_content=False)

    assert refusal(api.send(mail())) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": ...}, "to"),
        ({"to": None}, "to"),
        ({"to": ""}, "to"),
        ({"to": " ; ,"}, "to"),
        ({"to": "ann"}, "to"),
        ({"to": "ann@example.org; bob"}, "to"),
        ({"to": "Ann <ann@example.org>"}, "to"),
        ({"to": "ann@example.org\r\nBcc: x@example.org"}, "to"),
        ({"to": ["ann@example.org"]}, "to"),
        ({"to": [{"email": "ann@example.org"}]}, "to"),
        ({"cc": "ann"}, "cc"),
        ({"bcc": 7}, "bcc"),
        ({"subject": ...}, "subject"),
        ({"subject": ""}, "subject"),
        ({"subject": 7}, "subject"),
        ({"subject": "Hello\r\nBcc: x@example.org"}, "subject"),
        ({"subject": "x" * 180 + "\n"}, "subject"),
        ({"body": {}}, "body"),
        ({"contentType": "markdown"}, "contentType"),
        ({"contentType": ""}, "contentType"),
        ({"contentType": ["html"]}, "contentType"),
        ({"userName": "a\nb"}, "userName"),
        ({"userName": "x" * 201}, "userName"),
        ({"isSaveSentMail": "true"}, "isSaveSentMail"),
        ({"isSaveTracking": 1}, "isSaveTracking"),
        ({"isSendSeparately": "no"}, "isSendSeparately"),
        ({"securityLevel": "Secret"}, "securityLevel"),
        ({"securityLevel": "general"}, "securityLevel"),
        ({"attachments": {}}, "attachments"),
        ({"attachments": ["x"]}, "attachments[0]"),
        ({"attachments": [attachment(), attachment(filename=...)]}, "attachments[1].filename"),
        ({"attachments": [attachment(filename="x" * 251)]}, "attachments[0].filename"),
        ({"attachments": [attachment(filename="a\nb")]}, "attachments[0].filename"),
        ({"attachments": [attachment(data=...)]}, "attachments[0].data"),
        ({"attachments": [attachment(data="")]}, "attachments[0].data"),
        ({"attachments": [attachment(data="SW52b2ljZSA")]}, "attachments[0].data"),
        ({"attachments": [attachment(data="*")]}, "attachments[0].data"),
        ({"attachments": [attachment(data="é")]}, "attachments[0].data"),
        ({"attachments": [attachment(inline=True)]}, "attachments[0].cid"),
        ({"attachments": [attachment(inline="yes", cid="x")]}, "attachments[0].inline"),
    ],
    ids=repr,
)
def test_invalid_parameter(api: Api, changes: dict[str, Any], field: str) -> None:
    reply = api.send(mail(**changes))

    assert refusal(reply) == (400, "INVALID_PARAMETER")
    assert reply.json()["description"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ";".join(f"r{n}@example.org" for n in range(501))},
        {"attachments": [attachment(filename="../x")]},
        {"attachments": [attachment(fileType="text")]},
        {"attachments": [attachment(inline=True, cid="<x>")]},
        {"attachments": [attachment()] * 101},
    ],
    ids=["recipients", "path", "type", "cid", "files"],
)
def test_invalid_parameter_by_the_core_s_own_limits(api: Api, changes: dict[str, Any]) -> None:
    assert refusal(api.send(mail(**changes))) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("body", [b" ", b"{", b"[]", b'"x"', b"\xff", b'{"to":"a","to":"b"}'])
def test_invalid_parameter_for_a_body_that_is_no_object(api: Api, body: bytes) -> None:
    assert refusal(api.send_raw(body)) == (400, "INVALID_PARAMETER")


def test_unsupported_media_type(api: Api) -> None:
    reply = api.client.generic("POST", api.base, b"to=x", content_type="text/plain", headers=api.headers)

    assert refusal(reply) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_charset_beside_the_type_is_fine(api: Api) -> None:
    body = b'{"to": "ann@example.org", "subject": "x"}'
    kind = "application/json; charset=UTF-8"

    assert api.client.generic("POST", api.base, body, content_type=kind, headers=api.headers).status_code == 202


def test_payload_too_large(api: Api, settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 10

    assert refusal(api.send(mail())) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("path", ["", "/", "/unknown/x/y", "/mailfolders/", "/mailfolders/1"])
def test_not_found_for_paths_that_are_none(api: Api, path: str) -> None:
    reply = api.client.get(f"/v1.0/users/me{path}", headers=api.headers)

    assert refusal(reply) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/users", "/v1.0", "/v1.0/", "/v1.0/groups", "/users/me/mail/"])
def test_not_found_under_the_prefixes_whoever_asks(db: None, api: Api, path: str) -> None:
    assert refusal(api.client.get(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_method_not_allowed(api: Api, method: str) -> None:
    reply = api.client.generic(method, api.base, b"{}", content_type="application/json", headers=api.headers)

    assert refusal(reply) == (405, "METHOD_NOT_ALLOWED")


def test_too_many_requests(api: Api, settings: Settings) -> None:
    settings.WORKS_CALLS_PER_MINUTE = 2
    replies = [api.send(mail()) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [202, 202, 429]
    assert replies[2].json()["code"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(replies[2]["Retry-After"]) <= 60
    assert Message.across_tenants.count() == 2


def test_every_answer_says_how_much_of_the_limit_is_left(api: Api) -> None:
    good, bad, read = api.send(mail()), api.send({}), api.get("/unread-count")

    names = ("used", "ssed", "limit", "remaining")
    told = [[reply[f"rateLimit-{name}"] for name in names] for reply in (good, bad, read)]
    assert told == [["1", "1", "240", "239"], ["2", "2", "240", "238"], ["1", "1", "240", "239"]]
    assert all(1 <= int(reply["rateLimit-reset"]) <= 60 for reply in (good, bad, read))
    assert CallCount.across_tenants.count() == 2


def test_too_many_requests_when_the_quota_is_used_up(api: Api) -> None:
    Tenant.objects.update(daily_quota=0)

    assert refusal(api.send(mail())) == (429, "TOO_MANY_REQUESTS")


def test_internal_server_error_without_a_mail_server(api: Api) -> None:
    MailServer.across_tenants.update(enabled=False)

    assert refusal(api.send(mail())) == (500, "INTERNAL_SERVER_ERROR")


def test_internal_server_error_says_nothing_of_what_happened(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "send", lambda *_: 1 / 0)

    reply = api.send(mail())

    assert refusal(reply) == (500, "INTERNAL_SERVER_ERROR")
    assert "division" not in reply.content.decode()


def test_service_unavailable_without_a_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(mailboxes, "send", fail)

    assert refusal(api.send(mail())) == (503, "SERVICE_UNAVAILABLE")


def test_a_contact_without_an_address_has_no_mailbox(api: Api) -> None:
    Contact.across_tenants.update(email=None)

    assert refusal(api.send(mail())) == (403, "ACCESS_DENIED")
