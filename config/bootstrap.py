"""Makes ``.venv`` from ``requirements.lock`` and continues there. Standard library only: nothing is installed yet.

``manage.py`` calls ``ensure`` each time; when all is as it should be, that costs reading two small files. An
environment of your own that has the packages is used as it is. One that is half installed, or made for another lock or
Python, is not trusted: ``.venv/angarium.lock`` says what is in it, and is written last.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
MARK = VENV / "angarium.lock"
_UNFINISHED = "unfinished"
_TURN = ".turn"
_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_PIP = "-m pip install --require-hashes --disable-pip-version-check --no-input --retries 2 --progress-bar off -r"
#: A few that no machine has by chance together.
_NEEDED = ("django", "celery", "minijinja", "unfold")
_last_shown = time.monotonic()


def ensure() -> None:
    """Returns when this interpreter has the packages; else installs them and goes on in ``.venv``, not returning."""
    is_inside = Path(sys.prefix).resolve() == VENV.resolve()
    if is_inside and _is_current(version=_VERSION):
        return
    if not is_inside and all(find_spec(name) for name in _NEEDED):
        return
    # From outside, the environment's own interpreter is the better judge of its version.
    if is_inside or not _is_current():
        _install()
    os.execv(PYTHON, [str(PYTHON), *sys.argv])


def _is_current(version: str = "") -> bool:
    mark = MARK.read_text() if MARK.exists() else ""
    return mark.startswith(_digest()) and mark.endswith(version) and PYTHON.exists()


def _digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _install() -> None:
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        sys.exit(
            "Python's venv module is missing (on Debian and Ubuntu: apt-get install python3-venv). Then once more."
        )
    try:
        VENV.mkdir(exist_ok=True)
        with (VENV / _TURN).open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # another run may be installing
            if not _is_current(version=_VERSION):
                _fill()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{VENV} could not be made: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next run starts the installation anew.")


def _fill() -> None:
    mark = MARK.read_text() if MARK.exists() else ""
    # From here on, so that an end in the middle of the clearing is noticed as well.
    MARK.write_text(_UNFINISHED)
    # Without its configuration the environment's interpreter would install into the one that it was made from.
    if (mark and not mark.endswith(_VERSION)) or not (VENV / "pyvenv.cfg").exists():
        for path in VENV.iterdir():
            if path.name not in (_TURN, MARK.name):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    total = len(re.findall(r"^[A-Za-z0-9]", LOCK.read_text(), re.MULTILINE))
    print(f"Installing {total} packages into {VENV}", flush=True)
    # Not with the interpreter that runs: it may live in the very environment that is replaced.
    base = getattr(sys, "_base_executable", sys.executable)
    if not (VENV / "bin" / "pip").exists():
        subprocess.run([base, "-m", "venv", str(VENV)], check=True, stdout=subprocess.DEVNULL)
    command = [str(PYTHON), *_PIP.split(), str(LOCK)]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as pip:
        complaints = _follow(pip, total)
    if pip.returncode != 0:
        reason = complaints[-1] if complaints else f"pip ended with exit code {pip.returncode}"
        sys.exit(f"The packages could not be installed: {reason} (Is the network there? Then run the command again.)")
    MARK.write_text(f"{_digest()} {_VERSION}")


def _follow(pip: "subprocess.Popen[str]", total: int) -> "list[str]":
    """Shows how far pip is until it ends; returns what it complained about."""
    started, complaints, found = time.monotonic(), [], 0
    output = iter(pip.stdout or ())
    for line in output:
        found += line.startswith(("Collecting ", "Requirement already satisfied: "))
        if line.startswith("ERROR: "):
            complaints.append(line[len("ERROR: ") :].strip())
        if line.startswith("Installing collected packages"):
            break
        _show(f"fetching {min(found, total)} of {total}", started)
    while pip.poll() is None:  # it says nothing while it unpacks
        unpacked = sum(1 for _ in VENV.glob("lib/*/site-packages/*.dist-info"))
        _show(f"unpacking {min(unpacked, total)} of {total}", started)
        time.sleep(0.5)
    complaints += [line[len("ERROR: ") :].strip() for line in output if line.startswith("ERROR: ")]
    _show("stopped" if complaints else "done", started, is_last=True)
    return complaints


def _show(step: str, started: float, is_last: bool = False) -> None:
    """On one line of a terminal; elsewhere as a line every few seconds."""
    global _last_shown
    now = time.monotonic()
    if sys.stdout.isatty():
        print(f"\r\033[K  {step}, {now - started:.0f} s", end="\n" if is_last else "", flush=True)
    elif is_last or now - _last_shown > 3:
        print(f"  {step}, {now - started:.0f} s", flush=True)
        _last_shown = now
