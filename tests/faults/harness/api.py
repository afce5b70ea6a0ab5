"""The web process, and an application that speaks to it over HTTP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from config.standalone.ports import HOST, answers, any_free
from tests.faults.harness.database import wait_until
from tests.faults.harness.process import Process


class Api(Process):
    """gunicorn with one worker of many threads. Its ``send`` speaks AngusGM, with the key given in ``key``."""

    def __init__(self, *, env: Mapping[str, str], place: Path) -> None:
        self.port = any_free()
        self.key = ""
        size = ["--workers", "1", "--threads", "16", "--timeout", "60", "--graceful-timeout", "5"]
        bind = ["tests.faults.harness.web:application", "--bind", f"{HOST}:{self.port}", "--no-control-socket"]
        super().__init__("api", ["-m", "gunicorn", *bind, *size], env=env, place=place)

    def wait_to_listen(self) -> None:
        self.wait_to_say("Booting worker")
        wait_until(lambda: answers(self.port), "the API listens")

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
