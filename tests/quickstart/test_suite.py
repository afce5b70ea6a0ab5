"""The second command: a server of its own, pytest's words and exit code, and nothing left behind."""

import subprocess
import sys
from pathlib import Path

from tests.quickstart.runs import ROOT, fresh_environment, processes_of


def run(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = fresh_environment(TMPDIR=str(tmp_path), **variables)
    command = [sys.executable, str(ROOT / "manage.py"), "test", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_it_brings_a_database_and_takes_it_away(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    # Of an instance that was here once: it must not be mistaken for the database to test on.
    (home / "instance.env").write_text("DATABASE_URL='postgres://postgres@127.0.0.1:9/postgres'\n")

    done = run(tmp_path, "tests/quickstart/test_catcher_pages.py", "-k", "empty", ANGARIUM_HOME=str(home))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout.splitlines()[-1]
    assert list(tmp_path.glob("angarium-*")) == []
    assert processes_of(tmp_path) == []


def test_its_exit_code_is_that_of_pytest(tmp_path: Path):
    done = run(tmp_path, "--no-such-option")

    assert done.returncode == 4
    assert "--no-such-option" in done.stderr
