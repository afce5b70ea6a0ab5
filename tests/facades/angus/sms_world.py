"""What the SMS endpoints are tried in: gateways, templates, and small valid bodies."""

from typing import Any

from templates_app import publishing
from templates_app.models import BizKeyBinding, Template
from tenants.models import Tenant
from tests.factories import SmsGatewayFactory

ANN, BOB = "+8613800138000", "+4915112345678"
SEND = "/api/v1/sms/send"
SHAPE = {"url": "https://sms.example.com/v1/messages", "json": {"to": "{to}", "text": "{text}"}}


def make_gateway(tenant: Tenant | None, **fields: Any) -> Any:
    return SmsGatewayFactory(
        **{
            "tenant": tenant,
            "name": "Main gateway",
            "kind": "http",
            "options": SHAPE,
            "username": "key-7",
            "from_address": "Acme",
            **fields,
        }
    )


def publish_sms(tenant: Tenant | None, biz_key: str, text: str, *, language: str = "en") -> None:
    """Binds a published text to a business key; ``tenant=None`` makes it the platform's."""
    template, _ = Template.across_tenants.get_or_create(
        tenant=tenant, channel="sms", code=biz_key, defaults={"name": biz_key}
    )
    publishing.publish(publishing.draft(publishing.translation_of(template, language), subject="", text=text))
    BizKeyBinding.across_tenants.get_or_create(tenant=tenant, channel="sms", biz_key=biz_key, template=template)


def notice(**changes: Any) -> dict[str, Any]:
    """A small valid SMS; a member changed to ``...`` is left out."""
    body = {
        "bizKey": "EVENT_NOTICE",
        "language": "en",
        "mobiles": [ANN],
        "verificationCode": False,
        "templateParams": {"date": "Monday", "description": "The build has failed."},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def code(**changes: Any) -> dict[str, Any]:
    """As ``notice``, with a verification code."""
    return notice(**{"bizKey": "SIGNUP", "verificationCode": True, "templateParams": ..., **changes})
