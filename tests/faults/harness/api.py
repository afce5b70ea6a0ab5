"""The web process, and an application that speaks to it over HTTP."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from config.standalone.ports import HOST
from tests.faults.harness.database import wait_until
from tests.faults.harness.process import Process


class Api(Process):
    """gunicorn with one worker of many threads. Its ``send`` speaks AngusGM, with the key given in ``key``."""

    def __init__(self, *, env: Mapping[str, str], place: Path) -> None:
        #: Known once it listens.
        self.port = 0
        self.key = ""
        size = ["--workers", "1", "--threads", "16", "--timeout", "60", "--graceful-timeout", "5"]
        bind = ["tests.faults.harness.web:application", "--bind", f"{HOST}:0", "--no-control-socket"]
        super().__init__("api", ["-m", "gunicorn", *bind, *size], env=env, place=place)

    def wait_to_listen(self) -> None:
        self.wait_to_say("Booting worker")
        self.port = int(self.text.partition(f"Listening at: http://{HOST}:")[2].split()[0])
        # The port is open before there is anybody behind it.
        wait_until(self._is_ready, "the API answers", timeout_s=40)

    def send(
        self, *recipients: str, once: str | None = None, timeout_s: float = 20.0, **changes: Any
    ) -> httpx.Response:
        """One mail to each; ``once`` is an Idempotency-Key. Raises httpx.TransportError when nobody answers."""
        body = {
            "type": "CUSTOM",
            "subject": "Hello",
            "html": False,
            "content": "It works.",
            "toAddress": list(recipients or ("ann@example.org",)),
            "verificationCode": False,
            **changes,
        }
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": once} if once else {})
        return httpx.post(f"http://{HOST}:{self.port}/api/v1/email", json=body, headers=headers, timeout=timeout_s)

    def _is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            httpx.get(f"http://{HOST}:{self.port}/api/v1/email", timeout=20)
            return True
        return False
