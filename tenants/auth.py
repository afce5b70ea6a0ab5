"""From a token to a principal. The credential decides the tenant; nothing in a body ever does."""

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from tenants import tokens
from tenants.errors import AddressNotAllowed, CredentialInvalid, ScopeMissing, TenantInactive
from tenants.models import ApiKey, Tenant
from tenants.tokens import Token, TokenFormat

_LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, resolved once per request."""

    tenant: Tenant
    key_id: int
    user_id: int
    scopes: frozenset[str] = field(default_factory=frozenset)

    # Django REST framework asks its ``request.user`` these.
    is_authenticated = True
    is_active = True

    def check_scope(self, *any_of: str) -> None:
        """One of them is enough. Raises ScopeMissing, naming the first."""
        if self.scopes.isdisjoint(any_of):
            raise ScopeMissing(scope=any_of[0])


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def issue_key(
    tenant: Tenant,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    user_id: int = -1,
    token_format: TokenFormat = TokenFormat.PLAIN,
) -> tuple[ApiKey, str]:
    """A new key and its text, which exists nowhere else and cannot be shown again."""
    token = _token(tenant, token_format, user_id, expires_at)
    key = ApiKey(
        tenant=tenant,
        name=name,
        prefix=token.prefix,
        secret_hash=hash_token(token.text),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        user_id=user_id,
    )
    key.save(force_insert=True)
    return key, token.text


def revoke_key(key: ApiKey, *, now: datetime) -> bool:
    """Ends a key at once and for good; False when it had ended before."""
    live = ApiKey.objects.for_tenant(key.tenant_id).filter(pk=key.pk, revoked_at=None)
    return live.update(revoked_at=now) == 1


def authenticate(token: str, *, remote_address: str, now: datetime) -> Principal:
    """The principal behind a token. One query, and a write at most once a minute and key.

    Raises CredentialInvalid (unknown, revoked, expired), AddressNotAllowed, TenantInactive.
    """
    # A token belongs to whichever tenant issued it, so this is the one read that starts without knowing the tenant.
    key = ApiKey.across_tenants.select_related("tenant").filter(secret_hash=hash_token(token)).first()
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise CredentialInvalid
    if key.allowed_networks and not _is_inside(remote_address, key.allowed_networks):
        raise AddressNotAllowed
    if not key.tenant.is_active:
        raise TenantInactive
    _touch(key, now)
    return Principal(tenant=key.tenant, key_id=key.pk, user_id=key.user_id, scopes=frozenset(key.scopes))


def _token(tenant: Tenant, token_format: TokenFormat, user_id: int, expires_at: datetime | None) -> Token:
    if token_format is TokenFormat.PLAIN:
        return tokens.plain()
    return tokens.jwt(tenant_id=tenant.pk, user_id=user_id, issued_at=datetime.now(UTC), expires_at=expires_at)


def _is_inside(remote_address: str, networks: Iterable[str]) -> bool:
    """False for what cannot be read, an address or a network: a mistyped list opens nothing."""
    try:
        address = ipaddress.ip_address(remote_address)
        # A server that listens on IPv6 names its IPv4 callers ::ffff:10.1.2.3.
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


def _touch(key: ApiKey, now: datetime) -> None:
    stale = now - _LAST_USED_STEP
    if key.last_used_at is None or key.last_used_at < stale:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiKey.objects.for_tenant(key.tenant_id).filter(unused, pk=key.pk).update(last_used_at=now)
