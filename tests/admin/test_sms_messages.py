"""SMS on the operators' pages: beside mail in the list, explained on a page of their own."""

import pytest
from django.test import Client
from django.urls import reverse

from notifications import outbox
from notifications.contracts import Channel, CodeWish, Content, Lane, TemplateChoice
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants.models import Tenant
from tests.admin.conftest import listed
from tests.core.sms import ANN, bind
from tests.factories import SmsGatewayFactory, send

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_message_changelist")


def page_of(client: Client, message_id: int) -> str:
    return client.get(reverse("admin:notifications_message_change", args=[message_id])).content.decode()


def test_an_sms_is_listed_with_its_text_and_number(operator: Client, acme: Tenant) -> None:
    SmsGatewayFactory(tenant=acme)
    content = Content(subject="", text="Your parcel is here")
    (id_,) = send(acme, ANN, channel=Channel.SMS, content=content).message_ids

    page = operator.get(LIST).content.decode()

    assert listed(operator, LIST) == [id_]
    assert "Your parcel is here" in page
    assert ANN in page


def test_its_page_names_the_gateway_and_its_words(operator: Client, acme: Tenant) -> None:
    gateway = SmsGatewayFactory(tenant=acme, name="Acme texts")
    content = Content(subject="", text="Your parcel is here")
    (id_,) = send(acme, ANN, channel=Channel.SMS, content=content).message_ids
    lease = outbox.claim(lane=Lane.NORMAL, limit=1)
    outbox.mark([id_], lease=lease)
    refused = Outcome(message_id=id_, verdict=Verdict.NEVER, code=400, words="not a mobile")
    outbox.settle([(refused, gateway.pk)], lease=lease)

    page = page_of(operator, id_)

    assert ("Acme texts" in page, "not a mobile" in page, ANN in page) == (True, True, True)


def test_a_code_is_masked_on_every_page(operator: Client, acme: Tenant) -> None:
    SmsGatewayFactory(tenant=acme)
    bind(acme, "SIGNUP", "{{ verificationCode }} is your code")
    wish = CodeWish(is_shared=True, code="271828")
    choice = TemplateChoice("en", "SIGNUP")
    (id_,) = send(acme, ANN, channel=Channel.SMS, content=None, template=choice, code=wish).message_ids

    pages = operator.get(LIST).content.decode() + page_of(operator, id_)

    assert "****** is your code" in pages
    assert "271828" not in pages
