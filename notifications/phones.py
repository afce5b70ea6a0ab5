"""Phone numbers as we accept, store and compare them: E.164, for example +8613800138000. Pure.

Never cleverer than the caller: a number without a country is read as one of the default region and must exist there; it
is not tried as a number of some other country, where it would reach a stranger.
"""

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from notifications.contracts import Address
from notifications.errors import CountryNotAllowed
from tenants.errors import InvalidField

#: Digits with the usual separators between them. The library alone would also read letters, extensions and URIs.
_WRITTEN = re.compile(r"\+?[0-9(](?:[ ()./-]{0,2}[0-9]){6,17}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WITH_COUNTRY = (CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN, CountryCodeSource.FROM_NUMBER_WITH_IDD)


def parse(text: str, *, default_region: str, field: str = "mobile") -> Address:
    """The number in E.164. One that names its country needs a length that is possible there, any other must exist.

    Raises InvalidField, naming ``field``.
    """
    written = text.strip(" ")
    if not _WRITTEN.fullmatch(written):
        raise InvalidField(field=field, reason=f"'{_shown(text)}' is not a phone number of 7 to 15 digits.")
    try:
        number = phonenumbers.parse(written, default_region, keep_raw_input=True)
    except NumberParseException as error:
        raise InvalidField(field=field, reason=f"'{_shown(text)}' is not a phone number.") from error
    if not _is_plausible(number):
        reason = f"'{_shown(text)}' is no number of {default_region}; write numbers of other countries with +."
        if number.country_code_source in _WITH_COUNTRY:
            reason = f"'{_shown(text)}' has too few or too many digits for its country."
        raise InvalidField(field=field, reason=reason)
    return Address(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def check(number: str, *, countries: Collection[str]) -> None:
    """Is this a number in E.164 and, unless ``countries`` (as DE, CN) is empty, one of theirs?

    Raises InvalidField, CountryNotAllowed.
    """
    if not _E164.fullmatch(number):
        raise InvalidField(field="recipients", reason=f"'{_shown(number)}' is not a phone number in E.164.")
    # Several countries share +1 and +7, so the whole number decides, and one that does not exist is nobody's.
    if countries and (region := phonenumbers.region_code_for_number(phonenumbers.parse(number))) not in countries:
        raise CountryNotAllowed(country=region or "a country that does not exist")


def national(number: str) -> str:
    """The digits without country code, as some gateways want them."""
    return phonenumbers.national_significant_number(phonenumbers.parse(number))


def _is_plausible(number: PhoneNumber) -> bool:
    if number.country_code_source in _WITH_COUNTRY:
        return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return phonenumbers.is_valid_number(number)


def _shown(text: str) -> str:
    clean = "".join(ch if ch.isprintable() else "�" for ch in text)
    return clean if len(clean) <= 30 else clean[:27] + "…"
