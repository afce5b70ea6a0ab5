"""Mail addresses as text: which we accept, and how we store and compare them. Pure.

Stricter than RFC 5321 where leniency would let a stranger in (no literals, no quoted local parts, nothing that looks
like an option to a program), and never cleverer: an address that we cannot write as it stands is refused, not
re-encoded into another mailbox.
"""

import re
import unicodedata
from functools import lru_cache

import idna

from tenants.errors import InvalidField

#: RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain; the whole path is at most 254 (RFC 3696 erratum 1690).
_MAX_ADDRESS = 254
_MAX_LOCAL = 64
_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
# Linear by construction: every repetition is delimited by a character its neighbour cannot match.
_ASCII_LOCAL = re.compile(rf"(?!-)[{_ATEXT}]+(?:\.[{_ATEXT}]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff<>()\[\],;:\\\"]")


def parse(text: str, *, field: str = "address") -> str:
    """A bare address, its domain in A-label form (RFC 5891) and its local part untouched.

    Raises InvalidField, naming ``field``.
    """
    local, at, domain = text.strip(" ").rpartition("@")
    try:
        if not at or not domain:
            raise ValueError("is not an e-mail address.")
        _check_local_part(local)
        address = f"{local}@{_read_domain(domain)}"
        if len(address.encode()) > _MAX_ADDRESS:
            raise ValueError(f"is longer than {_MAX_ADDRESS} bytes.")
    except ValueError as error:
        raise _refusal(text, error, field=field) from error
    return address


def parse_domain(text: str, *, field: str = "domain") -> str:
    """A domain alone, with or without the @ before it, in the form in which ``parse`` leaves those of addresses.

    Raises InvalidField, naming ``field``.
    """
    try:
        return _read_domain(text.strip(" ").removeprefix("@"))
    except ValueError as error:
        raise _refusal(text, error, field=field) from error


def normalise(address: str) -> str:
    """The form under which addresses are compared and searched: NFC, case-folded, domain in A-labels."""
    address = address.strip()
    # For ASCII the two are the same, and a large call has a hundred thousand of them.
    return address.lower() if address.isascii() else unicodedata.normalize("NFC", address).casefold()


def _check_local_part(local: str) -> None:
    """Raises ValueError, with what is wrong."""
    # Nearly all of them, of which a large call has a hundred thousand.
    if _ASCII_LOCAL.fullmatch(local) and len(local) <= _MAX_LOCAL:
        return
    if _UNSAFE.search(local) or local.startswith("-"):
        raise ValueError("has characters that addresses may not have.")
    dots_are_inner = not (local.startswith(".") or local.endswith(".") or ".." in local)
    is_readable = not local.isascii() and local.isprintable() and dots_are_inner
    if not is_readable or len(local.encode()) > _MAX_LOCAL:
        raise ValueError("is not an e-mail address.")


# A call for a hundred thousand people names a few domains, each very often.
@lru_cache(maxsize=4096)
def _read_domain(domain: str) -> str:
    """In A-labels. Raises ValueError, with what is wrong."""
    if _UNSAFE.search(domain):
        raise ValueError("has characters that domains may not have.")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("has a domain that does not exist.") from error
    labels = ascii_domain.lower().split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError("has no valid domain.")
    return ".".join(labels)


def _refusal(text: str, error: ValueError, *, field: str) -> InvalidField:
    return InvalidField(field=field, reason=f"'{_shown(text)}' {error}")


def _shown(text: str) -> str:
    """Enough to recognise the bad value in a list of five hundred; never a control character in a log."""
    clean = "".join(ch if ch.isprintable() else "�" for ch in text)
    return clean if len(clean) <= 60 else clean[:57] + "…"
