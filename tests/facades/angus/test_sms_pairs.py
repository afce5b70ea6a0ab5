"""The contract of SMS as recorded pairs, as ``test_pairs`` has it for mail.

``<sms>``, ``<channel>`` and ``<code>`` in a request stand for what the test makes.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications.contracts import Address, Channel, SendRequest, TemplateChoice
from notifications.models import SmsGateway
from notifications.submit import submit
from notifications.verification import DEFAULT_VALIDITY, issue
from templates_app.models import BizKeyBinding, Template, Translation
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.facades.angus.sms_world import ANN, BOB, SHAPE, make_gateway, publish_sms
from tests.facades.angus.test_pairs import generalised
from tests.factories import ContactFactory, make_key

FIXTURES = Path(__file__).parent / "fixtures" / "sms"
NAMES = sorted(path.name.removesuffix(".request.json") for path in FIXTURES.glob("*.request.json"))

MADE: dict[str, Callable[[Tenant], object]] = {
    "<code>": lambda tenant: issue(tenant.pk, "SIGNUP", [ANN], validity=DEFAULT_VALIDITY)[ANN],
    "<expired code>": lambda tenant: issue(tenant.pk, "SIGNUP", [ANN], validity=timedelta(0))[ANN],
    "<sms>": lambda tenant: wait(tenant),
    "<channel>": lambda tenant: SmsGateway.objects.for_tenant(tenant.pk).get().pk,
    "<no channel>": lambda tenant: SmsGateway.objects.for_tenant(tenant.pk).delete()[0],
    "<dead channel>": lambda tenant: dead_gateway(tenant).pk,
    "<template>": lambda tenant: Translation.objects.get(template__tenant=tenant, template__code="SIGNUP").pk,
    "<platform's channel>": lambda tenant: make_gateway(None, name="Shared").pk,
}


def dead_gateway(tenant: Tenant) -> SmsGateway:
    """Where no tenant's gateway may be; and what a test of it says."""
    publish_sms(tenant, "CHANNEL_TEST", "Test of {{ channelType }}")
    return make_gateway(tenant, name="Dead", enabled=False, options=SHAPE | {"url": "https://127.0.0.1/"})


def wait(tenant: Tenant) -> int:
    """A message that has not left yet."""
    request = SendRequest(
        facade="angus",
        channel=Channel.SMS,
        recipients=(Address(ANN), Address(BOB)),
        template=TemplateChoice("en", "EVENT_NOTICE"),
        params={"date": "Monday", "description": "€ 5 off"},
        out_id="notice-1",
        user_id=7,
    )
    return submit(tenant, request).message_ids[0]


@pytest.fixture
def world(tenant: Tenant, settings: Any) -> Api:
    """A gateway, two templates that speak English, one that speaks nothing yet, and somebody with a telephone."""
    settings.ALLOW_PRIVATE_SERVERS = False
    make_gateway(tenant)
    publish_sms(tenant, "EVENT_NOTICE", "{{ date }}: {{ description }}")
    publish_sms(tenant, "SIGNUP", "{{ verificationCode }} is your code")
    silent = Template.across_tenants.create(tenant=tenant, channel="sms", code="SYS_RECOVERY_NOTICE", name="Recovery")
    BizKeyBinding.across_tenants.create(tenant=tenant, channel="sms", biz_key="SYS_RECOVERY_NOTICE", template=silent)
    ContactFactory(tenant=tenant, email=None, phone=BOB, user_id=7)
    return Api(make_key(tenant))


def load_request(name: str, tenant: Tenant) -> Any:
    text = (FIXTURES / f"{name}.request.json").read_text(encoding="utf-8")
    for placeholder in filter(text.__contains__, MADE):
        text = text.replace(placeholder, str(MADE[placeholder](tenant)))
    return json.loads(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_request_gets_the_recorded_reply(world: Api, tenant: Tenant, name: str) -> None:
    request = load_request(name, tenant)
    recorded = json.loads((FIXTURES / f"{name}.reply.json").read_text(encoding="utf-8"))
    headers = {**world.headers, "Content-Type": "application/json", **request["headers"]}

    reply = world.client.generic(
        request["method"], request["path"], json.dumps(request.get("body", "")).encode(), headers=headers
    )

    assert reply.status_code == recorded["status"], reply.content.decode()
    told = reply.json() if reply.content else None
    assert generalised(told, recorded["body"]) == recorded["body"]
    assert {header: reply.headers.get(header) for header in recorded["headers"]} == recorded["headers"]
