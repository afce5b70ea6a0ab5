"""SMS to begin a test with, and templates for them."""

from typing import Any

from notifications.contracts import Channel, CodeWish, Content, Receipt, TemplateChoice
from templates_app import publishing
from templates_app.models import BizKeyBinding, Template
from tenants.models import Tenant
from tests.factories import send

ANN, BOB = "+8613800138000", "+4915112345678"
HELLO = Content(subject="", text="Hello")


def bind(tenant: Tenant | None, biz_key: str, text: str) -> None:
    template = Template.across_tenants.create(tenant=tenant, channel="sms", code=biz_key, name=biz_key)
    publishing.publish(publishing.draft(publishing.translation_of(template, "en"), subject="", text=text))
    BizKeyBinding.across_tenants.create(tenant=tenant, channel="sms", biz_key=biz_key, template=template)


def send_sms(tenant: Tenant, *numbers: str, **changes: Any) -> Receipt:
    return send(tenant, *(numbers or (ANN,)), **{"channel": Channel.SMS, "content": HELLO, **changes})


def send_code(tenant: Tenant, *numbers: str, wish: CodeWish | None = None) -> Receipt:
    choice = TemplateChoice("en", "SIGNUP")
    return send_sms(tenant, *numbers, content=None, template=choice, code=wish or CodeWish(is_shared=True))
