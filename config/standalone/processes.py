"""The children of a local instance: started in order, watched, and stopped in the reverse order.

Each child leads a process group of its own, so that Ctrl-C reaches only the supervisor, and is written down with its
start time, so that the next run can stop what a killed supervisor left behind without ever signalling a stranger.
"""

import json
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from config.standalone.descent import end_with_parent, in_order
from config.standalone.errors import StandaloneError
from config.standalone.home import write_private

_POLL_S = 0.02
_WATCH_S = 0.2
#: A child that dies more often than this within the window will not come back.
_RESTARTS, _RESTART_WINDOW_S = 5, 60.0


@dataclass(frozen=True, slots=True)
class Child:
    """One process to run. ``stop_signal`` asks it to end in good order; after ``stop_timeout_s`` it is killed."""

    name: str
    command: list[str]
    env: dict[str, str]
    #: Asked with the process id until it says yes.
    is_ready: Callable[[int], bool] = lambda pid: True
    ready_timeout_s: float = 30
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 10
    #: Others depend on it, so it is asked to end only when they have.
    is_needed: bool = False
    #: Runs between fork and exec.
    prepare: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=_RESTARTS))


class Processes:
    """``logs``: one file per child. ``record``: where children are written down for the next run."""

    def __init__(self, *, logs: Path, record: Path) -> None:
        self._logs = logs
        self._record = record
        self._running: dict[str, _Running] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: running.process.pid for name, running in self._running.items()}

    def start(self, child: Child) -> None:
        """Starts it, without waiting for it. Raises StandaloneError when it cannot be executed."""
        self._running[child.name] = _Running(child, self._spawn(child))
        self._write_record()

    def wait_ready(self, *names: str) -> None:
        """Until each says so. Raises StandaloneError, with the end of its log, when one dies or takes too long."""
        for name in names:
            running = self._running[name]
            deadline = time.monotonic() + running.child.ready_timeout_s
            while not running.child.is_ready(running.process.pid):
                if running.process.poll() is not None:
                    raise StandaloneError(self._obituary(name))
                if time.monotonic() > deadline:
                    raise StandaloneError(
                        f"{name} was not ready after {running.child.ready_timeout_s:.0f} s.{self.log_end(name)}"
                    )
                time.sleep(_POLL_S)

    def watch(self) -> Iterator[str]:
        """For ever: starts again whatever dies and yields its name. Raises StandaloneError when one keeps dying."""
        while True:
            for name, running in self._running.items():
                if running.process.poll() is None:
                    continue
                now = time.monotonic()
                if len(running.deaths) == _RESTARTS and now - running.deaths[0] < _RESTART_WINDOW_S:
                    raise StandaloneError(self._obituary(name))
                running.deaths.append(now)
                running.process = self._spawn(running.child)
                self._write_record()
                yield name
            time.sleep(_WATCH_S)

    def stop(self) -> None:
        """Stops all of them, those that others need last. Bounded: who does not listen is killed."""
        alive = [running for running in reversed(self._running.values()) if _runs(running.process)]
        for wave in (False, True):
            leaving = [running for running in alive if running.child.is_needed is wave]
            for running in leaving:
                running.process.send_signal(running.child.stop_signal)
            for running in leaving:
                is_alive = partial(_runs, running.process)
                _end_group(running.process.pid, is_alive=is_alive, timeout_s=running.child.stop_timeout_s)
        self._running.clear()
        self._record.unlink(missing_ok=True)

    def log_end(self, name: str, lines: int = 12) -> str:
        """The last lines of its log, ready to be appended to a message."""
        path = self.log_path(name)
        tail = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
        return "".join(["\n", *(f"    {line}\n" for line in tail), f"  (all of it: {path})"])

    def log_path(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _obituary(self, name: str) -> str:
        code = self._running[name].process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{name} stopped ({how}).{self.log_end(name)}"

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        with _fresh_log(self.log_path(child.name), keep=child.name in self._running) as log:
            try:
                return subprocess.Popen(
                    child.command,
                    env=child.env,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    # The order matters: the kernel forgets the parent's-death signal when a process changes its user.
                    preexec_fn=in_order(child.prepare, end_with_parent(child.stop_signal)),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise StandaloneError(f"{child.name} could not be started: {error}") from error

    def _write_record(self) -> None:
        lines = [
            {"name": name, "pid": pid, "started": _started_at(pid), "signal": self._running[name].child.stop_signal}
            for name, pid in self.pids.items()
        ]
        write_private(self._record, json.dumps(lines))


def stop_leftovers(record: Path) -> list[str]:
    """Stops what an earlier supervisor started and could not stop; returns the names. Strangers are left alone."""
    try:
        lines = json.loads(record.read_text())
    except (OSError, ValueError):
        return []
    stopped = []
    for line in reversed(lines):
        is_ours = partial(_is_same, line["pid"], line["started"])
        if is_ours():
            with suppress(ProcessLookupError):
                os.kill(line["pid"], line["signal"])
            _end_group(line["pid"], is_alive=is_ours, timeout_s=10)
            stopped.append(str(line["name"]))
    record.unlink(missing_ok=True)
    return stopped


def _end_group(pid: int, *, is_alive: Callable[[], bool], timeout_s: float) -> None:
    """Waits for the leader, which was asked to end; then kills what is left of its group, be it the leader itself."""
    wait_while(is_alive, timeout_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    wait_while(is_alive, 2)


def wait_while(condition: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while condition() and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _runs(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def _is_same(pid: int, started: str | None) -> bool:
    return started is not None and _started_at(pid) == started


def _started_at(pid: int) -> str | None:
    """In clock ticks since the machine started, which together with the number names a process for good.

    None: it has ended, or this system has no /proc; then we know nothing and signal nobody.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


@contextmanager
def _fresh_log(path: Path, *, keep: bool) -> Iterator[int]:
    """The log of this run; the one before it stays beside it under ``.1``."""
    if path.exists() and not keep:
        path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
