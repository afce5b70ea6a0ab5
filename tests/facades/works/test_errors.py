"""The catalogue: every refusal that there is reads as something of WORKS'."""

import re

import pytest

from notifications.facades.works.errors import TABLE
from tenants.errors import DomainError
from tests.facades.refusals import CODES, REFUSALS


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_an_entry(cls: type[DomainError]) -> None:
    assert cls.code in TABLE, f"{cls.__name__} ({cls.code}) has no entry in facades/works/errors.py"


def test_every_entry_is_a_refusal_that_exists() -> None:
    assert set(TABLE) <= CODES


@pytest.mark.parametrize("code", sorted(TABLE))
def test_codes_are_upper_snake_and_statuses_are_failures(code: str) -> None:
    entry = TABLE[code]

    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", entry.code)
    assert 400 <= entry.status <= 503
