"""The record of one message, member by member."""

from datetime import datetime
from typing import Any

import pytest

from notifications.models import Message, Submission
from notifications.states import Status
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom
from tests.factories import fitting

EMAIL = "/api/v1/email"
NINE = datetime.fromisoformat("2025-06-15T06:49:55.900000+00:00")


def record(api: Api, **changes: Any) -> dict[str, Any]:
    """What is shown of a message just sent, once ``columns`` of its row are as given."""
    columns = changes.pop("columns", {})
    (message_id,) = api.post(EMAIL, custom(**changes)).json()["data"]["ids"]
    Message.across_tenants.filter(pk=message_id).update(**fitting(columns))
    reply = api.get(f"{EMAIL}/{message_id}")
    assert reply.status_code == 200
    data: dict[str, Any] = reply.json()["data"]
    return data


def test_a_waiting_mail_of_own_words_is_shown_whole(api: Api, tenant: Tenant, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"

    shown = record(api, outId="order-1", language="en", bizKey="LICENSE_SENT", columns={"created_at": NINE})

    assert shown == {
        "id": str(Message.across_tenants.get().pk),
        "language": {"value": "en", "message": "English"},
        "bizKey": "LICENSE_SENT",
        "outId": "order-1",
        "emailType": "CUSTOM",
        "subject": "Hello",
        "verificationCode": False,
        "toAddress": ["ann@example.org"],
        "html": False,
        "sendStatus": {"value": "PENDING", "message": "Pending"},
        "content": "It works.",
        "createdDate": "2025-06-15 14:49:55",
        "urgent": False,
        "batch": True,
        "sendTenantId": str(tenant.pk),
    }


def test_every_other_member_is_there_when_it_has_a_value(api: Api, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"

    shown = record(
        api,
        fromAddress="noreply@example.com",
        ccAddress=["cc@example.org"],
        templateParams={"": {"name": "Ann", "n": 5, "verificationCode": "123456"}},
        attachments=[{"name": "a.txt", "content": "SGk="}],
        verificationCodeValidSecond=60,
        columns={
            "template_code": "WELCOME",
            "failure_reason": "550 no such user",
            "due_at": NINE,
            "finished_at": NINE,
            "status": Status.FAILED,
        },
    )

    assert shown["templateCode"] == "WELCOME"
    assert shown["fromAddr"] == "noreply@example.com"
    assert shown["ccAddress"] == ["cc@example.org"]
    assert shown["templateParams"] == {"ann@example.org": {"name": "Ann", "n": "5", "verificationCode": "******"}}
    assert shown["attachments"] == [{"name": "a.txt", "contentType": "application/octet-stream", "size": "2"}]
    assert shown["verificationCodeValidSecond"] == "60"
    assert shown["failureReason"] == "550 no such user"
    assert shown["expectedSendDate"] == shown["actualSendDate"] == "2025-06-15 14:49:55"
    assert shown["sendStatus"] == {"value": "FAILURE", "message": "Failure"}


def test_a_mail_with_a_code_shows_stars_and_no_content(api: Api) -> None:
    shown = record(api, bizKey="SIGNUP", verificationCode=True, content="planted secret", batch=False)

    assert shown["templateParams"] == {"ann@example.org": {"verificationCode": "******", "validMinutes": "5"}}
    assert shown["content"] == ""


@pytest.mark.parametrize(
    ("status", "send_status"),
    [
        (Status.PENDING, "PENDING"),
        (Status.UNCERTAIN, "PENDING"),
        (Status.SENT, "SUCCESS"),
        (Status.DELIVERED, "SUCCESS"),
        (Status.PARTIAL, "FAILURE"),
        (Status.FAILED, "FAILURE"),
        (Status.EXPIRED, "FAILURE"),
        (Status.BOUNCED, "FAILURE"),
        (Status.COMPLAINED, "FAILURE"),
        (Status.SUPPRESSED, "FAILURE"),
        (Status.CANCELLED, "FAILURE"),
    ],
)
def test_each_status_has_its_foreign_name(api: Api, status: Status, send_status: str) -> None:
    assert record(api, columns={"status": status})["sendStatus"]["value"] == send_status


def test_the_sender_is_the_servers_own_once_it_is_known(api: Api, tenant: Tenant, server: Any) -> None:
    assert record(api, columns={"route_id": server.pk})["fromAddr"] == server.from_address


@pytest.mark.parametrize(
    ("body", "headers", "shown"),
    [
        ("en", {}, "en"),
        ("zh-cn", {}, "zh_CN"),
        ({"value": "ZH_cn"}, {}, "zh_CN"),
        ("pt-BR", {}, "pt_BR"),
        ("no such language!", {"Accept-Language": "zh-CN"}, "zh_CN"),
        (None, {"Accept-Language": "fr;q=0.9, en-US;q=0.8, zh;q=0.1"}, "en"),
        (None, {"X-Lang": "zh_CN", "Accept-Language": "en"}, "zh_CN"),
        (None, {"Cookie": "localeCookie=zh_CN/Asia%2FShanghai", "Accept-Language": "en"}, "zh_CN"),
        (None, {"Cookie": "USER_LANG=en; APP_LANG=zh_CN"}, "en"),
        (None, {"Accept-Language": "fr"}, "de"),
        (None, {}, "de"),
    ],
)
def test_the_language_is_the_bodys_then_the_requests_then_the_tenants(
    api: Api, tenant: Tenant, body: Any, headers: dict[str, str], shown: str
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(default_language="de")

    (message_id,) = api.post(EMAIL, custom(language=body), headers=headers).json()["data"]["ids"]

    assert api.get(f"{EMAIL}/{message_id}").json()["data"]["language"]["value"] == shown


def test_the_language_parameter_comes_before_headers(api: Api) -> None:
    reply = api.post(f"{EMAIL}?lang=zh_CN", custom(), headers={"X-Lang": "en"})

    assert reply.json()["msg"] == "成功"
    assert Submission.across_tenants.get().options["language"] == "zh_CN"


def test_enum_messages_are_in_the_language_of_the_request(api: Api) -> None:
    api.post(EMAIL, custom())

    (row,) = api.get(EMAIL, headers={"Accept-Language": "zh-CN"}).json()["data"]["list"]

    assert row["sendStatus"] == {"value": "PENDING", "message": "待发送"}


@pytest.mark.parametrize("path", ["42", "0", "-1", "abc", "9" * 19, "9" * 40, "１２", "1.0", "%00", "a%2Fb", "1 "])
def test_an_id_that_nobody_has_is_404(api: Api, path: str) -> None:
    reply = api.get(f"{EMAIL}/{path}")

    assert (reply.status_code, reply.headers["XC-E-Key"]) in [(404, "resource_not_found"), (404, "handler_not_found")]


def test_a_missing_record_is_named(api: Api) -> None:
    assert api.get(f"{EMAIL}/42").json()["msg"] == "Email not found: [42]"
