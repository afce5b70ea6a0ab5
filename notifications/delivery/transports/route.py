"""Where mail leaves and how long each step of it may take. What transports know of a MailServer row, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications import gateways
from notifications.models.route import MailServer, ServerKind
from tenants.sealed import Secret


@dataclass(frozen=True, slots=True)
class Route:
    """A snapshot of one server row. Secrets stay sealed in it and are opened only to log in."""

    id: int
    #: The row's ``modified_at``: connections of another version are not used again.
    version: datetime
    kind: ServerKind
    host: str = ""
    port: int = 25
    #: Encrypt before anything else is said, or do not send.
    starttls: bool = True
    implicit_tls: bool = False
    verify_certificate: bool = True
    #: Empty: no login.
    username: str = ""
    password: Secret | None = None
    #: Anymail's name of the backend, its arguments, and the secret ones among them as sealed JSON.
    service: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    credentials: Secret | None = None
    #: Of this process; further sessions wait for a free one.
    max_connections: int = 10
    #: The platform's own row. Only it may lean on credentials of the machine, such as a cloud role.
    is_platform: bool = False
    #: Connect to public addresses only, at the ports of mail: a tenant must not reach behind our walls.
    public_only: bool = False

    @classmethod
    def of(cls, server: MailServer) -> "Route":
        return cls(
            id=server.pk,
            version=server.modified_at,
            kind=ServerKind(server.kind),
            host=server.host,
            port=server.port,
            starttls=server.starttls,
            implicit_tls=server.implicit_tls,
            verify_certificate=server.verify_certificate,
            username=server.username if server.auth_enabled else "",
            password=server.password,
            service=server.service,
            options=server.options,
            credentials=server.credentials,
            max_connections=server.max_connections,
            is_platform=server.tenant_id is None,
            public_only=not gateways.is_trusted(is_platform=server.tenant_id is None),
        )


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, each for a whole step, however slowly its bytes drip. RFC 5321 4.5.3.2 with less patience."""

    #: TCP and TLS, each; over all addresses of a host.
    connect_s: float = 10
    #: The banner, each reply, each stretch without progress while we write; an HTTP answer.
    command_s: float = 30
    #: Writing one body.
    body_s: float = 600
    #: The reply to the final dot. Giving up early sends twice.
    data_end_s: float = 300
    #: A connection unused for longer is not trusted any more.
    idle_s: float = 30
