"""From a bare interpreter to an environment that holds what the lock says; anything less is not trusted."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.quickstart.runs import ROOT

# Without site packages: as bare as a fresh machine's.
BARE = [getattr(sys, "_base_executable", sys.executable), "-S", "-E"]
PROGRAM = """
import sys
from config import bootstrap
bootstrap.ensure()
print("in", sys.prefix)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that needs no packages at all, bootstrapped once."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "config").mkdir()
    shutil.copy(ROOT / "config" / "bootstrap.py", root / "config")
    (root / "config" / "__init__.py").touch()
    (root / "requirements.lock").write_text("# nothing\n")
    (root / "manage.py").write_text(PROGRAM)
    assert run(root, BARE).endswith(f"in {root / '.venv'}\n")
    return root


def run(root: Path, interpreter: list[str], *, code: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [*interpreter, "manage.py"], cwd=root, env=environment, text=True, capture_output=True, timeout=120
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_what_is_complete_is_used_at_once(checkout: Path):
    run(checkout, BARE)

    said = [run(checkout, BARE), run(checkout, [str(checkout / ".venv" / "bin" / "python")])]

    assert said == [f"in {checkout / '.venv'}\n"] * 2


def test_a_changed_lock_is_noticed_from_inside_too(checkout: Path):
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")

    said = run(checkout, [str(checkout / ".venv" / "bin" / "python")])

    assert said.startswith("Installing")
    assert said.endswith(f"in {checkout / '.venv'}\n")


def test_an_interrupted_installation_is_thrown_away(checkout: Path):
    (checkout / ".venv" / "angarium.lock").write_text("unfinished")
    debris = checkout / ".venv" / "lib" / "debris"
    debris.touch()

    said = run(checkout, BARE)

    assert said.startswith("Installing")
    assert not debris.exists()


@pytest.mark.parametrize("mark", ["", "unfinished"])
def test_a_half_cleared_environment_is_made_anew(checkout: Path, mark: str):
    environment = checkout / ".venv"
    (environment / "pyvenv.cfg").unlink()
    (environment / "angarium.lock").write_text(mark)

    assert run(checkout, BARE).endswith(f"in {environment}\n")
    assert (environment / "pyvenv.cfg").exists()


def test_packages_that_cannot_be_had_are_one_line_and_leave_nothing_trusted(checkout: Path):
    lock = checkout / "requirements.lock"
    whole = lock.read_text()
    lock.write_text(f"{whole}./missing-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n")

    said = run(checkout, BARE, code=1)

    lock.write_text(whole)
    assert "could not be installed" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert (checkout / ".venv" / "angarium.lock").read_text() == "unfinished"


def test_an_old_interpreter_is_told_what_is_needed():
    old = "import runpy, sys; sys.version_info, sys.version = (3, 10, 0), '3.10.0 (old)'; runpy.run_path('manage.py')"

    done = subprocess.run([sys.executable, "-c", old], cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert done.stderr == "Angarium needs Python 3.11 or newer; this is 3.10.0.\n"
