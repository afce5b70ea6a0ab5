"""A failed or cancelled message sent again: a new row that asks for the same, while the old one stays what it is."""

from typing import Any

import pytest

from notifications.contracts import Address, Channel, Content, FileIn, UnsubscribeOffer
from notifications.errors import WrongState
from notifications.models import Attachment, Message, Outbox
from notifications.resend import RESENDABLE, resend
from notifications.states import Status
from tenants.errors import NotFound
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, by_template, end, make_template, send

pytestmark = pytest.mark.django_db

#: What the new row takes over.
KEPT = (
    "channel", "lane", "kind", "template_code", "language", "recipient", "to", "cc", "bcc", "names", "subject",
    "params", "is_html", "out_id", "user_id", "submission__sender_address", "submission__reply_to",
    "submission__headers", "submission__subject", "submission__html", "submission__text", "submission__category",
    "submission__unsubscribe_footer", "submission__options",
)  # fmt: skip


@pytest.fixture
def tenant() -> Tenant:
    tenant = MailServerFactory(allowed_senders=["@example.com"]).tenant
    SmsGatewayFactory(tenant=tenant)
    return tenant


def ended(tenant: Tenant, status: Status, *to: str, **changes: Any) -> int:
    (id_,) = send(tenant, *to, **changes).message_ids
    end(Message.across_tenants.filter(pk=id_), status)
    Outbox.objects.all().delete()
    return id_


def asked_for(message_id: int) -> dict[str, Any]:
    return Message.across_tenants.values(*KEPT).get(pk=message_id)


CALLS = {
    "a mail with everything": {
        "is_separate": False,
        "cc": (Address("cc@example.org", "Cc"),),
        "bcc": (Address("bcc@example.org"),),
        "content": Content("Hello", html="<p>x</p>", text="x"),
        "sender": Address("billing@example.com", "Billing"),
        "reply_to": (Address("help@example.com"),),
        "headers": {"X-Campaign": "7"},
        "options": {"user_id": "usr_7"},
        "user_id": 7,
    },
    "a newsletter": {"unsubscribe": UnsubscribeOffer("en"), "category": "news"},
    "a template": {**by_template("SIGNUP", subject="Mine"), "params": {"name": "Ann"}},
}


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_the_new_row_asks_for_the_same(tenant: Tenant, call: dict[str, Any]) -> None:
    make_template(tenant, "SIGNUP", subject="Hi", text="Hello {{ name }}")
    old = ended(tenant, Status.FAILED, "ann@example.org", **call)

    (new,) = resend(tenant, old, key_id=None, resource="Log").message_ids

    assert asked_for(new) == asked_for(old)
    assert new != old
    assert list(Outbox.objects.values_list("message_id", flat=True)) == [new]
    assert Message.across_tenants.get(pk=old).status == Status.FAILED


def test_its_files_come_along(tenant: Tenant) -> None:
    old = ended(tenant, Status.CANCELLED, files=(FileIn("a.txt", b"7", content_type="text/plain"),))

    resend(tenant, old, key_id=None, resource="Log")

    assert [(file.name, bytes(file.blob.data)) for file in Attachment.across_tenants.all()] == [("a.txt", b"7")] * 2


def test_an_sms_goes_again_as_one(tenant: Tenant) -> None:
    old = ended(tenant, Status.FAILED, "+4915112345678", channel=Channel.SMS, content=Content("", text="Hi"))

    (new,) = resend(tenant, old, key_id=None, resource="Log").message_ids

    assert asked_for(new) == asked_for(old)


@pytest.mark.parametrize("status", sorted(set(Status) - set(RESENDABLE)))
def test_what_did_not_fail_is_not_sent_again(tenant: Tenant, status: Status) -> None:
    old = ended(tenant, status)

    with pytest.raises(WrongState):
        resend(tenant, old, key_id=None, resource="Log")


def test_nobody_elses_message_is_found(tenant: Tenant) -> None:
    old = ended(tenant, Status.FAILED)

    with pytest.raises(NotFound):
        resend(MailServerFactory().tenant, old, key_id=None, resource="Log")
