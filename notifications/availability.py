"""Can a channel send now, through what, and how fast? For callers to read; the workers decide for themselves."""

from dataclasses import dataclass
from datetime import datetime

from notifications import routing
from notifications.contracts import Channel
from notifications.models import MailServer, RouteHealth

#: No tenant has this id: only the platform's own servers are left.
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Availability:
    """Of the server or gateway that would be used now."""

    #: The e-mail service's name, or the kind of server.
    provider: str
    #: It failed too often; mail waits until then. None: it works as far as anybody knows.
    rests_until: datetime | None
    #: Messages that may leave; more wait. None: no limit.
    per_second: float | None
    per_day: int | None


def look(tenant_id: int | None, channel: Channel, *, now: datetime) -> Availability | None:
    """None: there is no server. Without a tenant only the platform's count. Two queries."""
    owner = _NOBODY if tenant_id is None else tenant_id
    servers = routing.list_by_tenant([owner], channel)[owner]
    if not servers:
        return None
    resting = dict(
        RouteHealth.objects.filter(server__in=servers, rests_until__gt=now).values_list("server_id", "rests_until")
    )
    # A stand-in that works is as good as the first.
    used = next((server for server in servers if server.pk not in resting), servers[0])
    return _availability(used, resting.get(used.pk))


def _availability(server: MailServer, rests_until: datetime | None) -> Availability:
    return Availability(
        provider=server.service or server.kind,
        rests_until=rests_until,
        per_second=server.rate_per_second,
        per_day=server.rate_per_day,
    )
