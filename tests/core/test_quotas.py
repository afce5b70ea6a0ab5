"""Daily quotas: exactly what fits is accepted, whoever asks at the same time, and refusals cost nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from notifications.models import Message, Outbox, Submission
from tenants import quotas
from tenants.errors import QuotaExceeded
from tenants.models import Tenant, Usage
from tests.crowd import at_once
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


def used(tenant: Tenant) -> int:
    return Usage.objects.for_tenant(tenant.pk).get().accepted


def test_a_tenant_without_a_quota_leaves_no_trace() -> None:
    quotas.spend(TenantFactory(), 1_000_000)

    assert not Usage.across_tenants.exists()


def test_messages_are_counted_up_to_the_quota() -> None:
    tenant = TenantFactory(daily_quota=10)

    quotas.spend(tenant, 4)
    quotas.spend(tenant, 6)

    assert used(tenant) == 10


def test_one_message_too_many_is_refused_and_not_counted() -> None:
    tenant = TenantFactory(daily_quota=10)
    quotas.spend(tenant, 9)

    with pytest.raises(QuotaExceeded) as refusal:
        quotas.spend(tenant, 2)

    assert refusal.value.params == {"limit": 10}
    assert used(tenant) == 9


def test_a_quota_of_zero_refuses_everything() -> None:
    with pytest.raises(QuotaExceeded):
        quotas.spend(TenantFactory(daily_quota=0), 1)


def test_the_first_call_may_not_be_larger_than_the_quota() -> None:
    with pytest.raises(QuotaExceeded):
        quotas.spend(TenantFactory(daily_quota=10), 11)


def test_a_new_day_starts_anew() -> None:
    tenant = TenantFactory(daily_quota=10)
    quotas.spend(tenant, 10)
    Usage.objects.for_tenant(tenant.pk).update(day=F("day") - timedelta(days=1))

    quotas.spend(tenant, 3)

    assert used(tenant) == 3
    assert Usage.objects.for_tenant(tenant.pk).get().day == datetime.now(UTC).date()


def test_a_lowered_quota_counts_at_once() -> None:
    tenant = TenantFactory(daily_quota=10)
    quotas.spend(tenant, 5)
    tenant.daily_quota = 5

    with pytest.raises(QuotaExceeded):
        quotas.spend(tenant, 1)


def test_tenants_spend_their_own_quota() -> None:
    tenant, neighbour = TenantFactory(daily_quota=1), TenantFactory(daily_quota=1)
    quotas.spend(tenant, 1)

    quotas.spend(neighbour, 1)

    assert used(neighbour) == 1


def test_what_is_rolled_back_is_not_spent() -> None:
    tenant = TenantFactory(daily_quota=10)
    quotas.spend(tenant, 1)

    with transaction.atomic():
        quotas.spend(tenant, 5)
        transaction.set_rollback(True)

    assert used(tenant) == 1


def test_a_send_to_many_counts_every_message() -> None:
    tenant = MailServerFactory(tenant__daily_quota=10).tenant

    send(tenant, "a@example.org", "b@example.org", "c@example.org")

    assert used(tenant) == 3


def test_a_send_over_the_quota_stores_nothing() -> None:
    tenant = MailServerFactory(tenant__daily_quota=1).tenant

    with pytest.raises(QuotaExceeded):
        send(tenant, "a@example.org", "b@example.org")

    assert not Submission.across_tenants.exists()
    assert not Message.across_tenants.exists()
    assert not Outbox.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spent", [0, 99], ids=["the first ever", "one left"])
def test_of_fifty_calls_at_once_exactly_those_that_fit_pass(spent: int) -> None:
    tenant = MailServerFactory(tenant__daily_quota=spent + 1).tenant
    if spent:
        quotas.spend(tenant, spent)

    answers = at_once(50, lambda number: send(tenant, f"r{number}@example.org"))

    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(refusal) for refusal in refusals} == {QuotaExceeded}
    assert len(refusals) == 49
    assert used(tenant) == spent + 1
    assert Message.across_tenants.count() == Outbox.objects.count() == 1
