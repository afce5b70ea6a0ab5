"""Which server or gateway a message leaves through: the tenant's enabled one, its stand-ins, then the platform's.

Read-only. ``submit`` asks whether there is one and whom it may send as; the workers ask for the whole list.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q

from notifications.addresses import is_permitted
from notifications.contracts import Address, Channel
from notifications.errors import SenderMissing, SenderNotAllowed, ServerMissing
from notifications.models import MailServer
from notifications.models.route import Protocol
from tenants import senders

_PROTOCOLS = {Channel.EMAIL: Protocol.SMTP, Channel.SMS: Protocol.SMS}


def resolve_primary(tenant_id: int, channel: Channel = Channel.EMAIL) -> MailServer:
    """The server that would be used now. Raises ServerMissing."""
    servers = list_by_tenant([tenant_id], channel)[tenant_id]
    if not servers:
        raise ServerMissing(protocol=_PROTOCOLS[channel].value)
    return servers[0]


def list_by_tenant(tenant_ids: Collection[int], channel: Channel = Channel.EMAIL) -> Mapping[int, list[MailServer]]:
    """Every tenant's usable servers in the order in which they are tried. One query for all tenants."""
    usable = Q(enabled=True) | Q(failover_rank__isnull=False)
    owners = Q(tenant_id__in=tenant_ids) | Q(tenant_id=None)
    # Workers serve all tenants, and platform rows belong to none; the split by owner follows below.
    found = MailServer.across_tenants.filter(usable, owners, protocol=_PROTOCOLS[channel])
    rows = sorted(found, key=_place)
    by_tenant: dict[int, list[MailServer]] = defaultdict(list)
    for tenant_id in tenant_ids:
        by_tenant[tenant_id] = [row for row in rows if row.tenant_id in (tenant_id, None)]
    return by_tenant


def check_sender(tenant_id: int, sender: Address | None, server: MailServer) -> Address:
    """The address to send as: the request's where the tenant may use it, else the server's own.

    Raises SenderNotAllowed, SenderMissing.
    """
    default = default_sender(server)
    if sender is None:
        if default is None:
            raise SenderMissing(server=server.name)
        return default
    own = [server.from_address, server.username, *server.allowed_senders]
    if is_permitted(sender.email, [entry for entry in own if "@" in entry]):
        return sender
    if not is_permitted(sender.email, senders.list_permitted(tenant_id)):
        raise SenderNotAllowed(sender=sender.email)
    return sender


def default_sender(server: MailServer) -> Address | None:
    """The server's own address: what it is set to send as, else its account where that is an address."""
    address = server.from_address or (server.username if "@" in server.username else "")
    return Address(address, server.from_name) if address else None


def prefixed(subject: str, prefix: str) -> str:
    """The subject under a server's prefix, unless it has it already (angus.md 9.3)."""
    return subject if not prefix.strip() or subject.startswith(prefix) else f"{prefix}|{subject}"


def _place(server: MailServer) -> tuple[bool, bool, int, int]:
    """A tenant's own servers before the platform's, the enabled one before its stand-ins."""
    return (server.tenant_id is None, not server.enabled, server.failover_rank or 0, server.pk)
