"""What administrators and the vendor's own services may do besides: send again, see and release suppressions."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.facades.autional.urls import PREFIXES
from notifications.models import Message, Outbox, Suppression
from notifications.states import Status
from notifications.suppression import Entry
from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, SMS, Api, end, refused
from tests.factories import make_key


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize(("path", "body"), [("email", EMAIL), ("sms", SMS)])
def test_sending_again_makes_a_new_log(api: Api, status: Status, path: str, body: dict[str, object]) -> None:
    id_ = api.post(f"/communication/{path}", body).json()["data"]["id"]
    end(id_, status)

    response = api.call("POST", f"/admin/communication/resend/{id_}")

    assert (response.status_code, response.json()) == (200, {"code": 0, "message": "success"})
    old, new = Message.across_tenants.order_by("id")
    assert (old.status, new.status, new.recipient) == (status, "PENDING", old.recipient)
    assert list(Outbox.objects.values_list("message_id", flat=True)) == [new.pk]


def test_only_what_failed_is_sent_again(api: Api) -> None:
    id_ = api.post("/communication/email", EMAIL).json()["data"]["id"]

    assert refused(api.call("POST", f"/admin/communication/resend/{id_}")) == (409, 409001)
    assert refused(api.call("POST", "/admin/communication/resend/log_7")) == (404, 404001)


@pytest.fixture
def suppressed(tenant: Tenant) -> datetime:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    for address, source, expires_at in (
        ("user@example.com", SuppressionSource.BOUNCE, until),
        ("angry@example.com", SuppressionSource.COMPLAINT, None),
        ("left@example.com", SuppressionSource.UNSUBSCRIBE, None),
    ):
        suppression.add(tenant.pk, Channel.EMAIL, [Entry(address, expires_at=expires_at)], source=source)
    return until


def test_suppressions_are_listed_masked(api: Api, suppressed: datetime) -> None:
    items = api.get("/internal/email/suppressions").json()["items"]

    bounced = items.pop()
    assert bounced.pop("created_at") == bounced.pop("last_bounced_at")
    assert bounced == {
        "email_masked": "u***@example.com",
        "reason": "hard_bounce",
        "bounce_count": 1,
        "provider": "",
        "is_active": True,
        "expires_at": suppressed.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert [(item["email_masked"], item["reason"]) for item in items] == [
        ("l***@example.com", "unsubscribe"),
        ("a***@example.com", "complaint"),
    ]


def test_a_release_can_be_repeated_and_brings_nobody_back_who_left(
    api: Api, tenant: Tenant, suppressed: datetime
) -> None:
    def release(email: str) -> object:
        return api.call("DELETE", f"/internal/email/suppressions?email={email}").json()["data"]

    assert [release("User@Example.com") for _ in range(2)] == [{"released": True}, {"released": False}]
    assert release("left@example.com") == {"released": False}
    assert Suppression.objects.for_tenant(tenant.pk).count() == 2
    assert refused(api.call("DELETE", "/internal/email/suppressions")) == (400, 400001)


def test_suppressions_are_for_services(tenant: Tenant) -> None:
    assert refused(Api(make_key(tenant, "email.read")).get("/internal/email/suppressions")) == (403, 403001)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_leads_to_the_same_handlers(api: Api, prefix: str) -> None:
    for path in ("communication/logs", "admin/communication/logs", "internal/email/suppressions"):
        answer = api.client.get(f"/{prefix}{path}", headers=api.headers)

        assert (answer.status_code, answer.json()["items"]) == (200, [])
