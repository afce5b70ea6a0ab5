"""Mail addresses between requests and the wire. What an address is, is decided on the ground floor. Pure."""

from notifications.contracts import Address
from tenants import addresses
from tenants.addresses import normalise, parse_domain

__all__ = ["is_permitted", "needs_smtputf8", "normalise", "parse", "parse_domain"]


def parse(text: str, *, field: str = "address") -> Address:
    """A bare address, its domain in A-label form (RFC 5891) and its local part untouched.

    Raises InvalidField, naming ``field``.
    """
    return Address(addresses.parse(text, field=field))


def needs_smtputf8(address: str) -> bool:
    """True when the local part is not ASCII: such mail travels only over servers that offer SMTPUTF8 (RFC 6531)."""
    return not address.isascii()


def is_permitted(address: str, permitted: list[str]) -> bool:
    """Does one of ``permitted`` (addresses, or domains written '@example.com') cover this address?"""
    wanted = normalise(address)
    domain = "@" + wanted.rpartition("@")[2]
    return any(normalise(entry) in (wanted, domain) for entry in permitted)
