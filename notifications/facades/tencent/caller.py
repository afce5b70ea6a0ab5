"""Who signed a request. Order of checks: form of the authorization, secret id, clock, signature, token, rate."""

import re
from datetime import datetime

from notifications import allowances
from notifications.errors import AllowanceExceeded
from notifications.facades.tencent.call import Call
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.signature import (
    Authorization,
    is_fresh,
    parse_authorization,
    verify_v1,
    verify_v3,
)
from tenants import signing
from tenants.auth import Principal
from tenants.models import SigningKey

#: Of one key, for all actions together (tencent.md 3.3).
PER_SECOND = 20
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def authenticate(call: Call, *, now: datetime) -> Principal:
    """The principal behind the key that signed the call. Its ``key_id`` is the signing key's.

    Raises TencentError (AuthFailure…, MissingParameter), CredentialInvalid, TenantInactive, AllowanceExceeded.
    """
    authorization = _authorization(call) if call.is_v3 else None
    secret_id = authorization.secret_id if authorization else call.common["SecretId"]
    if not _SECRET_ID.fullmatch(secret_id):
        raise TencentError("AuthFailure.InvalidSecretId")
    key = signing.find_live(secret_id, now=now)
    if not is_fresh(call.timestamp, now=now):
        raise TencentError("AuthFailure.SignatureExpire")
    if not _is_signed(call, authorization, key.secret_key.reveal()):
        raise TencentError("AuthFailure.SignatureFailure")
    if call.common.get("Token"):
        raise TencentError("AuthFailure.TokenFailure")
    _spend_call(key)
    signing.touch(key, now=now)
    return Principal(tenant=key.tenant, key_id=key.pk, user_id=-1, scopes=frozenset(key.scopes))


def _spend_call(key: SigningKey) -> None:
    spent = allowances.spend(key.tenant_id, f"tencent {key.pk}", limit=PER_SECOND, window_s=1)
    if spent.is_exceeded:
        raise AllowanceExceeded(limit=PER_SECOND, seconds=spent.reset_s)


def _authorization(call: Call) -> Authorization:
    written = call.wire.header("authorization")
    if not written:
        raise TencentError("MissingParameter", parameter="Authorization")
    authorization = parse_authorization(written)
    if authorization is None:
        raise TencentError("AuthFailure.InvalidAuthorization")
    return authorization


def _is_signed(call: Call, authorization: Authorization | None, secret_key: str) -> bool:
    if authorization is not None:
        return verify_v3(authorization, secret_key, call.wire, timestamp=call.timestamp)
    return verify_v1(call.pairs or {}, secret_key, method=call.wire.method, host=call.wire.host)
