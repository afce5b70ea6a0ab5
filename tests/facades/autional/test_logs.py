"""The log, cancelling, and what is told about channels."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications.models import DeliveryAttempt, MailServer, Message, Outbox, RouteHealth
from notifications.states import Status
from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, SMS, Api, end, make_template, refused
from tests.factories import MailServerFactory, TenantFactory, make_key

LATER = {"send_at": "2026-12-24T10:00:00Z"}


@pytest.fixture(autouse=True)
def _before_christmas(monkeypatch: pytest.MonkeyPatch) -> None:
    send_at = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    monkeypatch.setitem(LATER, "send_at", send_at)


def mail(api: Api, **changes: Any) -> str:
    return api.post("/communication/email", {**EMAIL, **changes}).json()["data"]["id"]


def sms(api: Api, **changes: Any) -> str:
    return api.post("/communication/sms", {**SMS, **changes}).json()["data"]["id"]


def listed(api: Api, query: str = "") -> list[str]:
    return [item["id"] for item in api.get(f"/communication/logs{query}").json()["items"]]


def test_a_log_tells_what_became_of_a_message(api: Api, tenant: Tenant) -> None:
    template_id = make_template(tenant, html="<p>Hello {name}</p>")
    id_ = mail(api, template="welcome_email", variables={"name": "Ann"})
    when = datetime(2026, 4, 15, 10, 1, tzinfo=UTC)
    server = MailServer.objects.for_tenant(tenant.pk).get(protocol="SMTP")
    end(id_, Status.SENT, finished_at=when, route_id=server.pk)
    message_id = int(id_.removeprefix("log_"))
    DeliveryAttempt(tenant=tenant, message_id=message_id, number=1, verdict="sent", words="250 OK").save()

    (log,) = api.get("/communication/logs").json()["items"]

    assert log.pop("created_at") != log["updated_at"]
    assert log == {
        "id": id_,
        "tenant_id": f"tnt_{tenant.pk}",
        "channel": "email",
        "recipient": "u***@example.com",
        "template_id": f"tpl_{template_id}",
        "content": "<p>Hello Ann</p>",
        "provider": "smtp",
        "status": "sent",
        "response": "250 OK",
        "updated_at": "2026-04-15T10:01:00Z",
        "sent_at": "2026-04-15T10:01:00Z",
    }


WORDS = {
    Status.PENDING: "pending",
    Status.SENT: "sent",
    Status.DELIVERED: "delivered",
    Status.PARTIAL: "sent",
    Status.FAILED: "failed",
    Status.UNCERTAIN: "pending",
    Status.CANCELLED: "cancelled",
    Status.SUPPRESSED: "failed",
    Status.EXPIRED: "failed",
    Status.BOUNCED: "failed",
    Status.COMPLAINED: "failed",
}


@pytest.mark.parametrize("status", Status)
def test_each_status_has_its_word_and_is_found_by_it(api: Api, status: Status) -> None:
    id_ = mail(api)
    end(id_, status, failure_reason="because")

    items = api.get(f"/communication/logs?status={WORDS[status]}").json()["items"]

    assert [(item["id"], item["status"], item["error"]) for item in items] == [(id_, WORDS[status], "because")]


def test_what_waits_for_its_time_is_scheduled_and_not_pending(api: Api) -> None:
    now, later = mail(api), mail(api, **LATER)

    assert listed(api, "?status=scheduled") == [later]
    assert listed(api, "?status=pending") == [now]


def test_lists_are_narrowed_and_paged(api: Api, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ids = [mail(api, user_id="usr_abc"), sms(api), mail(api), sms(api, user_id="usr_abc")]

    assert listed(api) == ids[::-1]
    assert listed(api, "?channel=sms") == [ids[3], ids[1]]
    assert listed(api, "?channel=push") == []
    assert listed(api, "?user_id=usr_abc") == [ids[3], ids[0]]
    with django_assert_num_queries(7):
        body = api.get("/communication/logs?page=2&page_size=3").json()
    assert [item["id"] for item in body["items"]] == ids[:1]
    assert (body["code"], body["total"], "data" in body) == (0, 4, False)
    assert body["pagination"] == {
        "page": 2, "page_size": 3, "total": 4, "total_pages": 2, "has_next": False, "has_prev": True,
    }  # fmt: skip
    assert api.get("/communication/logs?page_size=1000").json()["pagination"]["page_size"] == 100
    assert refused(api.get("/communication/logs?page=x")) == (400, 400001)
    assert refused(api.get("/communication/logs?channel=fax")) == (400, 400001)
    assert refused(api.get("/communication/logs?status=lost")) == (400, 400001)


def test_a_user_s_key_reads_and_stops_its_own_messages_only(api: Api, tenant: Tenant) -> None:
    own, other = mail(api, user_id="usr_7", **LATER), mail(api, user_id="usr_8", **LATER)
    user = Api(make_key(tenant, "email.read", "email.send", user_id=7))

    assert listed(user) == listed(user, "?user_id=usr_8") == [own]
    assert refused(user.call("DELETE", f"/communication/scheduled/{other}")) == (404, 404001)
    assert user.get("/communication/dashboard").json()["data"]["by_status"] == {"pending": 1}
    assert refused(user.get("/admin/communication/logs")) == (403, 403001)
    administrator = Api(make_key(tenant, "email.read", "email.send", "template.write", user_id=7))
    assert [item["id"] for item in administrator.get("/admin/communication/logs").json()["items"]] == [other, own]
    assert listed(administrator, "?user_id=usr_8") == [other]


def test_a_key_sees_the_channels_that_it_may_read(api: Api, tenant: Tenant) -> None:
    text, _ = sms(api), mail(api)

    assert listed(Api(make_key(tenant, "sms.read"))) == [text]
    assert refused(Api(make_key(tenant, "sms.read")).get("/communication/logs?channel=email")) == (403, 403001)
    assert refused(Api(make_key(tenant, "sms.send")).get("/communication/logs")) == (403, 403001)


class TestCancelling:
    def test_without_a_body_as_the_newer_revision_does(self, api: Api) -> None:
        id_ = mail(api, **LATER)

        response = api.call("DELETE", f"/communication/scheduled/{id_}")

        assert (response.status_code, response.json()) == (200, {"code": 0, "message": "success"})
        assert (Message.across_tenants.get().status, Outbox.objects.count()) == ("CANCELLED", 0)
        assert refused(api.call("DELETE", f"/communication/scheduled/{id_}")) == (409, 409001)

    def test_with_the_key_as_the_older_one_does_and_as_often_as_it_likes(self, api: Api) -> None:
        id_ = sms(api, cancel_key="order-123", **LATER)
        path = f"/communication/scheduled/{id_}"

        assert refused(api.call("DELETE", path, {"cancel_key": "order-124"})) == (404, 404001)
        assert Message.across_tenants.get().status == "PENDING"
        for _ in range(2):
            assert api.call("DELETE", path, {"cancel_key": "order-123"}).status_code == 200

    def test_what_is_not_scheduled_is_409_and_what_is_not_there_404(self, api: Api) -> None:
        assert refused(api.call("DELETE", f"/communication/scheduled/{mail(api)}")) == (409, 409001)
        for unknown in ("log_7", "log_x", "7", "order-123"):
            assert refused(api.call("DELETE", f"/communication/scheduled/{unknown}")) == (404, 404001)


def test_health_is_public_and_of_the_platform_unless_a_key_says_whose(api: Api, tenant: Tenant) -> None:
    anyone = Api("")
    anyone.headers = {}
    server = MailServer.objects.for_tenant(tenant.pk).get(protocol="SMTP")

    def health(who: Api, channel: str = "email") -> tuple[str, str]:
        data = who.get(f"/communication/health/{channel}").json()["data"]
        assert set(data) == {"channel", "provider", "status", "message"}
        return data["provider"], data["status"]

    assert health(anyone) == health(api, "push") == ("", "not_configured")
    assert health(api) == ("smtp", "healthy")
    RouteHealth(server=server, failures=3, rests_until=datetime.now(UTC) + timedelta(minutes=5)).save()
    assert health(api) == ("smtp", "unhealthy")
    MailServerFactory(tenant=None)
    assert health(anyone) == ("smtp", "healthy")
    assert refused(api.get("/communication/health/fax")) == (400, 400001)


def test_limits_are_told_as_they_are(api: Api, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(rate_per_second=2.5, daily_quota=1000)
    MailServer.objects.for_tenant(tenant.pk).filter(protocol="SMTP").update(rate_per_second=1)
    own = {"max_per_day": 1000, "tenant_id": f"tnt_{tenant.pk}"}

    told = api.get("/communication/rate-limits").json()["data"]

    assert told == {
        "email": {"max_per_min": 60, "max_per_hour": 3600, "provider": "smtp", **own},
        "push": {"max_per_min": 150, "max_per_hour": 9000, "provider": "", **own},
        "sms": {"max_per_min": 150, "max_per_hour": 9000, "provider": "capture", **own},
    }
    assert set(api.get("/communication/rate-limits?channel=sms").json()["data"]) == {"sms"}
    assert api.get("/admin/communication/rate-limits").json()["data"] == told


def test_the_dashboard_counts(api: Api, tenant: Tenant) -> None:
    make_template(tenant)
    end(mail(api), Status.SENT)
    end(mail(api, template="welcome_email", variables={"name": "Ann"}), Status.DELIVERED)
    end(sms(api), Status.FAILED)
    mail(api)
    told = {
        "total_sent": 2,
        "delivered": 1,
        "failed": 1,
        "delivery_rate": 0.5,
        "by_channel": {"email": 3, "sms": 1},
        "by_status": {"sent": 1, "delivered": 1, "failed": 1, "pending": 1},
    }

    assert api.get("/communication/dashboard?days=7").json()["data"] == told
    assert api.get("/admin/communication/dashboard").json()["data"] == told
    assert api.get("/communication/template-stats").json()["items"] == [
        {"template_code": "welcome_email", "channel": "email", "total_sent": 1, "delivered": 1, "failed": 0}
    ]
    assert api.get("/communication/template-stats?channel=sms").json()["items"] == []


def test_only_a_key_of_the_platform_counts_all_tenants(api: Api, tenant: Tenant) -> None:
    mail(api)
    platform = Api(make_key(TenantFactory(), "platform.read"))

    assert refused(api.get("/admin/communication/platform-stats")) == (403, 403001)
    assert platform.get("/admin/communication/platform-stats").json()["data"]["by_channel"] == {"email": 1}
