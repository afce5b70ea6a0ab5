"""Messages of all channels in one list."""

from typing import Any

import pytest

from notifications import search
from notifications.contracts import Channel, Content
from notifications.search import Paging
from tenants.errors import NotFound
from tenants.models import Tenant
from tests.factories import MailServerFactory, SmsGatewayFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    tenant = MailServerFactory().tenant
    SmsGatewayFactory(tenant=tenant)
    return tenant


def sms(tenant: Tenant) -> int:
    return send(tenant, "+4915112345678", channel=Channel.SMS, content=Content("", text="Hi")).message_ids[0]


def everything(rows: Any) -> Any:
    return rows


def test_the_newest_come_first_whatever_their_channel(tenant: Tenant) -> None:
    ids = [send(tenant).message_ids[0], sms(tenant), send(tenant).message_ids[0], sms(tenant)]
    send(MailServerFactory().tenant)

    pages = [search.list_newest(tenant, everything, Paging(number=number, size=3)) for number in (1, 2, 3)]

    assert [[row.id for row in page.rows] for page in pages] == [ids[:0:-1], ids[:1], []]
    assert [row.channel for row in pages[0].rows] == ["sms", "email", "sms"]
    assert [page.total for page in pages] == [4, 4, 4]


def test_one_is_found_in_whichever_channel(tenant: Tenant) -> None:
    id_ = sms(tenant)

    assert search.resolve_message(tenant, id_, channel=None, resource="Log").subject == "Hi"
    with pytest.raises(NotFound):
        search.resolve_message(tenant, id_, resource="Email")
    with pytest.raises(NotFound):
        search.resolve_message(MailServerFactory().tenant, id_, channel=None, resource="Log")
