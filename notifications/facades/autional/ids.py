"""Autional's ids: a prefix and something opaque (autional.md 5). Ours are numbers behind the prefix. Pure.

Its users are texts of the caller's world. Those that are our numbers stay numbers; any other is turned into one that
stands for it, and the text itself is kept with the submission.
"""

import hashlib
import re

from tenants.errors import NotFound

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def show(prefix: str, number: int) -> str:
    return f"{prefix}_{number}"


def parse(prefix: str, text: str, *, resource: str) -> int:
    """The number, with or without its prefix. Raises NotFound: an id that cannot be one is nobody's."""
    digits = text.removeprefix(f"{prefix}_")
    if not _NUMBER.fullmatch(digits):
        raise NotFound(resource=resource, id=text[:60])
    return int(digits)


def user_number(text: str) -> int:
    """The number under which a user's messages are filed."""
    digits = text.removeprefix("usr_")
    if _NUMBER.fullmatch(digits):
        return int(digits)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
