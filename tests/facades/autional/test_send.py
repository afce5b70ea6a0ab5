"""Sending: every field of mail, SMS and bulk calls, as row and as answer."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.standalone import examples
from notifications import suppression
from notifications.contracts import Channel, Lane, SuppressionSource
from notifications.models import Message, Outbox, Submission
from notifications.suppression import Entry
from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, SMS, Api, make_template, read, refused
from tests.factories import make_key

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: The example in the published page, with every field that it has (autional_email.txt).
SEED_EMAIL = {
    "subject": "Account activation email",
    "to": ["user@example.com"],
    "bcc": ["manager@example.com"],
    "cancel_key": "order-123",
    "cc": ["admin@example.com"],
    "content": "<h1>Welcome!</h1>",
    "is_html": False,
    "send_at": "2026-06-07T10:00:00Z",
    "template": "welcome_email",
    "user_id": "usr_abc123",
    "variables": {"name": "Ann"},
}
#: autional_bulk.txt; the numbers as its broken example means them.
SEED_BULK = {
    "channel": "sms",
    "content": "Your verification code is 123456",
    "recipients": ["13800138000", "13900139000"],
    "subject": "Notification",
    "template": "verify_code",
    "user_id": "usr_abc123",
    "variables": {"code": "123456"},
}


#: Both are published without any value for the variables.
PUBLISHED = [
    ("email", {name: value for name, value in SEED_EMAIL.items() if name != "variables"}),
    ("bulk", {name: value for name, value in SEED_BULK.items() if name != "variables"}),
]


def only() -> Message:
    return Message.across_tenants.select_related("submission").get()


def later(hours: int = 1) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_mail_is_answered_with_its_log(api: Api, tenant: Tenant) -> None:
    response = api.post("/communication/email", EMAIL)

    body = response.json()
    row = only()
    assert response.status_code == 200
    assert TIME.fullmatch(body.pop("timestamp"))
    created = body["data"].pop("created_at")
    assert created == body["data"].pop("updated_at")
    assert TIME.fullmatch(created)
    assert body == {
        "code": 0,
        "message": "success",
        "data": {
            "id": f"log_{row.pk}",
            "tenant_id": f"tnt_{tenant.pk}",
            "channel": "email",
            "recipient": "u***@example.com",
            "content": "<h1>Hi</h1>",
            "status": "pending",
        },
    }
    assert (row.to, row.subject, row.is_html) == (["user@example.com"], "Hello", True)
    assert (row.submission.facade, row.submission.html, row.submission.text) == ("autional", "<h1>Hi</h1>", None)


def test_every_field_of_the_published_example_counts(api: Api, tenant: Tenant) -> None:
    template_id = make_template(tenant, subject="Theirs", text="Hello {{.name}}")

    response = api.post("/communication/email", SEED_EMAIL)

    log, row = response.json()["data"], only()
    assert (log["template_id"], log["content"], log["user_id"]) == (f"tpl_{template_id}", "Hello Ann", "usr_abc123")
    assert log["status"] == "pending"
    assert (row.to, row.cc, row.bcc) == (["user@example.com"], ["admin@example.com"], ["manager@example.com"])
    assert (row.template_code, row.params) == ("welcome_email", {"name": "Ann"})
    assert row.subject == "Account activation email"
    assert row.submission.cancel_key == "order-123"
    assert row.due_at is None
    assert row.submission.unsubscribe_footer is None


@pytest.mark.parametrize(("path", "body"), PUBLISHED)
def test_the_published_examples_succeed_beside_a_quickstart(
    api: Api, tenant: Tenant, path: str, body: dict[str, Any]
) -> None:
    for _ in range(2):
        examples.ensure_templates(tenant)

    response = api.post(f"/communication/{path}", body)

    assert (response.status_code, read(response)["code"]) == (200, 0)


def test_several_recipients_share_one_message_and_one_log(api: Api) -> None:
    response = api.post("/communication/email", {**EMAIL, "to": ["a@example.com", "b@example.com", "a@example.com"]})

    assert response.json()["data"]["recipient"] == "a***@example.com"
    assert only().to == ["a@example.com", "b@example.com"]


def test_a_mail_for_later_is_scheduled(api: Api) -> None:
    send_at = later()

    log = api.post("/communication/email", {**EMAIL, "send_at": send_at}).json()["data"]

    assert log["status"] == "scheduled"
    assert only().due_at == datetime.fromisoformat(send_at)


@pytest.mark.parametrize(("wish", "footer"), [(True, ""), (False, None), (None, None)])
def test_list_unsubscribe_of_the_newer_revision(api: Api, wish: Any, footer: Any) -> None:
    assert api.post("/communication/email", {**EMAIL, "list_unsubscribe": wish}).status_code == 200

    assert only().submission.unsubscribe_footer == footer


def test_members_of_other_revisions_are_ignored(api: Api) -> None:
    assert api.post("/communication/email", {**EMAIL, "priority": 7, "attachments": [{}]}).status_code == 200


def test_an_sms_is_answered_with_its_log(api: Api, tenant: Tenant) -> None:
    log = api.post("/communication/sms", {**SMS, "purpose": "sms_verification", "user_id": "usr_7"}).json()["data"]

    row = only()
    assert (log["recipient"], log["channel"], log["content"]) == ("138****8000", "sms", SMS["content"])
    assert (log["user_id"], log["status"]) == ("usr_7", "pending")
    assert (row.channel, row.to, row.user_id) == ("sms", ["+8613800138000"], 7)
    assert row.submission.options == {"user_id": "usr_7", "purpose": "sms_verification"}


def test_an_sms_by_template_for_later(api: Api, tenant: Tenant) -> None:
    make_template(tenant, "verify_code", channel="sms", text="Your code is {code}")
    body = {"phone": "13800138000", "template": "verify_code", "variables": {"code": 123456}, "send_at": later()}

    log = api.post("/communication/sms", body).json()["data"]

    assert (log["content"], log["status"]) == ("Your code is 123456", "scheduled")


def test_the_published_bulk_example_makes_one_log_per_recipient(api: Api, tenant: Tenant) -> None:
    template_id = make_template(tenant, "verify_code", channel="sms", text="Your code is {code}")

    response = api.post("/communication/bulk", SEED_BULK)

    body, ids = read(response), list(Message.across_tenants.order_by("id").values_list("pk", flat=True))
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    times = {body.pop("timestamp"), *(item.pop("created_at") for item in body["items"])}
    assert times == {item.pop("updated_at") for item in body["items"]}
    common = {
        "tenant_id": f"tnt_{tenant.pk}",
        "user_id": "usr_abc123",
        "channel": "sms",
        "template_id": f"tpl_{template_id}",
        "content": "Your code is 123456",
        "status": "pending",
    }
    assert body == {
        "code": 0,
        "message": "success",
        "items": [
            {**common, "id": f"log_{ids[0]}", "recipient": "138****8000"},
            {**common, "id": f"log_{ids[1]}", "recipient": "139****9000"},
        ],
        "total": 2,
        "pagination": {
            "page": 1, "page_size": 2, "total": 2, "total_pages": 1, "has_next": False, "has_prev": False,
        },
    }  # fmt: skip
    assert set(Message.across_tenants.values_list("lane", flat=True)) == {Lane.BULK}


def test_bulk_tells_of_each_recipient_what_became_of_it(api: Api, tenant: Tenant) -> None:
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("gone@example.com")], source=SuppressionSource.BOUNCE)
    recipients = ["a@example.com", "nobody", "gone@example.com", "a@example.com", "b@example.com"]

    body = read(api.post("/communication/bulk", {"channel": "email", "content": "Hi", "recipients": recipients}))

    told = [(item["recipient"], item["status"], item.get("error")) for item in body["items"]]
    assert told == [
        ("a***@example.com", "pending", None),
        ("nobody", "failed", "'nobody' is not an e-mail address."),
        ("g***@example.com", "failed", suppression.explain(SuppressionSource.BOUNCE)),
        ("b***@example.com", "pending", None),
    ]
    assert body["total"] == 4
    rows = dict(Message.across_tenants.values_list("pk", "status"))
    assert [rows.get(int(item.get("id", "log_0").removeprefix("log_"))) for item in body["items"]] == [
        "PENDING", None, "SUPPRESSED", "PENDING",
    ]  # fmt: skip
    assert Outbox.objects.count() == 2


@pytest.mark.parametrize(("content", "is_html"), [("<p>Hi</p>", True), ("Hi <b>", False)])
def test_bulk_mail_needs_no_subject_and_may_be_html(api: Api, tenant: Tenant, content: str, is_html: bool) -> None:
    api.post("/communication/bulk", {"channel": "email", "content": content, "recipients": ["a@example.com"]})

    assert (only().subject, only().is_html) == (tenant.name, is_html)


def test_long_content_is_not_repeated_a_thousand_times(api: Api) -> None:
    body = {"channel": "email", "content": "x" * 2000, "recipients": [f"r{n}@example.com" for n in range(1000)]}

    response = api.post("/communication/bulk", body)

    raw = b"".join(response)
    assert len(raw) < 400_000
    assert raw.count(b'"id":"log_') == 1000


def test_a_repeated_call_gets_the_first_answer(api: Api) -> None:
    headers = {"Idempotency-Key": "7"}
    for path, body in (
        ("/communication/email", EMAIL),
        ("/communication/bulk", {"channel": "email", "content": "Hi", "recipients": ["a@example.com", "b@example"]}),
    ):
        first, again = (api.post(path, body, headers=headers) for _ in range(2))

        assert read(again) == read(first)
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        assert refused(api.post(path, {**body, "content": "Other"}, headers=headers)) == (422, 422001)
    assert Submission.across_tenants.count() == 2


def test_a_repeated_bulk_call_is_answered_though_its_messages_were_deleted(api: Api) -> None:
    body = {"channel": "email", "content": "Hi", "recipients": ["a@example.com"]}
    (first,) = read(api.post("/communication/bulk", body, headers={"Idempotency-Key": "7"}))["items"]
    Message.across_tenants.all().delete()

    (again,) = read(api.post("/communication/bulk", body, headers={"Idempotency-Key": "7"}))["items"]

    assert (again["id"], again["status"]) == (first["id"], "pending")


def test_a_key_that_acts_for_a_user_sends_for_nobody_else(tenant: Tenant) -> None:
    api = Api(make_key(tenant, "email.send", user_id=7))

    assert api.post("/communication/email", EMAIL).json()["data"]["user_id"] == "usr_7"
    assert api.post("/communication/email", {**EMAIL, "user_id": "usr_7"}).status_code == 200
    assert refused(api.post("/communication/email", {**EMAIL, "user_id": "usr_8"})) == (400, 400001)


BAD_EMAILS: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({"to": []}, (400, 400003)),
    ({"to": None}, (400, 400003)),
    ({"to": "user@example.com"}, (400, 400002)),
    ({"to": ["nobody"]}, (400, 400001)),
    ({"cc": [7]}, (400, 400002)),
    ({"to": [f"r{n}@example.com" for n in range(501)]}, (400, 400003)),
    ({"subject": ""}, (400, 400001)),
    ({"subject": "a\r\nBcc: b@example.com"}, (400, 400001)),
    ({"content": None}, (400, 400004)),
    ({"is_html": "yes"}, (400, 400002)),
    ({"template": "unknown"}, (404, 404003)),
    ({"variables": ["a"]}, (400, 400002)),
    ({"variables": {"a": {}}}, (400, 400002)),
    ({"send_at": "tomorrow"}, (400, 400002)),
    ({"send_at": "2026-06-07T10:00:00"}, (400, 400002)),
    ({"send_at": "2099-06-07T10:00:00Z"}, (400, 400008)),
    ({"cancel_key": "x" * 81}, (400, 400001)),
]


@pytest.mark.parametrize(("changes", "answer"), BAD_EMAILS, ids=lambda value: str(value)[:40])
def test_a_bad_mail_is_refused_and_nothing_is_stored(
    api: Api, changes: dict[str, Any], answer: tuple[int, int]
) -> None:
    assert refused(api.post("/communication/email", {**EMAIL, **changes})) == answer
    assert not Submission.across_tenants.exists()


BAD_BULKS: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({"channel": "push"}, (400, 400001)),
    ({"channel": None}, (400, 400001)),
    ({"content": ""}, (400, 400001)),
    ({"recipients": []}, (400, 400003)),
    ({"recipients": ["nobody", "neither"]}, (400, 400001)),
    ({"recipients": ["a@example.com"] * 100_001}, (400, 400003)),
]


@pytest.mark.parametrize(("changes", "answer"), BAD_BULKS, ids=lambda value: str(value)[:40])
def test_a_bad_bulk_is_refused(api: Api, changes: dict[str, Any], answer: tuple[int, int]) -> None:
    body = {"channel": "email", "content": "Hi", "recipients": ["a@example.com"], **changes}

    assert refused(api.post("/communication/bulk", body)) == answer


def test_a_bad_sms_is_refused(api: Api) -> None:
    assert refused(api.post("/communication/sms", {**SMS, "phone": ""})) == (400, 400001)
    assert refused(api.post("/communication/sms", {**SMS, "phone": "12"})) == (400, 400001)
    assert refused(api.post("/communication/sms", {**SMS, "content": "x" * 2000})) == (400, 400004)
    assert refused(api.post("/communication/sms", {"phone": "13800138000"})) == (400, 400004)
