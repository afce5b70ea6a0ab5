"""AngusGM's words for SMS channels, which are our gateways; pure (angus.md 13).

Oddities of the contract: a reader of the original got secrets in clear, ours gets stars, and sending those back keeps
the secret; channels cannot be made here (in the original they came with plug-ins, ours are made in the admin).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from notifications.facades.angus.servers_bodies import MASK, EnabledBody
from notifications.facades.angus.sms_bodies import ChannelChanges, ChannelTrial
from notifications.server_list import ServerRow
from tenants.errors import InvalidField

_CHANGES, _ENABLED, _TRIAL = ChannelChanges(), EnabledBody(), ChannelTrial()
_MEMBERS = {
    "username": "accessKeyId",
    "password": "accessKeySecret",
    "options": "endpoint",
    "from_address": "thirdChannelNo",
}
#: Where a kind of gateway keeps its address; a capturing one has none.
_ADDRESS_OPTIONS = {"http": "url", "twilio": "api_url"}


def parse_changes(data: Any) -> tuple[int, Mapping[str, Any]]:
    """Which channel, and the members that change. Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _CHANGES.members(data)
    return body["id"], {name: value for name, value in body.items() if name != "id" and value not in (None, MASK)}


def columns(changes: Mapping[str, Any], *, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that change in a gateway of this kind with these options."""
    renamed = {"accessKeyId": "username", "accessKeySecret": "password", "thirdChannelNo": "from_address"}
    changed = {renamed[name]: value for name, value in changes.items() if name in renamed}
    if "endpoint" in changes:
        name = _ADDRESS_OPTIONS.get(kind)
        if name is None:
            raise InvalidField(field="endpoint", reason="a channel of this kind has no address.")
        changed["options"] = {**options, name: changes["endpoint"]}
    return changed


def parse_enabled(data: Any) -> tuple[int, bool]:
    body = _ENABLED.members(data)
    return body["id"], body["enabled"]


def parse_trial(data: Any) -> tuple[int, list[Any]]:
    """Which channel, and the recipients."""
    body = _TRIAL.members(data)
    return body["channelId"], body["mobiles"]


@contextmanager
def named_as_members() -> Iterator[None]:
    """Refusals that name a column name the member instead."""
    try:
        yield
    except InvalidField as error:
        column = str(error.params["field"])
        raise InvalidField(field=_MEMBERS.get(column, column), reason=error.params["reason"]) from error


def present_channel(row: ServerRow) -> dict[str, Any]:
    """The channel VO; null members are left out by the envelope."""
    return {
        "id": row.id,
        "name": row.name,
        "enabled": row.enabled,
        "accessKeyId": row.username or None,
        "accessKeySecret": MASK if row.has_password else None,
        "endpoint": row.options.get(_ADDRESS_OPTIONS.get(row.kind, "")),
        "thirdChannelNo": row.from_address or None,
        "kind": row.kind.upper(),
        "platform": row.is_platform,
    }
