"""The only door in: what becomes rows. What is refused: test_submit_refusals.py."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications.contracts import Address, CodeWish, Content, Lane
from notifications.models import Message, Outbox, Submission, VerificationCode
from tenants.models import Tenant
from tests.factories import MailServerFactory, SenderIdentityFactory, by_template, make_template, send

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


def only() -> Message:
    return Message.across_tenants.get()


def test_each_recipient_gets_a_message_of_its_own(tenant: Tenant) -> None:
    receipt = send(tenant, "a@example.org", "b@example.org")

    rows = Message.across_tenants.order_by("id").values_list("id", "to", "status", "is_batch", "submission_id")
    assert [(*row,) for row in rows] == [
        (receipt.message_ids[0], ["a@example.org"], "PENDING", False, receipt.submission_id),
        (receipt.message_ids[1], ["b@example.org"], "PENDING", False, receipt.submission_id),
    ]
    assert set(Outbox.objects.values_list("message_id", flat=True)) == set(receipt.message_ids)


def test_a_shared_message_is_one_for_all(tenant: Tenant) -> None:
    send(tenant, "a@example.org", "b@example.org", is_separate=False)

    assert (only().to, only().is_batch) == (["a@example.org", "b@example.org"], True)


def test_copies_and_names_are_kept_with_the_message(tenant: Tenant) -> None:
    ann, bob, cid = Address("ann@example.org", "Ann"), Address("bob@example.org", "张三"), Address("cid@example.org")

    send(tenant, recipients=(ann,), cc=(bob,), bcc=(cid,))

    row = only()
    assert (row.to, row.cc, row.bcc) == (["ann@example.org"], ["bob@example.org"], ["cid@example.org"])
    assert row.names == {"ann@example.org": "Ann", "bob@example.org": "张三"}


def test_content_is_stored_once_for_all_messages(tenant: Tenant) -> None:
    content = Content(subject="Hello", html="<p>It works.</p>", text="It works.")
    send(tenant, "a@example.org", "b@example.org", content=content, reply_to=(Address("r@example.org"),))

    call = Submission.across_tenants.get()
    assert (call.subject, call.html, call.text) == ("Hello", "<p>It works.</p>", "It works.")
    assert (call.reply_to, call.message_count) == (["r@example.org"], 2)


def test_people_are_searched_by_the_normalised_address_and_written_to_by_their_own(tenant: Tenant) -> None:
    send(tenant, "Ann@Example.org")

    assert (only().recipient, only().to) == ("ann@example.org", ["Ann@Example.org"])


def test_a_call_without_an_id_of_its_own_gets_one(tenant: Tenant) -> None:
    first, second = send(tenant), send(tenant, out_id="order-17")

    assert first.out_id.startswith("INNER-")
    assert second.out_id == "order-17"
    assert {row.out_id for row in Message.across_tenants.all()} == {first.out_id, "order-17"}


def test_a_scheduled_message_waits_for_its_time(tenant: Tenant) -> None:
    due_at = NOW + timedelta(days=3)

    send(tenant, due_at=due_at)

    assert only().due_at == due_at
    assert (Outbox.objects.get().due_at, Outbox.objects.get().rank) == (due_at, None)


def test_a_time_in_the_past_means_at_once(tenant: Tenant) -> None:
    send(tenant, due_at=NOW - timedelta(days=3))

    assert Outbox.objects.get().rank is not None


@pytest.mark.parametrize("lane", Lane)
def test_a_message_waits_in_the_lane_that_was_asked_for(tenant: Tenant, lane: Lane) -> None:
    send(tenant, lane=lane)

    assert (only().lane, Outbox.objects.get().lane) == (lane, lane)


def test_only_a_sender_that_was_asked_for_is_stored(tenant: Tenant) -> None:
    SenderIdentityFactory(tenant=tenant, value="billing@acme.test")
    send(tenant, sender=Address("billing@acme.test", "Acme"))
    send(tenant)

    senders = Submission.across_tenants.order_by("id").values_list("sender_address", "sender_name")
    assert list(senders) == [("billing@acme.test", "Acme"), ("", "")]


def test_a_template_is_recorded_with_its_exact_version(tenant: Tenant, seeded: None) -> None:
    send(tenant, **by_template("SYS_RECOVERY_NOTICE"), params={"datetime": "10:15"})

    row = only()
    assert (row.kind, row.template_code, row.language) == ("TEMPLATE", "SYS_RECOVERY_NOTICE", "en")
    assert row.template_version_id is not None
    assert (row.subject, row.params) == ("The system has recovered", {"datetime": "10:15"})


def test_each_recipient_s_variables_win_over_the_shared_ones(tenant: Tenant) -> None:
    make_template(tenant, "GREETING", subject="Hello {{ name }}", text="You are {{ role }}.")
    own = {"b@example.org": {"name": "Bob"}}

    send(
        tenant, "a@example.org", "b@example.org",
        **by_template("GREETING"), params={"name": "you", "role": "here"}, params_by_recipient=own,
    )  # fmt: skip

    rows = Message.across_tenants.order_by("id").values_list("subject", "params")
    assert list(rows) == [
        ("Hello you", {"name": "you", "role": "here"}),
        ("Hello Bob", {"name": "Bob", "role": "here"}),
    ]


def test_a_code_is_masked_where_people_look_and_sealed_where_it_waits(tenant: Tenant) -> None:
    make_template(tenant, "SIGNUP", subject="{{ verificationCode }} is your code", text="{{ verificationCode }}")

    send(tenant, **by_template("SIGNUP"), code=CodeWish())

    row = only()
    assert row.subject == "****** is your code"
    assert "verificationCode" not in (row.params or {})
    assert row.secrets
    assert row.is_code
    assert VerificationCode.across_tenants.get().address == "ann@example.org"


def test_a_code_is_urgent_whatever_was_said(tenant: Tenant, seeded: None) -> None:
    send(tenant, **by_template("SIGNUP"), code=CodeWish(), lane=Lane.BULK)

    assert Outbox.objects.get().lane == Lane.URGENT


@pytest.mark.parametrize(("wish", "minutes"), [(None, 10), (timedelta(minutes=2), 2)])
def test_a_code_s_message_expires_with_the_code(tenant: Tenant, wish: timedelta | None, minutes: int) -> None:
    make_template(tenant, "SIGNUP", subject="Code", text="{{ verificationCode }}")

    send(tenant, **by_template("SIGNUP"), code=CodeWish(wish))

    row, code = only(), VerificationCode.across_tenants.get()
    assert row.expires_at is not None
    assert abs(row.expires_at - row.created_at - timedelta(minutes=minutes)) < timedelta(seconds=5)
    assert abs(code.expires_at - row.expires_at) < timedelta(seconds=5)


def test_of_two_ends_the_earlier_counts(tenant: Tenant, seeded: None) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)

    send(tenant, **by_template("SIGNUP"), code=CodeWish(), expires_at=soon)

    assert only().expires_at == soon


def test_the_server_s_prefix_stands_in_the_record(tenant: Tenant) -> None:
    tenant = MailServerFactory(subject_prefix="[Acme]").tenant

    send(tenant)

    assert only().subject == "[Acme]|Hello"


def test_a_thousand_recipients_cost_no_more_queries_than_one(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):
        send(tenant)
    with django_assert_num_queries(5):
        send(tenant, *[f"r{n}@example.org" for n in range(1000)])

    assert Message.across_tenants.count() == Outbox.objects.count() == 1001
