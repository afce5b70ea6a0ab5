"""The contract as recorded pairs: a request as clients send it, and the whole reply.

``<id>``, ``<time>`` and the like in a reply stand for values that differ from run to run; a header of null is not
there. ``<code>`` and the like in a request stand for what the test makes (``MADE``).
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from notifications.contracts import Address, CodeWish, Receipt, TemplateChoice
from notifications.models import MailServer, Message, Outbox
from notifications.verification import DEFAULT_VALIDITY, check, issue
from templates_app.models import BizKeyBinding, Template, Translation
from tenants.models import Tenant
from tenants.sealed import Secret
from tests.facades.angus.conftest import Api, publish
from tests.factories import ContactFactory, ContactGroupFactory, MailServerFactory, end, join, send

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.name.removesuffix(".request.json") for path in FIXTURES.glob("*.request.json"))
FORMS = {
    "<id>": re.compile(r"[1-9]\d{17,18}"),
    "<time>": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    "<row id>": re.compile(r"[1-9]\d{0,8}"),
    "<out id>": re.compile(r"INNER-[0-9a-f-]{36}"),
}


MADE: dict[str, Callable[[Tenant], object]] = {
    "<code>": lambda tenant: get_code(tenant),
    "<expired code>": lambda tenant: get_code(tenant, validity=timedelta(0)),
    "<used code>": lambda tenant: use(tenant, get_code(tenant)),
    "<mail>": lambda tenant: wait(tenant, out_id="order-1", user_id=7, cc=(Address("bob@example.org"),)).message_ids[0],
    "<code mail>": lambda tenant: ask_for_code(tenant),
    "<no server>": lambda tenant: MailServer.objects.for_tenant(tenant.pk).delete()[0],
    "<ten servers>": lambda tenant: len([another_server(tenant, number) for number in range(9)]) + 1,
    "<waiting>": lambda tenant: wait(tenant).message_ids[0],
    "<waiting call>": lambda tenant: wait(tenant).out_id,
    "<waiting campaign>": lambda tenant: wait(tenant, cancel_key="campaign") and "campaign",
    "<sent>": lambda tenant: deliver(wait(tenant)),
    "<server>": lambda tenant: main_server(tenant).pk,
    "<platform's server>": lambda tenant: MailServerFactory(tenant=None, name="Shared").pk,
    "<template>": lambda tenant: Translation.objects.get(template__tenant=tenant, template__code="SIGNUP").pk,
}


def get_code(tenant: Tenant, *, validity: timedelta = DEFAULT_VALIDITY) -> str:
    return issue(tenant.pk, "SIGNUP", ["ann@example.org"], validity=validity)["ann@example.org"]


def use(tenant: Tenant, code: str) -> str:
    check(tenant.pk, "SIGNUP", "ann@example.org", code)
    return code


def ask_for_code(tenant: Tenant) -> int:
    choice = TemplateChoice("en", "SIGNUP")
    return send(tenant, "ann@example.org", content=None, template=choice, code=CodeWish(), out_id="code-1").message_ids[
        0
    ]


def main_server(tenant: Tenant) -> MailServer:
    """Not enabled, with a password, and nobody listens there; and what a test of it says."""
    publish(tenant, "CHANNEL_TEST", subject="Test", html="<p>{{ channelType }}</p>")
    account = {"username": "noreply@example.com", "password": Secret.of("s3cret")}
    return MailServerFactory(tenant=tenant, name="Main", enabled=False, port=1, auth_enabled=True, **account)


def another_server(tenant: Tenant, number: int) -> MailServer:
    return MailServerFactory(tenant=tenant, name=f"Server {number}", enabled=False)


def wait(tenant: Tenant, **changes: Any) -> Receipt:
    return send(tenant, due_at=timezone.now() + timedelta(hours=1), **changes)


def deliver(receipt: Receipt) -> int:
    end(Message.across_tenants.filter(pk__in=receipt.message_ids), "SENT")
    Outbox.objects.filter(message_id__in=receipt.message_ids).delete()
    return receipt.message_ids[0]


@pytest.fixture
def world(api, tenant):
    """What the recordings were made in: two templates that speak English, one that speaks nothing yet, and people."""
    ann = ContactFactory(tenant=tenant, email="ann@example.org", user_id=7, policies=["ADMIN"])
    bob = ContactFactory(tenant=tenant, email="bob@example.org", user_id=8)
    gone = ContactFactory(tenant=tenant, email="cem@example.org", user_id=9, is_active=False)
    join(ContactGroupFactory(tenant=tenant, kind="DEPT", number=3), ann, bob, gone)
    join(ContactGroupFactory(tenant=tenant, kind="GROUP", number=5), gone)
    publish(tenant, "TESTING_EXEC_FINISHED", subject="Run {{ no }}", html="<p>{{ name }} has ended.</p>")
    publish(tenant, "SIGNUP", subject="Your code", html="<p>{{ verificationCode }}</p>")
    silent = Template.across_tenants.create(tenant=tenant, code="SYS_RECOVERY_NOTICE", name="Recovery")
    BizKeyBinding.across_tenants.create(tenant=tenant, biz_key="SYS_RECOVERY_NOTICE", template=silent)
    return api


def load(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def load_request(name: str, tenant: Tenant) -> Any:
    text = (FIXTURES / f"{name}.request.json").read_text(encoding="utf-8")
    for placeholder in filter(text.__contains__, MADE):
        text = text.replace(placeholder, str(MADE[placeholder](tenant)))
    return json.loads(text)


def generalised(told: Any, recorded: Any) -> Any:
    """``told``, with the recording's placeholders in place of values that have their form."""
    if isinstance(told, dict) and isinstance(recorded, dict):
        return {name: generalised(value, recorded.get(name)) for name, value in told.items()}
    if isinstance(told, list) and isinstance(recorded, list) and len(told) == len(recorded):
        return [generalised(*pair) for pair in zip(told, recorded, strict=True)]
    form = FORMS.get(recorded) if isinstance(recorded, str) else None
    return recorded if form and isinstance(told, str) and form.fullmatch(told) else told


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_request_gets_the_recorded_reply(world: Api, tenant: Tenant, name: str) -> None:
    request, recorded = load_request(name, tenant), load(f"{name}.reply.json")
    headers = {**world.headers, "Content-Type": "application/json", **request["headers"]}

    reply = world.client.generic(
        request["method"], request["path"], json.dumps(request.get("body", "")).encode(), headers=headers
    )

    assert reply.status_code == recorded["status"], reply.content.decode()
    told = reply.json() if reply.content else None
    assert generalised(told, recorded["body"]) == recorded["body"]
    assert {header: reply.headers.get(header) for header in recorded["headers"]} == recorded["headers"]


def test_without_a_mail_server_nothing_is_accepted(world: Api, server: Any) -> None:
    server.delete()

    reply = world.post("/api/v1/email", load("send_custom.request.json")["body"])

    assert reply.status_code == 400
    assert reply.json()["data"] == "xcm.gm.no.sever.available.t"
    assert reply.headers["XC-E-Key"] == "protocol_error"
