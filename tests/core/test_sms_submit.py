"""An SMS at the door: who may get it, what it is made of, and what is stored of it."""

from datetime import timedelta
from typing import Any

import pytest

from notifications.contracts import Address, CodeWish, Content, FileIn, Lane, TemplateChoice
from notifications.errors import (
    BizKeyMissing,
    CodeRepeated,
    ContentMissing,
    CountryNotAllowed,
    CustomContentDisabled,
    RecipientsMissing,
    ServerMissing,
    TextTooLong,
)
from notifications.models import Message, Submission, VerificationCode
from notifications.verification import check
from templates_app import publishing
from templates_app.errors import TemplateNotBound
from templates_app.models import BizKeyBinding, Template
from tenants.errors import DomainError, InvalidField
from tenants.models import Tenant
from tests.core.sms import ANN, BOB, HELLO, bind, send_code, send_sms
from tests.factories import MailServerFactory, SmsGatewayFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    tenant: Tenant = SmsGatewayFactory().tenant
    bind(tenant, "SIGNUP", "{{ verificationCode }} is your code{% if validMinutes is defined %}.{% endif %}")
    return tenant


def nothing_is_stored() -> bool:
    return not (Submission.across_tenants.exists() or VerificationCode.across_tenants.exists())


def test_an_sms_is_stored_with_its_text_and_its_segments(tenant: Tenant) -> None:
    (id_,) = send_sms(tenant, content=Content(subject="", text="  Your order has left. €  ")).message_ids

    message = Message.across_tenants.get(pk=id_)
    assert (message.channel, message.recipient, message.to) == ("sms", ANN, [ANN])
    assert (message.subject, message.segments) == ("Your order has left. €", 1)
    assert (message.is_html, message.is_batch, message.kind) == (False, False, "CUSTOM")


def test_each_number_of_a_call_gets_a_message_of_its_own(tenant: Tenant) -> None:
    receipt = send_sms(tenant, ANN, BOB, content=Content(subject="", text="你" * 71))

    rows = Message.across_tenants.order_by("pk")
    assert [row.pk for row in rows] == list(receipt.message_ids)
    assert [(row.to, row.segments, row.is_batch) for row in rows] == [([ANN], 2, True), ([BOB], 2, True)]


def test_mail_has_no_segments(tenant: Tenant) -> None:
    MailServerFactory(tenant=tenant)

    (id_,) = send(tenant).message_ids

    assert Message.across_tenants.get(pk=id_).segments is None


def test_segments_of_a_template_are_those_of_the_rendered_text(tenant: Tenant) -> None:
    bind(tenant, "EVENT_NOTICE", "{{ text }}")
    choice = TemplateChoice("en", "EVENT_NOTICE")

    send_sms(tenant, content=None, template=choice, params={"text": "a" * 161})

    assert Message.across_tenants.get().segments == 2


def test_a_text_of_more_than_ten_segments_is_refused(tenant: Tenant) -> None:
    assert send_sms(tenant, content=Content(subject="", text="a" * 1530)).message_ids

    with pytest.raises(TextTooLong):
        send_sms(tenant, content=Content(subject="", text="a" * 1531))


def test_a_code_is_the_same_for_all_numbers_and_works_once_for_each(tenant: Tenant) -> None:
    send_code(tenant, ANN, BOB, wish=CodeWish(is_shared=True, code="4711"))

    check(tenant.pk, "SIGNUP", ANN, "4711")
    check(tenant.pk, "SIGNUP", BOB, "4711")
    with pytest.raises(DomainError):
        check(tenant.pk, "SIGNUP", ANN, "4711")


def test_a_code_is_kept_sealed_and_masked(tenant: Tenant) -> None:
    send_code(tenant, wish=CodeWish(is_shared=True, code="271828"))

    message = Message.across_tenants.get()
    assert (message.subject, message.is_code, message.lane) == ("****** is your code.", True, Lane.URGENT)
    assert message.secrets is not None
    assert "271828" not in f"{message.secrets}{message.params}{message.subject}"


def test_another_code_within_a_minute_is_refused_for_all_numbers_of_the_call(tenant: Tenant) -> None:
    send_code(tenant, ANN)

    with pytest.raises(CodeRepeated):
        send_code(tenant, BOB, ANN)

    assert Message.across_tenants.count() == 1


def test_a_code_for_a_number_and_one_for_an_address_have_nothing_to_do_with_each_other(tenant: Tenant) -> None:
    send_code(tenant, ANN)
    other: Tenant = SmsGatewayFactory().tenant
    bind(other, "SIGNUP", "{{ verificationCode }}")

    assert send_code(other, ANN).message_ids


def test_a_code_s_end_is_the_message_s_end(tenant: Tenant) -> None:
    send_code(tenant, wish=CodeWish(validity=timedelta(seconds=90), is_shared=True))

    message = Message.across_tenants.get()
    assert message.expires_at is not None
    assert timedelta(seconds=80) < message.expires_at - message.created_at <= timedelta(seconds=91)


def test_without_a_gateway_nothing_is_accepted_whatever_mail_servers_there_are() -> None:
    tenant: Tenant = MailServerFactory().tenant

    with pytest.raises(ServerMissing) as refusal:
        send_sms(tenant)

    assert refusal.value.params == {"protocol": "SMS"}


def test_a_gateway_takes_no_mail() -> None:
    with pytest.raises(ServerMissing):
        send(SmsGatewayFactory().tenant)


def test_a_template_for_mail_is_none_for_sms(tenant: Tenant) -> None:
    template = Template.across_tenants.create(tenant=tenant, channel="email", code="SIGNIN", name="x")
    publishing.publish(publishing.draft(publishing.translation_of(template, "en"), subject="S", text="T"))
    BizKeyBinding.across_tenants.create(tenant=tenant, channel="email", biz_key="SIGNIN", template=template)

    with pytest.raises(TemplateNotBound):
        send_sms(tenant, content=None, template=TemplateChoice("en", "SIGNIN"))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipients": ()}, RecipientsMissing),
        ({"recipients": (Address("ann@example.org"),)}, InvalidField),
        ({"recipients": (Address("13800138000"),)}, InvalidField),
        ({"content": None}, ContentMissing),
        ({"content": Content(subject="", text="")}, ContentMissing),
        ({"content": Content(subject="", text="x", html="<p>x</p>")}, InvalidField),
        ({"content": Content(subject="A subject", text="x")}, InvalidField),
        ({"cc": (Address(BOB),)}, InvalidField),
        ({"bcc": (Address(BOB),)}, InvalidField),
        ({"sender": Address("+491511234567")}, InvalidField),
        ({"reply_to": (Address(BOB),)}, InvalidField),
        ({"headers": {"X": "1"}}, InvalidField),
        ({"files": (FileIn("a.txt", b"x"),)}, InvalidField),
        ({"is_separate": False}, InvalidField),
        ({"code": CodeWish(), "content": HELLO}, BizKeyMissing),
    ],
)
def test_what_is_no_sms_is_refused(tenant: Tenant, changes: dict[str, Any], refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        send_sms(tenant, **changes)

    assert nothing_is_stored()


def test_own_words_can_be_switched_off(tenant: Tenant) -> None:
    tenant.allows_custom_content = False

    with pytest.raises(CustomContentDisabled):
        send_sms(tenant)


def test_only_allowed_countries_get_sms(tenant: Tenant, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["CN"]
    assert send_sms(tenant, ANN).message_ids

    with pytest.raises(CountryNotAllowed):
        send_sms(tenant, ANN, BOB)

    assert Message.across_tenants.count() == 1


def test_a_tenant_without_a_gateway_of_its_own_uses_the_platform_s() -> None:
    SmsGatewayFactory(tenant=None)

    assert send_sms(TenantFactory()).message_ids
