"""Sending to people of the directory: looked up at the door, into as many messages as they need."""

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications import submit
from notifications.contracts import Channel, CodeWish, Content, Receipt
from notifications.errors import CodeRecipientMissing, RecipientsMissing
from notifications.models import Message, Submission
from tenants.audience import Audience, AudienceKind
from tenants.errors import AudienceEmpty, QuotaExceeded
from tenants.models import Contact, Tenant
from tests.factories import ContactFactory, MailServerFactory, SmsGatewayFactory, make_request

pytestmark = pytest.mark.django_db

EVERYBODY = Audience(AudienceKind.ALL)


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


def fill(tenant: Tenant, count: int) -> list[str]:
    emails = [f"u{n}@example.org" for n in range(count)]
    Contact.objects.for_tenant(tenant.pk).bulk_create(Contact(tenant=tenant, email=email) for email in emails)
    return emails


def reach(tenant: Tenant, **changes: object) -> Receipt:
    return submit.submit(tenant, make_request(**{"recipients": (), "audience": EVERYBODY, **changes}))


def test_one_message_each(tenant: Tenant) -> None:
    emails = fill(tenant, 3)

    receipt = reach(tenant)

    rows = Message.objects.for_tenant(tenant.pk).in_bulk(receipt.message_ids)
    assert [rows[id_].to for id_ in receipt.message_ids] == [[email] for email in emails]
    assert Submission.objects.for_tenant(tenant.pk).get().message_count == 3


def test_a_shared_mail_becomes_one_for_each_five_hundred(tenant: Tenant) -> None:
    emails = fill(tenant, 1001)

    reach(tenant, is_separate=False)

    rows = Message.objects.for_tenant(tenant.pk).order_by("id").values_list("to", "recipient", "is_batch")
    assert [(len(to), recipient, is_batch) for to, recipient, is_batch in rows] == [
        (500, "u0@example.org", True),
        (500, "u500@example.org", True),
        (1, "u1000@example.org", True),
    ]
    assert [email for to, _, _ in rows for email in to] == emails


def test_addresses_of_the_request_win(tenant: Tenant) -> None:
    fill(tenant, 3)

    submit.submit(tenant, make_request("ann@example.org", audience=EVERYBODY))

    assert Message.objects.for_tenant(tenant.pk).get().to == ["ann@example.org"]


def test_variables_find_their_recipient_by_address(tenant: Tenant) -> None:
    fill(tenant, 2)

    reach(tenant, params={"a": 1}, params_by_recipient={"u1@example.org": {"a": 2}})

    rows = Message.objects.for_tenant(tenant.pk).order_by("id")
    assert list(rows.values_list("params", flat=True)) == [{"a": 1}, {"a": 2}]


def test_texts_go_to_phones(tenant: Tenant) -> None:
    SmsGatewayFactory(tenant=tenant)
    ContactFactory(tenant=tenant, phone="+8613800138000")
    ContactFactory(tenant=tenant)

    reach(tenant, channel=Channel.SMS, content=Content(subject="", text="Hello"))

    assert Message.objects.for_tenant(tenant.pk).get().to == ["+8613800138000"]


def test_nobody_is_a_refusal_that_stores_nothing(tenant: Tenant) -> None:
    with pytest.raises(AudienceEmpty):
        reach(tenant)
    with pytest.raises(RecipientsMissing):
        reach(tenant, audience=None)

    assert not Submission.objects.for_tenant(tenant.pk).exists()


def test_a_code_is_never_for_a_group(tenant: Tenant) -> None:
    fill(tenant, 1)

    with pytest.raises(CodeRecipientMissing):
        reach(tenant, code=CodeWish(), biz_key="SIGNUP")


def test_everybody_counts_towards_the_quota(tenant: Tenant) -> None:
    fill(tenant, 3)
    Tenant.objects.filter(pk=tenant.pk).update(daily_quota=2)
    tenant.refresh_from_db()

    with pytest.raises(QuotaExceeded):
        reach(tenant)


def test_the_number_of_queries_does_not_grow_with_the_directory(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(tenant, 1)
    with django_assert_num_queries(6) as few:
        reach(tenant)

    Contact.objects.for_tenant(tenant.pk).all().delete()
    fill(tenant, 600)

    with django_assert_num_queries(len(few.captured_queries)):
        reach(tenant)
