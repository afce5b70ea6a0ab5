"""Refusals of the house under the vendor's more telling codes, where an action has some. Handlers use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from notifications.facades.tencent.errors import TencentError
from tenants.errors import DomainError

Codes = dict[type[DomainError], str]


@contextmanager
def renamed(codes: Codes, **params: Any) -> Iterator[None]:
    """Within it, a DomainError of one of these types becomes a TencentError with this code; others pass."""
    try:
        yield
    except DomainError as error:
        if type(error) not in codes:
            raise
        raise TencentError(codes[type(error)], **params) from error
