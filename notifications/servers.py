"""Mail servers and SMS gateways: made, changed, switched and removed here, by the admin and the API alike.

Of the servers of one owner (a tenant, or the platform) at most one per protocol is enabled. Secrets come in clear and
are sealed before they are stored; nothing here hands them out again.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from notifications import gateways
from notifications.delivery.transports import check_place, check_service
from notifications.errors import PlaceRefused, ServerBusy, ServerLimitReached, ServerNameTaken
from notifications.models import MailServer
from notifications.models.route import KINDS, Protocol, ServerKind
from notifications.networks import MAIL_PORTS, leads_inside
from tenants.errors import InvalidField
from tenants.sealed import Secret

#: Servers per owner.
LIMIT = 10

_PORTS = ", ".join(map(str, MAIL_PORTS))

#: Columns that say where a server is.
PLACE = frozenset({"kind", "host", "port", "service", "options"})
_SECRETS = frozenset({"password", "credentials"})
_WRITABLE = _SECRETS | {
    "name", "kind", "remark", "failover_rank", "host", "port", "starttls", "implicit_tls", "verify_certificate",
    "auth_enabled", "username", "service", "options", "from_address", "from_name", "allowed_senders", "subject_prefix",
    "max_connections", "rate_per_second", "rate_per_day",
}  # fmt: skip


def create(*, tenant_id: int | None, fields: Mapping[str, Any], protocol: Protocol = Protocol.SMTP) -> MailServer:
    """A new server of a tenant, or of the platform (None). It is enabled when its owner has no enabled one yet.

    ``fields`` are named as in the model; ``password`` is clear text, ``credentials`` a dict. Raises InvalidField,
    ServerNameTaken, ServerLimitReached.
    """
    server = MailServer(tenant_id=tenant_id, protocol=protocol)
    _assign(server, fields)
    _check_service(server, fields)
    check_reach(server)
    with _exclusively(server):
        others = list(_owned(server).select_for_update())
        check_server(server)
        server.enabled = not any(other.enabled for other in others)
        server.save(force_insert=True)
    return server


def update(server: MailServer, changes: Mapping[str, Any]) -> None:
    """Changes the named fields and no others; a secret of None forgets it. Raises InvalidField, ServerNameTaken."""
    before = gateways.place_of(server)
    _assign(server, changes)
    _check_service(server, changes)
    if changes.keys() & PLACE:
        check_reach(server)
    with _exclusively(server):
        check_server(server)
        gateways.check_move(before, server)
        # ``modified_at`` goes along: workers see by it that their open connections are out of date.
        server.save(update_fields=[*changes, "modified_at"])


def check_server(server: MailServer) -> None:
    """Could this server be stored as it stands? Raises InvalidField, ServerNameTaken, ServerLimitReached."""
    if server.kind not in KINDS[Protocol(server.protocol)]:
        raise InvalidField(field="kind", reason=f"'{server.kind}' does not carry {server.protocol}")
    if server.protocol == Protocol.SMS:
        gateways.check(server)
    if server.kind == ServerKind.SMTP and not server.host:
        raise InvalidField(field="host", reason="an SMTP server needs a host name")
    if server.kind == ServerKind.ANYMAIL and not server.service:
        raise InvalidField(field="service", reason="choose the e-mail service")
    try:
        server.clean_fields(exclude=_SECRETS)
    except ValidationError as error:
        name, reasons = next(iter(error.message_dict.items()))
        raise InvalidField(field=name, reason=reasons[0]) from error
    others = _owned(server).exclude(pk=server.pk)
    if others.filter(name=server.name).exists():
        raise ServerNameTaken(name=server.name)
    if server._state.adding and others.count() >= LIMIT:
        raise ServerLimitReached(limit=LIMIT)


def check_reach(server: MailServer) -> None:
    """A tenant's server must be where anybody's could be, lest its mail knock on doors inside our walls.

    Workers look again, at the address that they connect to. Looks a name up, so not to be asked in a transaction.
    Raises InvalidField.
    """
    if gateways.is_trusted(is_platform=server.tenant_id is None):
        return
    if server.kind == ServerKind.ANYMAIL:
        try:
            check_place(server.service, server.options)
        except InvalidField as error:
            raise _place_refused("options", error.params["reason"]) from error
    if server.kind != ServerKind.SMTP:
        return
    if server.port not in MAIL_PORTS:
        raise _place_refused("port", f"a mail server is reached at one of {_PORTS}")
    if leads_inside(server.host):
        raise _place_refused("host", "it is not on the public internet")


def _place_refused(field: str, reason: str) -> PlaceRefused:
    return PlaceRefused(field=field, reason=reason, ports=_PORTS)


def enable(server: MailServer) -> None:
    """Mail goes to this server from now on; the one that was enabled before is switched off."""
    with _exclusively(server):
        list(_owned(server).select_for_update())
        _owned(server).filter(enabled=True).exclude(pk=server.pk).update(enabled=False, modified_at=Now())
        _owned(server).filter(pk=server.pk, enabled=False).update(enabled=True, modified_at=Now())
    server.enabled = True


def disable(server: MailServer) -> None:
    """Mail does not go to this server any more; without another one it waits."""
    _owned(server).filter(pk=server.pk, enabled=True).update(enabled=False, modified_at=Now())
    server.enabled = False


def remove(server: MailServer) -> None:
    """Forgets a server; nothing else gets enabled in its place. Records of what it sent keep its number."""
    _owned(server).filter(pk=server.pk).delete()


def _owned(server: MailServer) -> QuerySet[MailServer]:
    """The servers that compete with this one: its owner's, of its protocol."""
    if server.tenant_id is None:
        # The platform is nobody's tenant, so its own servers are found by their missing owner.
        rows = MailServer.across_tenants.filter(tenant__isnull=True)
    else:
        rows = MailServer.objects.for_tenant(server.tenant_id)
    return rows.filter(protocol=server.protocol).order_by("pk")


def _assign(server: MailServer, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name not in _WRITABLE:
            raise InvalidField(field=name, reason="cannot be set")
        setattr(server, name, _sealed(name, value) if name in _SECRETS else value)


def _check_service(server: MailServer, fields: Mapping[str, Any]) -> None:
    """What is sealed already was judged when it came."""
    if server.kind == ServerKind.ANYMAIL and server.service:
        check_service(server.service, {**server.options, **(fields.get("credentials") or {})})


def _sealed(name: str, value: Any) -> Secret | None:
    if not value:
        return None
    return Secret.of(json.dumps(value) if name == "credentials" else value)


@contextmanager
def _exclusively(server: MailServer) -> Iterator[None]:
    """One transaction. The unique constraints settle races that our own look at the rows cannot see."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "server_name_once_per_owner" in str(error):
            raise ServerNameTaken(name=server.name) from error
        if "server_enabled_once_per_owner" in str(error):
            raise ServerBusy from error
        raise
