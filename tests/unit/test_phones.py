"""Phone numbers: what is read, what it becomes, and what is refused."""

import pytest

from notifications import phones
from notifications.errors import CountryNotAllowed
from tenants.errors import InvalidField


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("13800138000", "CN", "+8613800138000"),
        (" 138 0013 8000 ", "CN", "+8613800138000"),
        ("138-0013-8000", "CN", "+8613800138000"),
        ("8613800138000", "CN", "+8613800138000"),
        ("+86 138 0013 8000", "DE", "+8613800138000"),
        ("0086 13800138000", "DE", "+8613800138000"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("+49 (0)151/12345678", "CN", "+4915112345678"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("+12025550123", "CN", "+12025550123"),
    ],
)
def test_a_number_becomes_e164(written: str, region: str, number: str) -> None:
    assert phones.parse(written, default_region=region).email == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "123456",
        "1234567",  # possible in length, but no number of China
        "1380013800",  # one digit short: as +1 380 013 800… it would be somebody in America
        "4915112345678",  # Germany without its plus
        "+4915",
        "+123456789012345678",
        "+999123456789",
        "1-800-FLOWERS",
        "tel:+8613800138000",
        "+8613800138000;ext=5",
        "+8613800138000\n",
        "１３８００１３８０００",
        "٠١٢٣٤٥٦٧٨٩",
        "ann@example.org",
        "138 0013 8000 OR 1=1",
        "9" * 5000,
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        phones.parse(written, default_region="CN", field="mobiles")

    assert str(refusal.value).startswith("mobiles: ")
    assert len(str(refusal.value)) < 200


def test_a_refusal_shows_no_control_characters() -> None:
    with pytest.raises(InvalidField) as refusal:
        phones.parse("138\x1b[2J00138000", default_region="CN")

    assert "\x1b" not in str(refusal.value)


def test_a_number_of_a_country_on_the_list_passes() -> None:
    phones.check("+8613800138000", countries=["DE", "CN"])


def test_an_empty_list_allows_every_country() -> None:
    phones.check("+18765550100", countries=[])


@pytest.mark.parametrize("number", ["+18765550100", "+4915112345678", "+19992223333"])
def test_a_number_of_another_country_is_refused(number: str) -> None:
    """Jamaica and a number that does not exist share +1 with the United States."""
    with pytest.raises(CountryNotAllowed):
        phones.check(number, countries=["US"])


@pytest.mark.parametrize("number", ["13800138000", "ann@example.org", "+86 13800138000", "+0138001380", ""])
def test_only_e164_is_stored(number: str) -> None:
    with pytest.raises(InvalidField):
        phones.check(number, countries=[])


def test_the_national_form_has_no_country_code() -> None:
    assert phones.national("+8613800138000") == "13800138000"
