"""A tenant with a mail server and a key, and a client that speaks for it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from django.test import Client

from notifications.models import Message, Outbox, Submission
from templates_app import publishing
from templates_app.models import BizKeyBinding, Template
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, make_key

JSON = "application/json"
Headers = Mapping[str, str]
NONE: Headers = MappingProxyType({})


class Api:
    """HTTP as an application speaks it: JSON in and out, with one tenant's key."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, params: dict[str, Any] | None = None, *, headers: Headers = NONE) -> Any:
        return self.client.get(path, params, headers={**self.headers, **headers})

    def post(self, path: str, body: Any, *, headers: Headers = NONE) -> Any:
        return self.send_raw(path, json.dumps(body).encode(), headers=headers)

    def put(self, path: str, body: Any) -> Any:
        return self.send_raw(path, json.dumps(body).encode(), method="PUT")

    def patch(self, path: str, body: Any) -> Any:
        return self.send_raw(path, json.dumps(body).encode(), method="PATCH")

    def delete(self, path: str) -> Any:
        return self.client.generic("DELETE", path, headers=self.headers)

    def send_raw(
        self, path: str, body: bytes, content_type: str = JSON, *, headers: Headers = NONE, method: str = "POST"
    ) -> Any:
        # ``client.post`` would encode the body to the charset that it is told to lie about.
        return self.client.generic(
            method, path, body, headers={**self.headers, "Content-Type": content_type, **headers}
        )


@pytest.fixture
def tenant(db):
    return TenantFactory(code="acme")


@pytest.fixture
def server(tenant):
    return MailServerFactory(tenant=tenant)


@pytest.fixture
def api(tenant, server):
    return Api(make_key(tenant))


@pytest.fixture
def stranger(db):
    """Another tenant's application, with every scope there is."""
    other = TenantFactory(code="stranger")
    MailServerFactory(tenant=other)
    return Api(make_key(other))


def custom(**changes: Any) -> dict[str, Any]:
    """A small valid CUSTOM mail; a member changed to ``...`` is left out."""
    body = {
        "type": "CUSTOM",
        "subject": "Hello",
        "html": False,
        "content": "It works.",
        "toAddress": ["ann@example.org"],
        "verificationCode": False,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def stored() -> tuple[int, int, int]:
    return Submission.across_tenants.count(), Message.across_tenants.count(), Outbox.objects.count()


def publish(tenant: Tenant | None, biz_key: str, *, language: str = "en", subject: str, html: str) -> None:
    """Binds a published template to a business key; ``tenant=None`` makes it the platform's."""
    template, _ = Template.across_tenants.get_or_create(tenant=tenant, code=biz_key, defaults={"name": biz_key})
    publishing.publish(publishing.draft(publishing.translation_of(template, language), subject=subject, html=html))
    BizKeyBinding.across_tenants.get_or_create(tenant=tenant, biz_key=biz_key, template=template)
