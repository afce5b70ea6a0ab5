"""Real runs of quickstart in processes of their own, each in a home of its own, on ports that are free."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_DEADLINE_S = 90.0


#: What this test run has set for itself, and a person at a terminal has not.
_OURS = {
    *("DJANGO_SETTINGS_MODULE", "ANGARIUM_HOME", "DATABASE_URL", "CELERY_BROKER_URL"),
    *("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DEBUG"),
}


def fresh_environment(**additions: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _OURS} | additions


@dataclass
class Run:
    """A run that has been started. ``output`` is what it has said so far."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path
    #: The summary at the end of a run with ``--once``; later runs in that home write another.
    final: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.home / "quickstart.json").read_text())

    def wait(self) -> int:
        return self.process.wait(_DEADLINE_S)

    def wait_until_it_serves(self) -> "Run":
        wait_for(lambda: "Ctrl-C stops everything" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output
        return self

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait()


def start(home: Path, *arguments: str) -> Run:
    log = home.with_suffix(f".{time.monotonic_ns()}.out")
    home_arguments = ["--home", str(home), "--port", "0", "--smtp-port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "quickstart", *home_arguments, *arguments],
            env=fresh_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Run(process, home, log)


def once(home: Path, *arguments: str) -> Run:
    """A whole run with ``--once``, which must not fail."""
    run = start(home, "--once", *arguments)
    assert run.wait() == 0, run.output
    run.final = run.summary
    return run


def caught(home: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((home / "maildir" / "new").glob("*.eml"))]


def processes_of(home: Path) -> list[str]:
    """Command lines of all that still runs for this home, be it a child of a child."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(home).encode() in command or f"ANGARIUM_HOME={home}".encode() in environment:
                found.append(command.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def wait_for(condition: Callable[[], bool], timeout_s: float = _DEADLINE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
