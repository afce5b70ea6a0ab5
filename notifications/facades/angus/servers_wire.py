"""AngusGM's words for mail servers, and ours; pure (angus.md 4).

Oddities of the contract: ``sslEnabled`` and ``startTlsEnabled`` are both true unless said otherwise, and then TLS is
from the first byte; in a replacement a null flag is false; ``authAccount`` is replaced whole; a reader of the original
got passwords in clear, ours gets stars, and sending those back keeps the password.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from notifications.facades.angus.servers_bodies import MASK, EnabledBody, ServerBody, ServerChanges, TrialBody
from notifications.server_list import ServerRow
from tenants.errors import InvalidField

_CHANGES, _WHOLE, _ENABLED, _TRIAL = ServerChanges(), ServerBody(), EnabledBody(), TrialBody()
_KINDS = {"SMTP": "smtp", "SERVICE": "anymail"}
_KIND_NAMES = {ours: name for name, ours in _KINDS.items()}
#: Members that are columns under another name.
_COLUMNS = {
    "name": "name",
    "remark": "remark",
    "host": "host",
    "port": "port",
    "startTlsEnabled": "starttls",
    "sslEnabled": "implicit_tls",
    "authEnabled": "auth_enabled",
    "subjectPrefix": "subject_prefix",
    "service": "service",
    "options": "options",
    "credentials": "credentials",
    "verifyCertificate": "verify_certificate",
    "fromName": "from_name",
    "allowedSenders": "allowed_senders",
    "failoverRank": "failover_rank",
    "maxConnections": "max_connections",
}
_MEMBERS = {column: member for member, column in _COLUMNS.items()} | {
    "password": "authAccount.password",
    "username": "authAccount.account",
    "from_address": "fromAddress",
    "rate_per_second": "rates.perSecond",
    "rate_per_day": "rates.perDay",
}
#: What a server is when nothing is said; flags of AngusGM's are true.
_DEFAULTS: dict[str, Any] = {
    "kind": "smtp",
    "remark": "",
    "host": "",
    "port": 587,
    "starttls": True,
    "implicit_tls": True,
    "auth_enabled": True,
    "username": "",
    "password": None,
    "subject_prefix": "",
    "service": "",
    "options": {},
    "credentials": None,
    "verify_certificate": True,
    "from_address": "",
    "from_name": "",
    "allowed_senders": [],
    "failover_rank": None,
    "max_connections": 10,
    "rate_per_second": None,
    "rate_per_day": None,
}
_FLAGS = ("startTlsEnabled", "sslEnabled", "authEnabled")


def parse_new(data: Any) -> dict[str, Any]:
    """The columns of a new server. Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _WHOLE.members(data)
    _check_place(body)
    if (body.get("authAccount") or {}).get("password") == MASK:
        raise InvalidField(field="authAccount.password", reason="this is the mask, not a password.")
    return _DEFAULTS | _changes(body)


def parse_replacement(data: Any) -> tuple[int | None, dict[str, Any]]:
    """Which server, and all its columns but for the secrets that are kept. Without an id it is a new one."""
    body = _WHOLE.members(data)
    if body.get("id") is None:
        return None, parse_new(data)
    _check_place(body)
    columns = _DEFAULTS | {_COLUMNS[flag]: False for flag in _FLAGS if flag in body} | _changes(body)
    if body.get("authAccount") and _is_kept(body["authAccount"].get("password")):
        del columns["password"]
    if "credentials" in body and body["credentials"] is None:
        del columns["credentials"]
    return body["id"], columns


def parse_changes(data: Any) -> tuple[int, dict[str, Any]]:
    """Which server, and the columns that change."""
    body = _CHANGES.members(data)
    return body["id"], _changes(body)


def parse_enabled(data: Any) -> tuple[int, bool]:
    body = _ENABLED.members(data)
    return body["id"], body["enabled"]


def parse_trial(data: Any) -> tuple[int, list[Any]]:
    """Which server, and the recipients."""
    body = _TRIAL.members(data)
    return body["serverId"], list(dict.fromkeys((body.get("toAddress") or {}).values()))


@contextmanager
def named_as_members() -> Iterator[None]:
    """Refusals that name a column name the member instead."""
    try:
        yield
    except InvalidField as error:
        column = str(error.params["field"])
        raise InvalidField(field=_MEMBERS.get(column, column), reason=error.params["reason"]) from error


def present_server(row: ServerRow) -> dict[str, Any]:
    """The server VO; null members are left out by the envelope."""
    account = {"account": row.username, "password": MASK if row.has_password else None}
    return {
        "id": row.id,
        "name": row.name,
        "protocol": {"value": row.protocol, "message": row.protocol},
        "remark": row.remark,
        "enabled": row.enabled,
        "host": row.host or None,
        "port": row.port if row.host else None,
        "startTlsEnabled": row.starttls,
        "sslEnabled": row.implicit_tls,
        "authEnabled": row.auth_enabled,
        "authAccount": account if row.username else None,
        "subjectPrefix": row.subject_prefix,
        "kind": _KIND_NAMES[row.kind],
        "service": row.service or None,
        "options": dict(row.options) or None,
        "credentials": MASK if row.has_credentials else None,
        "verifyCertificate": row.verify_certificate,
        "fromAddress": row.from_address or None,
        "fromName": row.from_name or None,
        "allowedSenders": row.allowed_senders or None,
        "failoverRank": row.failover_rank,
        "rates": {"perSecond": row.rate_per_second, "perDay": row.rate_per_day}
        if row.rate_per_second or row.rate_per_day
        else None,
        "maxConnections": row.max_connections,
        "platform": row.is_platform,
    }


def present_place(row: ServerRow) -> dict[str, Any]:
    """AngusGM's ``{id, key}`` of a stored server."""
    return {"id": row.id, "key": f"{row.host}:{row.port}" if row.host else row.service}


def _changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of what is there and not null."""
    columns = {_COLUMNS[name]: value for name, value in body.items() if name in _COLUMNS and value is not None}
    if body.get("kind"):
        columns["kind"] = _KINDS[body["kind"]]
    if (sender := body.get("fromAddress")) is not None:
        columns["from_address"] = sender.email if sender else ""
    if (rates := body.get("rates")) is not None:
        columns |= {"rate_per_second": rates.get("perSecond"), "rate_per_day": rates.get("perDay")}
    if (account := body.get("authAccount")) is not None:
        columns["username"] = account["account"]
        if not _is_kept(account.get("password")):
            columns["password"] = account["password"]
    return columns


def _is_kept(password: str | None) -> bool:
    return password is None or password == MASK


def _check_place(body: Mapping[str, Any]) -> None:
    """AngusGM knows only SMTP servers, and requires of them where they are."""
    if body.get("kind") != "SERVICE":
        for name in ("host", "port"):
            if not body.get(name):
                raise InvalidField(field=name, reason="an SMTP server needs it.")
