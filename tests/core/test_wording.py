"""What a message said and what was answered: for the lists that show it."""

import pytest

from notifications import search, wording
from notifications.contracts import Channel, CodeWish, Content
from notifications.models import DeliveryAttempt
from notifications.search import MessageRow
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, by_template, make_template, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    tenant = MailServerFactory().tenant
    SmsGatewayFactory(tenant=tenant)
    return tenant


def row(tenant: Tenant, *to: str, **changes: object) -> MessageRow:
    (id_,) = send(tenant, *to, **changes).message_ids
    return search.resolve_message(tenant, id_, channel=None, resource="Log")


def test_bodies_read_as_their_recipients_read_them(tenant: Tenant) -> None:
    make_template(tenant, "SIGNUP", subject="Hi", text="Hello {{ name }}, {{ verificationCode|default('none') }}")
    rows = [
        row(tenant, content=Content("Hello", html="<p>x</p>", text="x")),
        row(tenant, **by_template("SIGNUP"), params={"name": "Ann"}),
        row(tenant, **by_template("SIGNUP"), params={"name": "Bob"}, code=CodeWish()),
        row(tenant, "+4915112345678", channel=Channel.SMS, content=Content("", text="Short")),
    ]

    assert list(wording.contents(rows).values()) == ["<p>x</p>", "Hello Ann, none", "Hello Bob, ******", "Short"]


def test_the_latest_words_of_a_server_are_told_to_their_tenant(tenant: Tenant) -> None:
    id_ = send(tenant).message_ids[0]
    for number, words in enumerate(("450 later", "250 queued as 7"), start=1):
        DeliveryAttempt(tenant=tenant, message_id=id_, number=number, verdict="sent", words=words).save()

    assert wording.replies(tenant.pk, [id_]) == {id_: "250 queued as 7"}
    assert wording.replies(MailServerFactory().tenant.pk, [id_]) == {}
