"""A tenant whose directory has people, a server that may send as them, and clients that speak for it."""

import json
from base64 import b64encode
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any

import pytest
from django.test import Client

from notifications import attachments
from notifications.delivery.compose import compose
from notifications.delivery.mime import build
from notifications.models import Attachment, MailServer, Message
from tenants.models import Contact, Tenant
from tenants.models.api_key import Scope
from tests.factories import ContactFactory, MailServerFactory, SenderIdentityFactory, TenantFactory, make_key

OFFICE = "office@example.com"
NONE: Mapping[str, str] = MappingProxyType({})


class Api:
    """HTTP as a client of WORKS speaks it, for one user."""

    def __init__(self, token: str, user: str = "me") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.base = f"/v1.0/users/{user}/mail"

    def get(self, path: str = "", params: dict[str, Any] | None = None) -> Any:
        return self.client.get(self.base + path, params, headers=self.headers)

    def send(self, body: Any, *, headers: Mapping[str, str] = NONE) -> Any:
        return self.send_raw(json.dumps(body).encode(), headers=headers)

    def send_raw(self, body: bytes, *, headers: Mapping[str, str] = NONE, path: str | None = None) -> Any:
        return self.client.generic(
            "POST",
            path or self.base,
            body,
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    def delete(self, path: str) -> Any:
        return self.client.delete(self.base + path, headers=self.headers)


@pytest.fixture
def tenant(db: None) -> Tenant:
    tenant = TenantFactory(code="acme")
    SenderIdentityFactory(tenant=tenant, value="@example.com")
    return tenant


@pytest.fixture
def server(tenant: Tenant) -> MailServer:
    return MailServerFactory(tenant=tenant)


@pytest.fixture
def office(tenant: Tenant) -> Contact:
    return ContactFactory(tenant=tenant, email=OFFICE, user_id=1, name="The Office")


@pytest.fixture
def api(tenant: Tenant, server: MailServer, office: Contact) -> Api:
    return Api(make_key(tenant, Scope.MAIL, user_id=1))


def mail(**changes: Any) -> dict[str, Any]:
    """A small valid one; a property changed to ``...`` is left out."""
    body = {"to": "ann@example.org", "subject": "Hello", "body": "<p>It works.</p>", **changes}
    return {name: value for name, value in body.items() if value is not ...}


def attachment(**changes: Any) -> dict[str, Any]:
    data = b64encode(b"Invoice 7").decode()
    item = {"filename": "invoice.txt", "fileType": "text/plain", "data": data, **changes}
    return {name: value for name, value in item.items() if value is not ...}


def messages() -> list[Message]:
    return list(Message.across_tenants.select_related("submission").order_by("pk"))


def received(message: Message) -> EmailMessage:
    """What would arrive, parsed."""
    server = MailServer.across_tenants.get(tenant_id=message.tenant_id)
    files = attachments.load([message.submission_id]).get(message.submission_id, ())
    parsed = message_from_bytes(build(compose(message, server, files)), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def stored() -> tuple[int, int]:
    return Message.across_tenants.count(), Attachment.across_tenants.count()
