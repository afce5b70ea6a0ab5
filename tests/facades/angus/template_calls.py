"""Calls about templates, as applications make them."""

from typing import Any

from notifications.models import Message
from templates_app import render
from tests.facades.angus.conftest import Api, custom

TEMPLATE = "/api/v1/email/template"
#: The platform's seed CHANNEL_TEST, whose one variable is channelType.
ZH, EN = "9", "1009"


def shown(api: Api, template_id: str = EN) -> dict[str, Any]:
    reply = api.get(f"{TEMPLATE}/{template_id}")
    assert reply.status_code == 200, reply.content.decode()
    data: dict[str, Any] = reply.json()["data"]
    return data


def change(api: Api, template_id: str = EN, **members: Any) -> Any:
    return api.patch(f"{TEMPLATE}/{template_id}", members)


def create(api: Api, **changes: Any) -> Any:
    body = {
        "code": "ORDER_PAID",
        "language": "en",
        "subject": "Order {{ number }}",
        "content": "<p>Dear {{ name }}</p>",
        **changes,
    }
    return api.post(TEMPLATE, {name: value for name, value in body.items() if value is not ...})


def sent(api: Api, language: str = "en", biz_key: str = "CHANNEL_TEST", **params: Any) -> Any:
    """What a mail by template would read if it left now: (subject, html, text)."""
    body = custom(type="TEMPLATE", bizKey=biz_key, language=language, subject=..., content=...)
    reply = api.post("/api/v1/email", body | {"templateParams": {"": params or {"channelType": "Main"}}})
    assert reply.json()["code"] == "S", reply.content.decode()
    message = Message.across_tenants.get(pk=reply.json()["data"]["ids"][0])
    assert message.template_version_id is not None
    return render.render(message.template_version_id, message.params or {})
