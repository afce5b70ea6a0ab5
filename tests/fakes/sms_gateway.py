"""A gateway's HTTP interface for tests, with the manners that ``Service`` lacks; and routes and SMS to try it with."""

import itertools
import json
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from notifications.contracts import Address
from notifications.delivery.transports import Route
from notifications.models.route import ServerKind
from notifications.parcel import Composed
from tenants.sealed import Secret
from tests.faults.harness.service import Answer, Service

_ids = itertools.count(200_000)
_VERSION = datetime(2026, 1, 1, tzinfo=UTC)
BODY = {"to": "{to}", "text": "{text}", "from": "{sender}", "ref": "{message_id}"}


class TlsService(Service):
    """The same behind TLS."""

    def __init__(self, answers: Sequence[Answer], context: ssl.SSLContext) -> None:
        super().__init__(answers)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://localhost:{self._server.server_port}/"


class Dripping:
    """Takes a request and answers a byte at a time, without an end."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="dripping", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not self._over.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return


def http_route(url: str, **options: Any) -> Route:
    """A platform's route to a gateway; the secrets are of fixed names."""
    shape = {"url": url, **({} if "form" in options or "query" in options else {"json": BODY}), **options}
    return Route(
        id=next(_ids),
        version=_VERSION,
        kind=ServerKind.HTTP,
        username="account-7",
        password=Secret.of("pass-of-the-row"),
        options=shape,
        credentials=Secret.of(json.dumps({"token": "token-of-the-row"})),
        is_platform=True,
    )


def sms(number: int = 1, **fields: Any) -> Composed:
    """SMS ``number``, to a number of its own."""
    to = f"+86138001380{number:02d}"
    composed = Composed(
        message_id=number,
        rfc_message_id=f"<{number}@angarium.test>",
        mail_from="",
        rcpt_to=(to,),
        sender=Address("Acme"),
        to=(Address(to),),
        subject="",
        html=None,
        text=f"Your code is 60{number:04d}.",
    )
    return replace(composed, **fields)
