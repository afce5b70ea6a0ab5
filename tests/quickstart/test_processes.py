"""Children are started, watched, stopped; what a killed supervisor left is found again, strangers are left alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.standalone.errors import StandaloneError
from config.standalone.processes import Child, Processes, stop_leftovers
from tests.quickstart.runs import wait_for

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    children = Processes(logs=tmp_path, record=tmp_path / "children.json")
    yield children
    children.stop()


def child(tmp_path: Path, command: list[str], **options: Any) -> Child:
    log = tmp_path / "child.log"
    return Child(name="child", command=command, env={}, is_ready=lambda pid: "up" in log.read_text(), **options)


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


def test_a_child_that_dies_early_is_reported_with_the_end_of_its_log(tmp_path: Path, processes: Processes):
    processes.start(child(tmp_path, [sys.executable, "-c", "print('no such table'); exit(3)"]))

    with pytest.raises(StandaloneError, match=r"(?s)child stopped \(exit code 3\).*no such table"):
        processes.wait_ready("child")


def test_a_child_that_never_gets_ready_is_given_up(tmp_path: Path, processes: Processes):
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]
    processes.start(child(tmp_path, silent, ready_timeout_s=0.1))

    with pytest.raises(StandaloneError, match="child was not ready"):
        processes.wait_ready("child")


def test_a_program_that_is_not_there_is_named(tmp_path: Path, processes: Processes):
    with pytest.raises(StandaloneError, match="child could not be started"):
        processes.start(child(tmp_path, ["/nowhere/program"]))


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, processes: Processes):
    processes.start(child(tmp_path, STUBBORN, stop_timeout_s=0.1))
    processes.wait_ready("child")
    pid = processes.pids["child"]

    processes.stop()

    assert not runs(pid)


def test_a_child_that_keeps_dying_is_given_up(tmp_path: Path, processes: Processes):
    processes.start(child(tmp_path, [sys.executable, "-c", "exit(1)"]))

    restarts: list[str] = []
    with pytest.raises(StandaloneError, match="child stopped"):
        restarts.extend(processes.watch())

    assert restarts == ["child"] * 5


def test_what_a_killed_supervisor_left_is_stopped(tmp_path: Path, processes: Processes):
    processes.start(child(tmp_path, SLEEP))
    processes.wait_ready("child")
    pid = processes.pids["child"]

    # As the next supervisor would; the first one has only been told nothing.
    assert stop_leftovers(tmp_path / "children.json") == ["child"]

    assert not runs(pid)


def test_a_stranger_with_a_number_of_ours_is_left_alone(tmp_path: Path):
    record = tmp_path / "children.json"
    with subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL) as stranger:
        record.write_text(json.dumps([{"name": "child", "pid": stranger.pid, "started": "12345", "signal": 15}]))

        assert stop_leftovers(record) == []

        assert stranger.poll() is None
        stranger.kill()


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path):
    supervisor = """
import sys, time
from pathlib import Path
from typing import Any
from config.standalone.processes import Child, Processes
here = Path(sys.argv[1])
processes = Processes(logs=here, record=here / "children.json")
processes.start(Child(name="child", command=[sys.executable, "-c", "import time; time.sleep(60)"], env={}))
time.sleep(60)
"""
    record = tmp_path / "children.json"
    with subprocess.Popen([sys.executable, "-c", supervisor, str(tmp_path)], cwd=os.getcwd()) as process:
        wait_for(record.exists)
        pid = json.loads(record.read_text())[0]["pid"]
        assert runs(pid)

        process.send_signal(signal.SIGKILL)

    wait_for(lambda: not runs(pid), timeout_s=10)
