"""A sink in a process of its own, as the test sees it: its port, and what it has taken so far."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.harness.database import wait_until
from tests.faults.harness.process import Process
from tests.faults.harness.rules import Rule, to_json
from tests.faults.harness.sink import read_record


class Recorder(Process):
    def __init__(
        self, rules: Sequence[Rule], *, port: int, record: Path | None, env: Mapping[str, str], place: Path
    ) -> None:
        self.record = record or place / f"sink-{time.monotonic_ns()}.jsonl"
        self.port = port
        options = ["--port", str(port), "--record", str(self.record), "--rules", to_json(rules)]
        super().__init__("sink", ["-m", "tests.faults.harness.sink", *options], env=env, place=place)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """One per accepted message: message_id, mail_from, recipients, size, connection, at (seconds since 1970)."""
        return read_record(self.record)

    @property
    def message_ids(self) -> list[str]:
        return [entry["message_id"] for entry in self.entries]

    @property
    def count(self) -> int:
        """Messages so far. Cheap enough to be asked all the time."""
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0

    def wait_to_listen(self) -> None:
        self.wait_to_say("listening")
        self.port = int(self.text.rpartition("listening")[2])

    def wait_for(self, count: int, *, timeout_s: float = 20.0) -> None:
        """Until so many messages are accepted. Raises TimeoutError."""
        wait_until(lambda: self.count >= count, f"{count} messages (there are {self.count})", timeout_s=timeout_s)
