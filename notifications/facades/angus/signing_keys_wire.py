"""The words for signing keys: ours, in AngusGM's manner. The secret key is in one answer only. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from notifications.facades.angus import fields
from tenants.errors import InvalidField
from tenants.models import SigningKey
from tenants.models.api_key import Scope


class SigningKeyBody(fields.Members):
    """A new pair of a secret id and a secret key."""

    name = fields.Text(**fields.REQUIRED, max_length=100, help_text="What uses it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.values),
        min_length=1,
        max_length=len(Scope.values),
        help_text="What it may do. You can give only what your own key may.",
    )
    expireDate = fields.LocalTime(help_text="Until then, yyyy-MM-dd HH:mm:ss. Absent: until it is revoked.")


@dataclass(frozen=True, slots=True)
class NewKey:
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


_BODY = SigningKeyBody()


def parse_new(data: Any, *, now: datetime) -> NewKey:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _BODY.members(data)
    expires_at = body.get("expireDate")
    if expires_at is not None and expires_at <= now:
        raise InvalidField(field="expireDate", reason="that is over already.")
    return NewKey(body["name"], tuple(body["scopes"]), expires_at)


def present_key(key: SigningKey) -> dict[str, Any]:
    """Null members are left out by the envelope."""
    return {
        "id": key.pk,
        "name": key.name,
        "secretId": key.secret_id,
        "scopes": key.scopes,
        "createdDate": key.created_at,
        "expireDate": key.expires_at,
        "revokedDate": key.revoked_at,
        "lastUsedDate": key.last_used_at,
    }
