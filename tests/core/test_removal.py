"""Removal: what a tenant deletes is gone, what is leaving stays, and nothing of anybody else is touched."""

from functools import partial

import pytest
from django.db import connection, transaction

from notifications import outbox
from notifications.contracts import Channel, FileIn, Lane
from notifications.models import Attachment, Blob, DeliveryAttempt, Message, Outbox, Submission
from notifications.parcel import Outcome
from notifications.removal import remove
from notifications.states import Verdict
from tenants.models import Tenant
from tests.crowd import at_once
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db

FILE = FileIn(name="a.txt", data=b"planted content")


@pytest.fixture
def tenant() -> Tenant:
    tenant = TenantFactory()
    MailServerFactory(tenant=tenant)
    return tenant


def left() -> dict[str, int]:
    models = (Message, Outbox, DeliveryAttempt, Submission, Attachment, Blob)
    counts = {model.__name__: model._base_manager.count() for model in models}
    return {name: count for name, count in counts.items() if count}


def settle(message_id: int, verdict: Verdict) -> None:
    lease = outbox.claim(lane=Lane.BULK, limit=10)
    outbox.settle([(Outcome(message_id=message_id, verdict=verdict), None)], lease=lease)


def remove_or_requeue(tenant_id: int, message_id: int, number: int) -> frozenset[int]:
    act = (remove, outbox.requeue)[number]
    return act(tenant_id=tenant_id, message_ids=[message_id])


def test_a_sent_message_is_gone_with_its_attempts_content_and_files(tenant: Tenant) -> None:
    (message_id,) = send(tenant, files=(FILE,)).message_ids
    settle(message_id, Verdict.SENT)

    assert remove(tenant_id=tenant.pk, message_ids=[message_id]) == {message_id}

    assert left() == {}


def test_a_waiting_message_is_not_sent_any_more(tenant: Tenant) -> None:
    (message_id,) = send(tenant).message_ids

    assert remove(tenant_id=tenant.pk, message_ids=[message_id]) == {message_id}

    assert left() == {}
    assert outbox.claim(lane=Lane.BULK, limit=10).attempts == {}


def test_a_message_in_a_workers_hands_that_has_not_begun_to_leave_does_not_leave(tenant: Tenant) -> None:
    (message_id,) = send(tenant).message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=10)

    assert remove(tenant_id=tenant.pk, message_ids=[message_id]) == {message_id}

    assert outbox.mark([message_id], lease=lease).marked == frozenset()


def test_a_message_that_is_leaving_stays_until_it_has_ended(tenant: Tenant) -> None:
    (message_id,) = send(tenant).message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=10)
    outbox.mark([message_id], lease=lease)

    assert remove(tenant_id=tenant.pk, message_ids=[message_id]) == frozenset()

    outbox.settle([(Outcome(message_id=message_id, verdict=Verdict.SENT), None)], lease=lease)
    assert Message.across_tenants.get().status == "SENT"
    assert remove(tenant_id=tenant.pk, message_ids=[message_id]) == {message_id}


def test_the_other_messages_of_a_call_keep_its_content_and_files(tenant: Tenant) -> None:
    first, second = send(tenant, "ann@example.org", "bob@example.org", files=(FILE,)).message_ids

    remove(tenant_id=tenant.pk, message_ids=[first])

    assert left() == {"Message": 1, "Outbox": 1, "Submission": 1, "Attachment": 1, "Blob": 1}
    remove(tenant_id=tenant.pk, message_ids=[second])
    assert left() == {}


def test_a_file_that_another_call_has_too_stays(tenant: Tenant) -> None:
    (message_id,) = send(tenant, files=(FILE,)).message_ids
    send(tenant, files=(FILE,))

    remove(tenant_id=tenant.pk, message_ids=[message_id])

    assert (Attachment.across_tenants.count(), Blob.across_tenants.count()) == (1, 1)


def test_nothing_of_another_tenant_is_touched(tenant: Tenant) -> None:
    (message_id,) = send(tenant, files=(FILE,)).message_ids
    before = left()

    assert remove(tenant_id=TenantFactory().pk, message_ids=[message_id]) == frozenset()

    assert left() == before


def test_another_channel_is_not_touched(tenant: Tenant) -> None:
    (message_id,) = send(tenant).message_ids

    assert remove(tenant_id=tenant.pk, message_ids=[message_id], channel=Channel.SMS) == frozenset()

    assert Message.across_tenants.count() == 1


def test_unknown_ids_and_none_at_all_do_nothing(tenant: Tenant) -> None:
    assert remove(tenant_id=tenant.pk, message_ids=[42]) == frozenset()
    assert remove(tenant_id=tenant.pk, message_ids=[]) == frozenset()


@pytest.mark.django_db(transaction=True)
def test_messages_removed_twice_at_the_same_time_leave_nothing_behind() -> None:
    tenant = MailServerFactory().tenant
    ids = send(tenant, *[f"r{n}@example.org" for n in range(40)], files=(FILE,)).message_ids
    halves = (ids[:25], ids[15:])

    answers = at_once(4, lambda number: remove(tenant_id=tenant.pk, message_ids=halves[number % 2]))

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert left() == {}


@pytest.mark.django_db(transaction=True)
def test_a_message_requeued_at_the_same_time_is_wholly_there_or_wholly_gone() -> None:
    tenant = MailServerFactory().tenant
    for _ in range(10):
        (message_id,) = send(tenant).message_ids
        settle(message_id, Verdict.NEVER)

        at_once(2, partial(remove_or_requeue, tenant.pk, message_id))

        assert Message.across_tenants.count() == Outbox.objects.count()
        remove(tenant_id=tenant.pk, message_ids=[message_id])
        assert left() == {}


@pytest.mark.django_db(transaction=True)
def test_removal_does_not_wait_for_a_worker_that_is_settling(tenant: Tenant) -> None:
    (message_id,) = send(tenant).message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=10)
    outbox.mark([message_id], lease=lease)
    with transaction.atomic():
        outbox.settle([(Outcome(message_id=message_id, verdict=Verdict.SENT), None)], lease=lease)

        (answer,) = at_once(1, lambda _: remove(tenant_id=tenant.pk, message_ids=[message_id]))

        assert connection.in_atomic_block
    assert answer == frozenset()
