"""Block lists (tencent.md 4): addresses that get nothing, and among them those that somebody put there by hand.

Both are views of the one suppression list. Who unsubscribed is on neither: that wish is the recipient's to take back.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from notifications import suppression
from notifications.addresses import normalise
from notifications.contracts import Channel, SuppressionSource
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, day_of, days_of, end_of, page_of, shown, start_of
from notifications.facades.tencent.parameters import ListOf, Record, Text, Whole
from notifications.suppression import Entry, SuppressionRow
from tenants.auth import Principal
from tenants.errors import InvalidField
from tenants.models.api_key import Scope

_MAX_ADDRESS = 254
_BY_HAND = (SuppressionSource.MANUAL, SuppressionSource.IMPORT)
_BLOCKED = (*_BY_HAND, SuppressionSource.BOUNCE, SuppressionSource.COMPLAINT)
_EXPIRED, _ACTIVE = 0, 1
_SECOND = timedelta(seconds=1)

Rows = QuerySet[Any]


def list_blocked(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    since, until = days_of(params)
    address = params.get("EmailAddress", "")

    def narrowed(rows: Rows) -> Rows:
        rows = _of(rows, _BLOCKED, address).filter(created_at__gte=start_of(since), created_at__lt=end_of(until))
        return suppression.active(rows).order_by("-id")

    total, found = suppression.list_suppressions(principal.tenant.pk, narrowed, offset=offset, size=size)
    return {"BlackList": [_blocked(row) for row in found], "TotalCount": total}


def unblock(principal: Principal, params: Parameters) -> Parameters:
    _remove(principal, params["EmailAddressList"], _BLOCKED)
    return {}


def add_custom(principal: Principal, params: Parameters) -> Parameters:
    expires_at = _expiry(params.get("ExpireDate", ""))
    given: list[str] = [email.strip() for email in params["Emails"]]
    if not given:
        raise TencentError("MissingParameter.EmailsNecessary")
    right, wrong = _sorted_out(given)
    too_long = sum(len(email) > _MAX_ADDRESS for email in wrong)
    entries = [Entry(address, expires_at=expires_at) for address in right]
    added = suppression.add(principal.tenant.pk, Channel.EMAIL, entries) if entries else None
    new = added.new if added else 0
    return {
        "TotalCount": len(given),
        "ValidCount": new,
        "TooLongCount": too_long,
        "RepeatCount": len(given) - len(wrong) - new,
        "InvalidCount": len(wrong) - too_long,
    }


def list_custom(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    narrow: Callable[[Rows], Rows] = {_EXPIRED: suppression.ended, _ACTIVE: suppression.active}.get(
        params["Status"], lambda rows: rows
    )

    def narrowed(rows: Rows) -> Rows:
        return narrow(_of(rows, _BY_HAND, params.get("Email", ""))).order_by("-id")

    total, found = suppression.list_suppressions(principal.tenant.pk, narrowed, offset=offset, size=size)
    now = datetime.now(UTC)
    return {"TotalCount": total, "Data": [_custom(row, now) for row in found]}


def change_custom(principal: Principal, params: Parameters) -> Parameters:
    """Another end, another address, or both."""
    row = suppression.resolve(principal.tenant.pk, params["Id"])
    if row.source not in _BY_HAND or row.category or row.channel is not Channel.EMAIL:
        raise TencentError("ResourceNotFound")
    suppression.change(
        principal.tenant.pk,
        row.id,
        address=suppression.clean_address(Channel.EMAIL, params["Email"], field="Email"),
        expires_at=_expiry(params.get("ExpireDate", "")),
    )
    return {}


def remove_custom(principal: Principal, params: Parameters) -> Parameters:
    _remove(principal, params["Emails"], _BY_HAND)
    return {}


def _of(rows: Rows, sources: tuple[SuppressionSource, ...], address: str) -> Rows:
    rows = rows.filter(channel=Channel.EMAIL, category="", source__in=sources)
    return rows.filter(address=normalise(address)) if address else rows


def _remove(principal: Principal, addresses: list[str], sources: tuple[SuppressionSource, ...]) -> None:
    for source in sources:
        suppression.remove(principal.tenant.pk, Channel.EMAIL, addresses, category="", source=source)


def _sorted_out(given: list[str]) -> tuple[list[str], list[str]]:
    """(addresses as they are compared, texts that are none)."""
    right, wrong = [], []
    for email in given:
        try:
            right.append(suppression.clean_address(Channel.EMAIL, email))
        except InvalidField:
            wrong.append(email)
    return right, wrong


def _expiry(written: str) -> datetime | None:
    """The end of the day; empty: never."""
    if not written:
        return None
    day = day_of(written)
    if day is None:
        raise TencentError("InvalidParameterValue.WrongDate", parameter="ExpireDate")
    return end_of(day)


def _blocked(row: SuppressionRow) -> dict[str, Any]:
    return {
        "BounceTime": shown(row.created_at),
        "EmailAddress": row.address,
        "IspDesc": row.note or suppression.explain(row.source),
    }


def _custom(row: SuppressionRow, now: datetime) -> dict[str, Any]:
    is_over = row.expires_at is not None and row.expires_at <= now
    return {
        "Id": row.id,
        "Email": row.address,
        "CreateTime": shown(row.created_at),
        # The last day of it, as it was given.
        "ExpireDate": shown(row.expires_at and row.expires_at - _SECOND)[:10],
        "Status": _EXPIRED if is_over else _ACTIVE,
    }


_BLOCKED_WANTED = Record(
    # The vendor's TaskID does nothing any more.
    {**PAGE, "StartDate": Text(), "EndDate": Text(), "EmailAddress": Text(), "TaskID": Text()},
    required=("StartDate", "EndDate", "Limit", "Offset"),
)
_UNBLOCKED = Record({"EmailAddressList": ListOf(Text())}, required=("EmailAddressList",))
_ADDED = Record({"Emails": ListOf(Text()), "ExpireDate": Text()}, required=("Emails",))
_WANTED = Record({**PAGE, "Status": Whole(maximum=2), "Email": Text()}, required=("Offset", "Limit", "Status"))
_CHANGED = Record({"Id": Whole(), "Email": Text(), "ExpireDate": Text()}, required=("Id", "Email"))
_REMOVED = Record({"Emails": ListOf(Text())}, required=("Emails",))

#: The mixed capitals are the vendor's.
ACTIONS = {
    "ListBlackEmailAddress": Action(list_blocked, Scope.EMAIL_READ, _BLOCKED_WANTED),
    "DeleteBlackList": Action(unblock, Scope.EMAIL_SEND, _UNBLOCKED),
    "CreateCustomBlacklist": Action(add_custom, Scope.EMAIL_SEND, _ADDED),
    "ListCustomBlacklist": Action(list_custom, Scope.EMAIL_READ, _WANTED),
    "UpdateCustomBlackList": Action(change_custom, Scope.EMAIL_SEND, _CHANGED),
    "DeleteCustomBlackList": Action(remove_custom, Scope.EMAIL_SEND, _REMOVED),
}
