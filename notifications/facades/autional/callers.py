"""Plain users and administrators (autional.md 2): the former have their own messages, the latter all of the tenant's.

A plain user is a key that acts for one user and may change nothing of the tenant's. Pure.
"""

from notifications.facades.autional import ids
from tenants.auth import Principal
from tenants.errors import InvalidField
from tenants.models.api_key import Scope

#: Whoever has one of them is an administrator, whomever the key acts for.
_ADMINISTRATORS = (Scope.TEMPLATE_WRITE, Scope.SERVER_WRITE, Scope.INNER_API_TRUST)
_NOBODY = -1


def check_administrator(caller: Principal) -> None:
    """Raises ScopeMissing."""
    if caller.user_id != _NOBODY:
        caller.check_scope(*_ADMINISTRATORS)


def visible_user_id(caller: Principal, wanted: str) -> int | None:
    """Whose messages are asked for: a plain user's own, whatever ``wanted`` says. None: everybody's."""
    if _is_plain(caller):
        return caller.user_id
    return ids.user_number(wanted) if wanted else None


def sending_user_id(caller: Principal, named: str) -> int:
    """Who a message belongs to. Raises InvalidField when a plain user names another."""
    number = ids.user_number(named) if named else caller.user_id
    if _is_plain(caller) and number != caller.user_id:
        raise InvalidField(field="user_id", reason="this API key acts for another user.")
    return number


def _is_plain(caller: Principal) -> bool:
    return caller.user_id != _NOBODY and caller.scopes.isdisjoint(_ADMINISTRATORS)
