"""A process under test: started, watched through its output, killed with real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.env import ROOT
from config.standalone.descent import end_with_parent
from tests.faults.harness.database import wait_until


class Process:
    """Python with ``arguments``. It leads a group of its own, so that its children die with it."""

    def __init__(self, name: str, arguments: list[str], *, env: Mapping[str, str], place: Path) -> None:
        self.name = name
        self.log = place / f"{name}-{len(list(place.iterdir()))}.log"
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    @property
    def peak_memory_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def wait_to_say(self, words: str, *, count: int = 1, timeout_s: float = 20.0) -> None:
        """Until it has said the words so often. Raises TimeoutError, or RuntimeError when it ends before."""

        def is_said() -> bool:
            if self.text.count(words) >= count:
                return True
            if not self.is_alive:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}:\n{self.text[-3000:]}")
            return False

        wait_until(is_said, f"{self.name} says {words!r}", timeout_s=timeout_s)

    def kill(self) -> None:
        """kill -9, for the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(10)

    def terminate(self, *, timeout_s: float) -> int:
        """SIGTERM to the leader, as a deployment sends it; returns the exit code. Raises TimeoutExpired."""
        self._process.terminate()
        return self._process.wait(timeout_s)

    def wait(self, *, timeout_s: float) -> int:
        """The exit code. Raises TimeoutExpired."""
        return self._process.wait(timeout_s)
