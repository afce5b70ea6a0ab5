"""Secrets at rest: sealed with the first of FIELD_ENCRYPTION_KEYS, opened with whichever fits, never shown by accident.

Routes' passwords, signing keys and verification codes in flight are stored through here. A value that cannot be opened
raises ``SealBroken``: we stop rather than send without credentials or hand out ciphertext.
"""

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from tenants.errors import SealBroken


class Secret:
    """A sealed value in memory. Printing, logging or serialising it shows stars; ``reveal`` is the only way in."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    @classmethod
    def of(cls, clear: str) -> "Secret":
        """Raises SealBroken when no key is configured."""
        return cls(_fernet().encrypt(clear.encode()).decode())

    def reveal(self) -> str:
        """The clear text. Raises SealBroken when none of the configured keys opens it."""
        try:
            return _fernet().decrypt(self._token.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error

    def resealed(self) -> "Secret":
        """The same clear text under the first configured key. Raises SealBroken like ``reveal``."""
        return Secret.of(self.reveal())

    @property
    def token(self) -> str:
        return self._token

    def __repr__(self) -> str:
        return "Secret(********)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._token == self._token

    def __hash__(self) -> int:
        return hash(self._token)


class SecretField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A column that holds only sealed text. Assign ``Secret.of(clear)``; read back a ``Secret``; NULL stays None."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Secret | None:
        if value is None or isinstance(value, Secret):
            return value
        raise TypeError(f"{self.name} takes a Secret, never clear text")

    def get_prep_value(self, value: Any) -> str | None:
        secret = self.to_python(value)
        return None if secret is None else secret.token

    def value_to_string(self, obj: models.Model) -> str:
        """Fixtures and dumps carry the ciphertext; it is worthless without the keys."""
        return self.get_prep_value(self.value_from_object(obj)) or ""


def seal_json(value: Any) -> str:
    """Compact ciphertext for a column of a hot table that is written without the ORM."""
    return Secret.of(json.dumps(value)).token


def unseal_json(token: str) -> Any:
    """Inverse of ``seal_json``. Raises SealBroken."""
    return json.loads(Secret(token).reveal())


@lru_cache(maxsize=4)
def _keys(configured: tuple[str, ...]) -> MultiFernet:
    if not configured:
        raise SealBroken
    return MultiFernet([Fernet(key) for key in configured])


def _fernet() -> MultiFernet:
    return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS))
