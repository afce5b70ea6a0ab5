"""Calls about mail servers, as applications make them."""

from typing import Any

from notifications.models import MailServer
from tests.facades.angus.conftest import Api

SERVER = "/api/v1/email/server"


def smtp(**changes: Any) -> dict[str, Any]:
    body = {
        "name": "Main",
        "protocol": "SMTP",
        "host": "smtp.example.com",
        "port": "465",
        "authAccount": {"account": "noreply@example.com", "password": "planted secret"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def add(api: Api, **changes: Any) -> str:
    reply = api.post(SERVER, smtp(**changes))
    assert reply.status_code == 201, reply.content.decode()
    server_id: str = reply.json()["data"]["id"]
    return server_id


def shown(api: Api, server_id: str) -> dict[str, Any]:
    data: dict[str, Any] = api.get(f"{SERVER}/{server_id}").json()["data"]
    return data


def row(server_id: str) -> MailServer:
    return MailServer.across_tenants.get(pk=server_id)


def password(server_id: str) -> str | None:
    secret = row(server_id).password
    return secret.reveal() if secret else None
