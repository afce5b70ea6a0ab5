"""Pages of this facade's lists: ``page`` and ``page_size`` in, ``pagination`` out (autional.md 3). Pure.

What is beyond the limits is clamped, since no document says what becomes of it; what is no number is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenants.errors import InvalidField

_DEFAULT_SIZE, _MAX_SIZE = 20, 100
_MAX_PAGE = 10_000
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def parse_page(params: Mapping[str, str]) -> Page:
    """Raises InvalidField."""
    return Page(
        number=parse_whole(params, "page", default=1, at_most=_MAX_PAGE),
        size=parse_whole(params, "page_size", default=_DEFAULT_SIZE, at_most=_MAX_SIZE),
    )


def parse_whole(params: Mapping[str, str], name: str, *, default: int, at_most: int) -> int:
    """A parameter from 1 to ``at_most``. Raises InvalidField."""
    text = params.get(name, "").strip()
    if not text:
        return default
    if not _WHOLE.fullmatch(text):
        raise InvalidField(field=name, reason="a whole number is expected.")
    return min(max(int(text), 1), at_most)


def parse_flag(params: Mapping[str, str], name: str) -> bool | None:
    """None: it was not given. Raises InvalidField."""
    text = params.get(name, "").strip().lower()
    if not text:
        return None
    if text not in _FLAGS:
        raise InvalidField(field=name, reason="true or false is expected.")
    return _FLAGS[text]


def page_info(page: Page, total: int) -> dict[str, Any]:
    """What stands beside ``items``."""
    pages = -(-total // page.size)
    return {
        "total": total,
        "pagination": {
            "page": page.number,
            "page_size": page.size,
            "total": total,
            "total_pages": pages,
            "has_next": page.number < pages,
            "has_prev": page.number > 1,
        },
    }
