"""SMS on the way that all messages take: from the outbox to a gateway and back into the rows."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from notifications.contracts import Channel, CodeWish, Content, TemplateChoice
from notifications.delivery.deliver import deliver_due
from notifications.delivery.transports.pool import pool
from notifications.models import DeliveryAttempt, Message, Outbox, RouteHealth, SmsGateway
from notifications.states import Status, Verdict
from tenants.models import Tenant
from tests.core.sms import ANN, BOB, bind, send_code, send_sms
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory, send
from tests.fakes.sms_gateway import BODY
from tests.faults.harness.service import Answer, Service
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_kept_sessions() -> Iterator[None]:
    yield
    pool.close()


@pytest.fixture
def captured(settings: Any, tmp_path: Path) -> Path:
    """Where the capturing gateways of a development machine keep their SMS."""
    settings.DEBUG = True
    settings.SMS_CAPTURE_DIR = tmp_path / "sms"
    return tmp_path / "sms"


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def over(http: Service, tenant: Tenant | None = None, **options: Any) -> Tenant:
    """A tenant whose SMS leave through this service. It is the platform's, since a tenant's own may not be here."""
    shape = {"url": http.url, "json": BODY, "id_path": "id", **options}
    SmsGatewayFactory(tenant=None, kind="http", options=shape)
    return tenant or TenantFactory()


def due_now() -> None:
    Outbox.objects.filter(rank=None).update(due_at=Now() - timedelta(seconds=1))


def test_a_captured_sms_is_a_file_and_a_sent_message(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory(from_address="Acme").tenant
    (id_,) = send_sms(tenant, content=Content(subject="", text="Grüße, 你好")).message_ids

    assert deliver_due() == {Verdict.SENT: 1}

    (kept,) = read(captured)
    assert kept == {"to": [ANN], "from": "Acme", "text": "Grüße, 你好", "segments": 1, "message_id": str(id_)}
    assert stat.S_IMODE(captured.stat().st_mode) == 0o700
    assert Message.across_tenants.get().status == Status.SENT


def test_nothing_is_captured_outside_of_development(captured: Path, settings: Any) -> None:
    settings.DEBUG = False
    send_sms(SmsGatewayFactory().tenant)

    deliver_due()

    assert not captured.exists()
    message = Message.across_tenants.get()
    assert (message.status, message.attempts) == (Status.PENDING, 0)
    assert "DEBUG" in message.failure_reason


def test_a_code_reaches_the_phone_and_no_row(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory().tenant
    bind(tenant, "SIGNUP", "{{ verificationCode }} is your code")

    send_code(tenant, ANN, BOB)
    deliver_due()

    first, second = read(captured)
    assert first["text"] == second["text"]
    code = first["text"].split()[0]
    assert len(code) == 6
    for message in Message.across_tenants.all():
        assert message.secrets is None
        assert code not in f"{message.subject}{message.params}"


def test_a_gateway_s_id_is_kept(captured: Path) -> None:
    with Service([Answer(200, {"id": "g-1"})]) as http:
        send_sms(over(http), content=Content(subject="", text="Hello"))
        deliver_due()

    message = Message.across_tenants.get()
    assert (message.status, message.provider_id, message.failure_reason) == (Status.SENT, "g-1", "")
    assert http.asked[0].body["ref"] == str(message.pk)


def test_a_refused_sms_fails_in_the_gateway_s_words() -> None:
    with Service([Answer(400, {"message": "not a mobile"})]) as http:
        send_sms(over(http))
        deliver_due()

    attempt = DeliveryAttempt.across_tenants.get()
    assert Message.across_tenants.get().status == Status.FAILED
    assert (attempt.code, attempt.verdict) == (400, "never")
    assert "not a mobile" in attempt.words


def test_a_busy_gateway_is_asked_again_later() -> None:
    with Service([Answer(503), Answer(200, {"id": 7})]) as http:
        (id_,) = send_sms(over(http)).message_ids
        deliver_due()
        assert Message.across_tenants.get().status == Status.PENDING
        due_now()
        pool.close()
        deliver_due()

    assert Message.across_tenants.get(pk=id_).status == Status.SENT
    assert [attempt.verdict for attempt in DeliveryAttempt.across_tenants.order_by("pk")] == ["later", "sent"]


def test_an_sms_without_an_answer_is_uncertain_and_held_where_the_tenant_says_so() -> None:
    with Service([Answer(hangs_up=True)]) as http:
        send_sms(over(http, TenantFactory(held_lanes=[1])))
        deliver_due()

    assert Message.across_tenants.get().status == Status.UNCERTAIN
    assert len(http.asked) == 1


def test_a_login_that_is_refused_costs_no_sms_an_attempt_and_opens_the_breaker() -> None:
    with Service([Answer(401)]) as http:
        send_sms(over(http), ANN, BOB)
        for _ in range(3):
            deliver_due()
            due_now()

    assert {(row.status, row.attempts) for row in Message.across_tenants.all()} == {(Status.PENDING, 0)}
    assert RouteHealth.objects.get().failures >= 3


def test_sms_move_to_the_stand_in_while_the_first_gateway_cannot_be_reached(captured: Path) -> None:
    tenant = TenantFactory()
    shape = {"url": "http://127.0.0.1:1/", "json": BODY}
    SmsGatewayFactory(tenant=tenant, kind="http", options=shape)
    SmsGatewayFactory(tenant=tenant, enabled=False, failover_rank=1)
    send_sms(tenant, ANN, BOB)

    for _ in range(5):
        deliver_due()
        due_now()

    assert {sms["to"][0] for sms in read(captured)} == {ANN, BOB}


def test_mail_and_sms_of_one_batch_leave_through_their_own_ways(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory().tenant
    with Sink() as sink:
        MailServerFactory(tenant=tenant, port=sink.port)
        send(tenant, "ann@example.org")
        send_sms(tenant, ANN)
        send(tenant, "bob@example.org")

        assert deliver_due() == {Verdict.SENT: 3}

    assert {received.recipients for received in sink.accepted} == {("ann@example.org",), ("bob@example.org",)}
    assert [sms["to"] for sms in read(captured)] == [[ANN]]


def test_sms_without_any_gateway_wait_and_mail_does_not(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory().tenant
    with Sink() as sink:
        MailServerFactory(tenant=tenant, port=sink.port)
        send_sms(tenant)
        send(tenant)
        SmsGateway.across_tenants.update(enabled=False)

        deliver_due()

    waiting = Message.across_tenants.get(channel="sms")
    assert (waiting.status, Message.across_tenants.get(channel="email").status) == (Status.PENDING, Status.SENT)
    assert "No SMS gateway" in waiting.failure_reason


def test_a_code_that_comes_too_late_is_not_sent(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory().tenant
    bind(tenant, "SIGNUP", "{{ verificationCode }}")
    choice = TemplateChoice("en", "SIGNUP")
    send_sms(tenant, content=None, template=choice, code=CodeWish(is_shared=True), channel=Channel.SMS)
    Message.across_tenants.update(expires_at=Now() - timedelta(seconds=1))

    deliver_due()

    assert Message.across_tenants.get().status == Status.EXPIRED
    assert not captured.exists()


def test_a_rate_is_kept(captured: Path) -> None:
    tenant: Tenant = SmsGatewayFactory(rate_per_second=5).tenant
    send_sms(tenant, *(f"+86138001380{n:02d}" for n in range(12)))

    deliver_due(limit_s=0.5)

    assert 5 <= len(read(captured)) < 12
