"""Every refusal that there is, for the tests that each API knows all of them."""

from collections.abc import Iterator

import notifications.errors
import notifications.facades.refusals
import templates_app.errors
from tenants.errors import DomainError

#: Refusals exist once their modules are imported.
DEFINED_IN = (notifications.errors, notifications.facades.refusals, templates_app.errors)


def _descendants(cls: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)


REFUSALS = sorted(set(_descendants(DomainError)), key=lambda cls: cls.__name__)
#: What a table of codes must hold: theirs, and that of their base.
CODES = {cls.code for cls in REFUSALS} | {DomainError.code}
