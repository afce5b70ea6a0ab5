"""What is past its time goes by itself, whichever process the installation runs."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from notifications import tasks
from notifications.models import IdempotencyRecord
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def test_the_scheduler_s_task_forgets_old_answers_and_keeps_fresh_ones() -> None:
    tenant = TenantFactory()
    for key in ("old", "fresh"):
        IdempotencyRecord(tenant=tenant, endpoint="send", key=key, fingerprint=b"0" * 32, http_status=200).save()
    IdempotencyRecord.objects.for_tenant(tenant.pk).filter(key="old").update(created_at=Now() - timedelta(hours=25))

    tasks.tidy()

    assert [row.key for row in IdempotencyRecord.objects.for_tenant(tenant.pk)] == ["fresh"]
