"""Runs the test suite on a PostgreSQL that exists only for this run, or on the one that DATABASE_URL names.

The whole of it in two parts: most tests share the cores; those that kill, stall and measure whole processes then have
the machine to themselves, one after the other (``alone`` in tests/conftest.py).
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn
from xml.etree import ElementTree

from config.env import ROOT
from config.standalone import postgres
from config.standalone.descent import end_with_parent
from config.standalone.errors import StandaloneError
from config.standalone.home import new_secrets
from config.standalone.ports import answers
from config.standalone.processes import Processes
from config.standalone.report import say

#: What some tests use where it answers on its usual port.
_SERVICES = {"RabbitMQ": 5672, "Redis": 6379, "a second PostgreSQL": 5432}
_TOGETHER = ("-m", "not alone", "-n", str(min(os.cpu_count() or 1, 8)), "--dist", "worksteal")
_ALONE = ("-m", "alone")
#: pytest's exit codes: all passed, some failed. With any other a second part would be pointless.
_RAN = (0, 1)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run(pytest_args: list[str]) -> int:
    """pytest's exit code; 2 when there is no database to run on. The last line printed says how many tests passed.

    With arguments it is one run of pytest as they say, on one core; without any, everything in two parts.
    """
    signal.signal(signal.SIGTERM, _leave)
    say(_what_answers())
    try:
        with _database() as url:
            return _pytest(pytest_args, database_url=url) if pytest_args else _everything(url)
    except StandaloneError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _everything(database_url: str) -> int:
    began = time.monotonic()
    reports: list[Path] = []
    code = 0
    with tempfile.TemporaryDirectory(prefix="angarium-reports-") as folder:
        for part in (_TOGETHER, _ALONE):
            report = Path(folder) / f"{len(reports)}.xml"
            reports.append(report)
            code = max(code, _pytest([*part, f"--junit-xml={report}"], database_url=database_url))
            if code not in _RAN:
                break
        say(_closing_line(reports, took_s=time.monotonic() - began))
    return code


def _closing_line(reports: Sequence[Path], *, took_s: float) -> str:
    """What pytest says at its end, for all parts together."""
    written = [ElementTree.parse(report) for report in reports if report.exists()]  # noqa: S314 - our own words
    suites = [suite for report in written for suite in report.iter("testsuite")]
    counts = {name: sum(int(suite.get(name, 0)) for suite in suites) for name in ("failures", "errors", "skipped")}
    passed = sum(int(suite.get("tests", 0)) for suite in suites) - sum(counts.values())
    told = {"failed": counts["failures"], "passed": passed, "skipped": counts["skipped"], "errors": counts["errors"]}
    return f"{', '.join(f'{n} {what}' for what, n in told.items() if n)} in {took_s:.2f}s"


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    # In good order, so that the server and its files go too; pytest ends with us.
    sys.exit(128 + number)


def _what_answers() -> str:
    found = {name: answers(port) for name, port in _SERVICES.items()}
    found["Chromium"] = any(shutil.which(name) for name in _BROWSERS)
    there = ", ".join(name for name, is_there in found.items() if is_there)
    missing = ", ".join(name for name, is_there in found.items() if not is_there)
    lines = [f"Used by the tests: {there}."] if there else []
    lines += [f"Not there, and what needs them is skipped: {missing}."] if missing else []
    return "\n".join(lines)


@contextmanager
def _database() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    home = Path(tempfile.mkdtemp(prefix="angarium-tests-"))
    processes = Processes(logs=home, record=home / "children.json")
    try:
        server = postgres.resolve(home / "postgres", earlier_url=None, options=postgres.THROWAWAY)
        server.initialise(log=home / "initdb.log")
        processes.start(server.child())
        processes.wait_ready("postgres")
        yield server.url
    finally:
        processes.stop()
        shutil.rmtree(home, ignore_errors=True)


def _pytest(arguments: list[str], *, database_url: str) -> int:
    # Keys of its own: a run must neither need nor touch those of a real instance.
    # One seed for the hashes: the processes that share the cores must find the same tests in the same order.
    ours = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env=os.environ | new_secrets() | ours,
        preexec_fn=end_with_parent(),
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl-C reached pytest as well, which says how far it came
