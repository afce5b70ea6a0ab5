"""The folder that stands in for a broker in quickstart: kombu's filesystem transport, reading and writing in one step.

As of kombu 5.7 the original creates a message under its final name and writes into it afterwards; a worker that looks
in between takes an empty message, which it cannot decode.
"""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

_PATIENCE_S = 0.2


class Channel(filesystem.Channel):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self._messages, self._taken, self.control_folder):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def _messages(self) -> Path:
        return Path(self.data_folder_in)

    @property
    def _taken(self) -> Path:
        return Path(self.processed_folder)

    def _put(self, queue: str, message: Any, **_: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns()}-{uuid.uuid4().hex}.{queue}.msg"
        unseen = self._messages / f".{name}"
        unseen.write_bytes(str_to_bytes(dumps(message)))
        os.replace(unseen, self._messages / name)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for name in sorted(os.listdir(self._messages)):
            if name.startswith(".") or name.partition(".")[2] != f"{queue}.msg":
                continue
            mine = self._taken / name
            try:
                os.replace(self._messages / name, mine)
            except FileNotFoundError:
                continue  # another worker was quicker
            payload = mine.read_bytes()
            mine.unlink()
            message: dict[str, Any] = loads(bytes_to_str(payload))
            return message
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, **options: Any) -> None:  # type: ignore[override]
        # A worker looks whether it should stop when this times out; Celery would wait for two seconds.
        super().drain_events(connection, **options | {"timeout": _PATIENCE_S})
