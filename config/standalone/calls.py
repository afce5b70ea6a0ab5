"""Calls of the HTTP API as the trips make them: with patience, and with the API's own words when it refuses."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from config.standalone.errors import StandaloneError

PATIENCE_S = 30.0
_POLL_S = 0.01
#: Past any proxy that the environment names: it could not reach this machine's loopback.
_DIRECTLY = build_opener(ProxyHandler({}))

T = TypeVar("T")


class Clock:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def ms(self) -> int:
        return round(1000 * (time.monotonic() - self._started))


class Api:
    def __init__(self, base_url: str, key: str) -> None:
        self._base_url = base_url
        self._key = key

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST when there is a body. Raises StandaloneError for whatever is not a success."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._base_url + path, data=data, headers=headers)  # noqa: S310 - our own server
        try:
            with _DIRECTLY.open(request, timeout=PATIENCE_S) as response:
                reply: dict[str, Any] = json.load(response)
        except HTTPError as error:
            words = error.read(1000).decode("utf-8", "replace")
            reason = "no JSON; see the web server's log" if words.startswith("<") else words
            raise StandaloneError(f"{request.get_method()} {path} was refused ({error.code}): {reason}") from error
        except (URLError, OSError, ValueError) as error:
            raise StandaloneError(f"{request.get_method()} {path} failed: {error}") from error
        if reply.get("code") != "S":
            raise StandaloneError(f"{request.get_method()} {path} was refused: {json.dumps(reply, ensure_ascii=False)}")
        return reply


def wait_for(look: Callable[[], T | None], *, otherwise: Callable[[], dict[str, Any]]) -> T:
    """What ``look`` finds. Raises StandaloneError after PATIENCE_S, with the record that ``otherwise`` reads."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        if time.monotonic() > deadline:
            record = json.dumps(otherwise().get("data"), ensure_ascii=False)
            raise StandaloneError(
                f"The message was accepted but has not arrived in {PATIENCE_S:.0f} s. Its record: {record}"
            )
        time.sleep(_POLL_S)
    return found


def sent(reply: dict[str, Any]) -> dict[str, Any] | None:
    """The record in a reply, once it says so."""
    record: dict[str, Any] = reply["data"]
    return record if record["sendStatus"]["value"] == "SUCCESS" else None
