"""What the text of an API key looks like. Pure; ``auth`` issues keys and looks them up by the hash of the whole text.

A JWT of ours is one in shape alone: nobody verifies its signature, which is 256 random bits, and nothing that it claims
is believed. Clients that read ``exp`` out of their token before they send it (Autional's does) need this shape.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_PREFIX = "ang_"
_HEADER = {"alg": "HS256", "typ": "JWT"}
#: For keys that never expire: there is no JWT without an end.
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class TokenFormat(StrEnum):
    PLAIN = "plain"
    JWT = "jwt"


@dataclass(frozen=True, slots=True)
class Token:
    #: The whole key. It exists nowhere else.
    text: str
    #: A part by which people tell keys apart, not enough to use one.
    prefix: str


def plain() -> Token:
    text = _PREFIX + secrets.token_urlsafe(32)
    return Token(text, text[:10])


def jwt(*, tenant_id: int, user_id: int, issued_at: datetime, expires_at: datetime | None) -> Token:
    """Three parts with the claims that clients look for: whose it is, since and until when (RFC 7519, 4.1)."""
    claims = {
        "sub": str(user_id),
        "user_id": str(user_id),
        "tenant_id": str(tenant_id),
        "type": "access",
        "iat": int(issued_at.timestamp()),
        "exp": int((expires_at or _NEVER).timestamp()),
    }
    # All of them begin alike; the signature is what tells them apart.
    signature = secrets.token_urlsafe(32)
    return Token(".".join((_part(_HEADER), _part(claims), signature)), f"jwt …{signature[:8]}")


def _part(value: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
