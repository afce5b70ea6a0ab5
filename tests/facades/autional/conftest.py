"""A tenant with a mail server, an SMS gateway and a key, and a client that speaks Autional's API for it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from django.test import Client

from notifications.models import Message, Outbox
from notifications.states import Status
from templates_app import own_templates
from templates_app.own_templates import Change
from tenants.models import Tenant
from tests import factories
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory, make_key

BASE = "/communication/api/v1"
NONE: Mapping[str, str] = MappingProxyType({})


class Api:
    """HTTP as the vendor's SDK speaks it."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] = NONE) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        content_type = {} if body is None else {"Content-Type": "application/json"}
        return self.client.generic(method, BASE + path, raw, headers={**self.headers, **content_type, **headers})

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] = NONE) -> Any:
        return self.call("POST", path, body, headers=headers)


def read(response: Any) -> Any:
    """The answer's JSON, streamed or not."""
    return json.loads(b"".join(response)) if response.streaming else response.json()


def refused(response: Any) -> tuple[int, int]:
    """Status and code of an error, in exactly the envelope of errors."""
    body = response.json()
    assert set(body) == {"code", "message", "timestamp"}
    return response.status_code, body["code"]


@pytest.fixture
def tenant(db: None) -> Tenant:
    tenant = TenantFactory(code="acme")
    MailServerFactory(tenant=tenant)
    SmsGatewayFactory(tenant=tenant)
    return tenant


@pytest.fixture
def api(tenant: Tenant) -> Api:
    return Api(make_key(tenant))


def end(message_id: str, status: Status, **columns: Any) -> None:
    """As the workers would leave it."""
    id_ = int(message_id.removeprefix("log_"))
    factories.end(Message.across_tenants.filter(pk=id_), status, **columns)
    Outbox.objects.filter(message_id=id_).delete()


def make_template(tenant: Tenant, code: str = "welcome_email", *, channel: str = "email", **parts: str) -> int:
    """A published one of the tenant's own, written with Autional's placeholders; returns its id."""
    wanted = Change(
        columns={"name": code.title()},
        parts={"subject": "", **(parts or {"text": "Hello {name}"})},
        dialect="brace",
    )
    language = tenant.default_language
    return own_templates.create(tenant.pk, code=code, language=language, wanted=wanted, channel=channel).pk


EMAIL = {"to": ["user@example.com"], "subject": "Hello", "content": "<h1>Hi</h1>", "is_html": True}
SMS = {"phone": "13800138000", "content": "Your verification code is 123456"}
