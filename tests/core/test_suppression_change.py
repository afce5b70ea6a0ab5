"""An entry of the suppression list gets another address or another end."""

from datetime import UTC, datetime

import pytest

from notifications import suppression
from notifications.contracts import Channel
from notifications.models import Suppression
from notifications.suppression import Entry
from tenants.errors import AlreadyExists, NotFound
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def test_an_entry_is_changed_unless_it_would_be_twice_there_or_is_a_strangers() -> None:
    tenant, end = TenantFactory(), datetime(2030, 1, 1, tzinfo=UTC)
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("a@example.org"), Entry("b@example.org")])
    row = Suppression.objects.for_tenant(tenant.pk).get(address="a@example.org")

    suppression.change(tenant.pk, row.pk, address="c@example.org", expires_at=end)

    row.refresh_from_db()
    assert (row.address, row.expires_at) == ("c@example.org", end)
    with pytest.raises(AlreadyExists):
        suppression.change(tenant.pk, row.pk, address="b@example.org", expires_at=None)
    with pytest.raises(NotFound):
        suppression.change(TenantFactory().pk, row.pk, address="d@example.org", expires_at=None)
