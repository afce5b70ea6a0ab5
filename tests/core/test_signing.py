"""Signing keys: their form, their seal, their end."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from tenants import signing
from tenants.errors import CredentialInvalid, NotFound, TenantInactive
from tenants.models import SigningKey
from tenants.models.api_key import Scope
from tenants.rotation import reseal_fields
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_new_pair_has_the_form_that_clients_know_and_is_sealed():
    key, clear = signing.issue(TenantFactory(), name="billing", scopes=[Scope.EMAIL_SEND])

    assert (len(key.secret_id), key.secret_id[:4], len(clear)) == (36, "AKID", 32)
    assert key.secret_id.isalnum()
    assert clear.isalnum()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_key FROM tenants_signingkey")
        assert clear not in cursor.fetchone()[0]
    assert signing.find_live(key.secret_id, now=NOW).secret_key.reveal() == clear


def test_unknown_revoked_and_expired_keys_read_the_same():
    tenant = TenantFactory()
    expired, _ = signing.issue(tenant, name="old", scopes=[], expires_at=NOW)
    revoked, _ = signing.issue(tenant, name="lost", scopes=[])

    assert signing.revoke(revoked, now=NOW)
    assert not signing.revoke(revoked, now=NOW)
    for secret_id in ("AKIDnobody", expired.secret_id, revoked.secret_id):
        with pytest.raises(CredentialInvalid):
            signing.find_live(secret_id, now=NOW)
    assert signing.find_live(expired.secret_id, now=NOW - timedelta(seconds=1)) == expired


def test_the_keys_of_a_tenant_that_is_switched_off_are_refused():
    key, _ = signing.issue(TenantFactory(is_active=False), name="billing", scopes=[])

    with pytest.raises(TenantInactive):
        signing.find_live(key.secret_id, now=NOW)


def test_new_encryption_keys_seal_the_secret_anew(settings):
    key, clear = signing.issue(TenantFactory(), name="billing", scopes=[])
    before = key.secret_key.token

    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    reseal_fields()

    key.refresh_from_db()
    assert key.secret_key.token != before
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert key.secret_key.reveal() == clear


@pytest.mark.parametrize("wrong", [0, -1, 2**64])
def test_ids_that_nobody_has_are_not_found(wrong):
    with pytest.raises(NotFound):
        signing.resolve(TenantFactory().pk, wrong)


def test_use_is_noted_once_a_minute():
    key, _ = signing.issue(TenantFactory(), name="billing", scopes=[])

    def used_at(moment):
        row = SigningKey.objects.for_tenant(key.tenant_id).get()
        signing.touch(row, now=moment)
        row.refresh_from_db()
        return row.last_used_at

    assert used_at(NOW) == NOW
    assert used_at(NOW + timedelta(seconds=59)) == NOW
    assert used_at(NOW + timedelta(seconds=61)) == NOW + timedelta(seconds=61)
