"""Who a message is for when it names people of a tenant's directory instead of addresses. Words only, pure."""

from dataclasses import dataclass
from enum import StrEnum


class AudienceKind(StrEnum):
    """What ``Audience.ids`` and ``Audience.codes`` are ids and codes of."""

    #: Everybody; neither ids nor codes.
    ALL = "ALL"
    #: Everybody of these tenants, which can only be the caller's own; without ids that one.
    TENANT = "TENANT"
    DEPT = "DEPT"
    GROUP = "GROUP"
    #: User ids.
    USER = "USER"
    #: Codes of policies.
    POLICY = "POLICY"


@dataclass(frozen=True, slots=True)
class Audience:
    kind: AudienceKind
    ids: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()


class Reach(StrEnum):
    """By what a contact is to be reached."""

    EMAIL = "email"
    PHONE = "phone"
