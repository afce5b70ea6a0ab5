"""Mail servers and SMS gateways as a tenant sees them: its own and the platform's, as frozen rows without any secret.

What is done to them is in ``servers``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from notifications import routing
from notifications.contracts import Channel
from notifications.errors import AnyServerMissing, ServerMissing, ServerOfPlatform
from notifications.models import MailServer
from notifications.models.route import Protocol
from tenants.errors import NotFound

#: AngusGM's names.
_RESOURCES = {Channel.EMAIL: "MailServer", Channel.SMS: "SmsChannel"}
_PROTOCOLS = {Channel.EMAIL: Protocol.SMTP, Channel.SMS: Protocol.SMS}
_MAX_ID = 2**63 - 1

#: Narrows and orders the rows that one tenant may see. Columns come from the caller's own tables.
Narrowing = Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class ServerRow:
    """Account, options and whether there are secrets are the owner's to know: empty in rows of the platform."""

    id: int
    is_platform: bool
    name: str
    kind: str
    protocol: str
    remark: str
    enabled: bool
    failover_rank: int | None
    host: str
    port: int
    starttls: bool
    implicit_tls: bool
    verify_certificate: bool
    auth_enabled: bool
    service: str
    from_address: str
    from_name: str
    allowed_senders: tuple[str, ...]
    subject_prefix: str
    max_connections: int
    rate_per_second: float | None
    rate_per_day: int | None
    username: str = ""
    has_password: bool = False
    has_credentials: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def list_servers(
    tenant_id: int, narrowing: Narrowing, *, offset: int, size: int, channel: Channel = Channel.EMAIL
) -> tuple[int, tuple[ServerRow, ...]]:
    """How many there are, and one page of them."""
    matching = narrowing(_visible(tenant_id, channel))
    return matching.count(), tuple(_row(server) for server in matching[offset : offset + size])


def resolve_row(tenant_id: int, server_id: int, *, channel: Channel = Channel.EMAIL) -> ServerRow:
    """Raises NotFound."""
    return _row(_resolve(tenant_id, server_id, channel))


def resolve_own(tenant_id: int, server_id: int, *, channel: Channel = Channel.EMAIL) -> MailServer:
    """One that the tenant may change. Raises NotFound, ServerOfPlatform."""
    server = _resolve(tenant_id, server_id, channel)
    if server.tenant_id is None:
        raise ServerOfPlatform(name=server.name)
    return server


def resolve_usable(tenant_id: int, server_id: int, *, channel: Channel = Channel.EMAIL) -> MailServer:
    """One that the tenant may send through: any of its own, and those of the platform that its mail may leave by.

    Raises NotFound, ServerOfPlatform.
    """
    server = _resolve(tenant_id, server_id, channel)
    usable = {server.pk for server in routing.list_by_tenant([tenant_id], channel)[tenant_id]}
    if server.tenant_id is None and server.pk not in usable:
        raise ServerOfPlatform(name=server.name)
    return server


def check_available(tenant_id: int, protocol: str | None) -> None:
    """Would mail of this tenant find a way out now? Raises ServerMissing, AnyServerMissing (no protocol was named)."""
    if protocol not in (None, Protocol.SMTP):
        raise ServerMissing(protocol=protocol)
    try:
        routing.resolve_primary(tenant_id)
    except ServerMissing as error:
        raise (error if protocol else AnyServerMissing()) from error


def _visible(tenant_id: int, channel: Channel) -> QuerySet[MailServer]:
    return MailServer.objects.visible_to(tenant_id).filter(protocol=_PROTOCOLS[channel])


def _resolve(tenant_id: int, server_id: int, channel: Channel) -> MailServer:
    server = _visible(tenant_id, channel).filter(pk=server_id).first() if 0 < server_id <= _MAX_ID else None
    if server is None:
        raise NotFound(resource=_RESOURCES[channel], id=server_id)
    return server


#: Columns that a row takes over as they are.
_SAME = (
    "id", "name", "kind", "protocol", "remark", "enabled", "failover_rank", "host", "port", "starttls", "implicit_tls",
    "verify_certificate", "auth_enabled", "service", "from_address", "from_name", "subject_prefix", "max_connections",
    "rate_per_second", "rate_per_day",
)  # fmt: skip


def _row(server: MailServer) -> ServerRow:
    owners: dict[str, Any] = {}
    if server.tenant_id is not None:
        owners = {
            "username": server.username,
            "options": server.options,
            "has_password": server.password is not None,
            "has_credentials": server.credentials is not None,
        }
    return ServerRow(
        **{name: getattr(server, name) for name in _SAME},
        **owners,
        is_platform=server.tenant_id is None,
        allowed_senders=tuple(server.allowed_senders),
    )
