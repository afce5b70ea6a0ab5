"""What a child does between fork and exec: end with its parent, and step down from root where PostgreSQL demands it."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from config.standalone.errors import StandaloneError

# linux/prctl.h, linux/capability.h, linux/securebits.h
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3, _CAP_DAC_OVERRIDE = 0x20080522, 1

_libc = ctypes.CDLL(None, use_errno=True)
_IS_LINUX = sys.platform == "linux"


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """For ``preexec_fn``: the kernel sends this signal when the supervisor dies, even of kill -9. Linux only."""
    parent = os.getpid()

    def prepare() -> None:
        if _IS_LINUX:
            _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def unprivileged_owner(path: Path) -> pwd.struct_passwd | None:
    """Who has to run PostgreSQL, which refuses root: the owner of its files, else nobody. None: who we are already."""
    if os.geteuid() != 0:
        return None
    owner = path.stat().st_uid if path.exists() else 0
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError as error:
        raise StandaloneError("As root, PostgreSQL needs an account named 'nobody'; this machine has none.") from error


def step_down(account: pwd.struct_passwd, *, must_reach: Iterable[Path]) -> Callable[[], None]:
    """For ``preexec_fn``: become that account, which can still walk to these paths.

    A checkout or home under a closed directory (/root, mktemp -d) is out of reach for it. Opening such directories to
    everybody would be worse than what we do: keep, of all powers of root, the one to pass closed doors.
    """
    keeps_passing = not all(_is_open(path) for path in must_reach)

    def prepare() -> None:
        if keeps_passing:
            # access(2) asks for the powers of the real user; without this bit the kernel takes them away on setuid.
            _call(_libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        if keeps_passing:
            kept = 1 << _CAP_DAC_OVERRIDE
            header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
            _call(_libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)))
            _call(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))

    return prepare


def in_order(*steps: Callable[[], None]) -> Callable[[], None]:
    def prepare() -> None:
        for step in steps:
            step()

    return prepare


def _is_open(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
