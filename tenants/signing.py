"""Signing keys: made once, shown once, ended for good. A facade whose callers sign asks here whose key it is.

The secret key leaves its seal only to verify a signature.
"""

import secrets
import string
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from tenants.errors import CredentialInvalid, NotFound, TenantInactive
from tenants.models import SigningKey, Tenant
from tenants.sealed import Secret

_ALPHABET = string.ascii_letters + string.digits
#: As long as those of the system whose clients send them: 36 characters with their first four, and 32.
_ID_PREFIX, _ID_LENGTH, _KEY_LENGTH = "AKID", 32, 32
_LAST_USED_STEP = timedelta(minutes=1)
_MAX_ID = 2**63 - 1


def issue(
    tenant: Tenant, *, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[SigningKey, str]:
    """A new pair; the secret key comes beside it and cannot be shown again."""
    clear = _random(_KEY_LENGTH)
    key = SigningKey(
        tenant=tenant,
        name=name,
        secret_id=_ID_PREFIX + _random(_ID_LENGTH),
        secret_key=Secret.of(clear),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    key.save(force_insert=True)
    return key, clear


def revoke(key: SigningKey, *, now: datetime) -> bool:
    """Ends a key at once and for good; False when it had ended before."""
    live = SigningKey.objects.for_tenant(key.tenant_id).filter(pk=key.pk, revoked_at=None)
    return live.update(revoked_at=now) == 1


def list_keys(
    tenant_id: int, narrowing: Callable[[QuerySet[Any]], QuerySet[Any]], *, offset: int, size: int
) -> tuple[int, list[SigningKey]]:
    """How many there are, those that have ended too, and one page of them. ``narrowing`` also orders."""
    matching = narrowing(SigningKey.objects.for_tenant(tenant_id))
    return matching.count(), list(matching[offset : offset + size])


def resolve(tenant_id: int, key_id: int) -> SigningKey:
    """Raises NotFound."""
    found = SigningKey.objects.for_tenant(tenant_id).filter(pk=key_id).first() if 0 < key_id <= _MAX_ID else None
    if found is None:
        raise NotFound(resource="SigningKey", id=key_id)
    return found


def find_live(secret_id: str, *, now: datetime) -> SigningKey:
    """The key that a request claims to be signed with. Whoever asks must still verify that it is.

    Raises CredentialInvalid (unknown, revoked, expired), TenantInactive.
    """
    # The secret id names the tenant, so this read begins without one.
    key = SigningKey.across_tenants.select_related("tenant").filter(secret_id=secret_id).first()
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise CredentialInvalid
    if not key.tenant.is_active:
        raise TenantInactive
    return key


def touch(key: SigningKey, *, now: datetime) -> None:
    """Notes that a verified request used it; at most once a minute."""
    stale = now - _LAST_USED_STEP
    if key.last_used_at is None or key.last_used_at < stale:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        SigningKey.objects.for_tenant(key.tenant_id).filter(unused, pk=key.pk).update(last_used_at=now)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
