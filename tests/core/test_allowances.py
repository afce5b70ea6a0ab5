"""Calls in a window: counted for all processes together, and per tenant and operation."""

from datetime import timedelta

import pytest
from django.db.models import F

from notifications import allowances
from notifications.models import CallCount
from tests.crowd import at_once
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def test_calls_use_up_a_limit_and_the_next_one_exceeds_it() -> None:
    tenant = TenantFactory()

    spent = [allowances.spend(tenant.pk, "send", limit=2) for _ in range(3)]

    assert [each.used for each in spent] == [1, 2, 3]
    assert [(each.remaining, each.is_exceeded) for each in spent] == [(1, False), (0, False), (0, True)]
    assert {each.reset_s for each in spent} <= {59, 60}


def test_tenants_and_operations_do_not_share_a_limit() -> None:
    one, other = TenantFactory(), TenantFactory()
    allowances.spend(one.pk, "send", limit=1)

    assert [allowances.spend(one.pk, "read", limit=1).used, allowances.spend(other.pk, "send", limit=1).used] == [1, 1]


def test_a_window_that_is_over_gives_way_to_a_new_one() -> None:
    tenant = TenantFactory()
    for _ in range(3):
        allowances.spend(tenant.pk, "send", limit=2)
    CallCount.objects.for_tenant(tenant.pk).update(began_at=F("began_at") - timedelta(seconds=60))

    spent = allowances.spend(tenant.pk, "send", limit=2)

    assert (spent.used, spent.is_exceeded) == (1, False)


def test_a_window_may_be_a_second() -> None:
    tenant = TenantFactory()

    assert allowances.spend(tenant.pk, "key 7", limit=20, window_s=1).reset_s == 1


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_are_counted_once_each() -> None:
    tenant = TenantFactory()

    used = at_once(8, lambda _: allowances.spend(tenant.pk, "send", limit=5).used)

    assert sorted(used) == list(range(1, 9))  # type: ignore[type-var]
