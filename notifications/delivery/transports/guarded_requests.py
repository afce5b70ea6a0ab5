"""HTTPS for ``requests`` that connects to public addresses only: for services whose address a tenant may name."""

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from notifications.networks import is_public


class _PublicConnection(HTTPSConnection):
    # urllib3 2.x has no public way to choose the address; the name stays what TLS is checked against.
    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, "its name cannot be resolved") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(is_public(address) for address in addresses):
            raise NewConnectionError(self, "it is not on the public internet")
        lost: OSError | None = None
        for address in addresses:
            try:
                # An address is looked up once more, and is itself.
                return create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                lost = error
        if isinstance(lost, TimeoutError):
            raise ConnectTimeoutError(self, "no connection in time") from lost
        raise NewConnectionError(self, "no connection") from lost


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class PublicAdapter(HTTPAdapter):
    """Mount it at ``https://``; what it refuses is a ``requests.ConnectionError``."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}
