"""A PostgreSQL of the test's own: it may crash, run out of connections or out of disk, and nobody else notices."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from config.standalone import postgres
from config.standalone.descent import end_with_parent, in_order, unprivileged_owner
from tests.faults.harness.database import wait_until

#: A process that dies loses nothing of these; only a power cut would.
_OPTIONS = ("fsync=off", "full_page_writes=off", "max_connections=40", "superuser_reserved_connections=1")
_DISK = "48m"
# linux/sched.h, linux/mount.h
_CLONE_NEWNS, _CLONE_NEWUSER, _MS_REC, _MS_PRIVATE = 0x00020000, 0x10000000, 1 << 14, 1 << 18


class Spare:
    """``root`` takes its files. With ``has_disk`` there is a tablespace "small" on a file system of 48 MB."""

    #: Where the test's rows are.
    database = "angarium"

    def __init__(self, root: Path, *, has_disk: bool) -> None:
        self.has_disk = has_disk
        self._log = root / "postgres.log"
        self._server = postgres.resolve(root / "postgres", earlier_url=None, options=_OPTIONS)
        self._server.initialise(log=root / "initdb.log")
        self._disk = self._server.root / "disk"
        self._disk.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return self._server.url.rpartition("/")[0] + f"/{database}"

    def start(self) -> None:
        """Until it takes connections, after a crash when it has recovered. Raises SubprocessError."""
        child = self._server.child()
        mount = _disk_for_this_process(self._disk) if self.has_disk else lambda: None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                child.command,
                env=child.env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=in_order(mount, child.prepare, end_with_parent(signal.SIGQUIT)),
            )
        pid = self._process.pid
        wait_until(lambda: child.is_ready(pid), "PostgreSQL is ready", timeout_s=60)
        if self.has_disk:
            # The disk of the process before ended with it.
            self.execute("DROP TABLESPACE IF EXISTS small")
            self.execute(f"CREATE TABLESPACE small LOCATION '{self._disk}'")

    def crash(self) -> None:
        """What ``pg_ctl stop -m immediate`` does: everybody is thrown out, nothing is written."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as session:
            session.execute(statement)

    @contextmanager
    def exhausted(self) -> Iterator[None]:
        """All connections that are free are taken by somebody who does nothing."""
        taken: list[psycopg.Connection[tuple[object, ...]]] = []
        try:
            while True:
                try:
                    taken.append(psycopg.connect(self.url("postgres"), autocommit=True))
                except psycopg.OperationalError:
                    break
            yield
        finally:
            for session in taken:
                session.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        """The disk of the database is full to the last page."""
        with psycopg.connect(self.url(self.database), autocommit=True) as session:
            session.execute("CREATE TABLE filler (junk text)")
            session.execute("ALTER TABLE filler ALTER junk SET STORAGE PLAIN")
            for rows in (1000, 100, 10, 1):
                with suppress(psycopg.errors.DiskFull):
                    while True:
                        session.execute(
                            "INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, %s)", [rows]
                        )
            try:
                yield
            finally:
                session.execute("DROP TABLE filler")


def _disk_for_this_process(place: Path) -> Callable[[], None]:
    """For ``preexec_fn``: a small file system that only this process and its children see, and that ends with them.

    Where we are not root, the kernel has to allow user namespaces.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    account = unprivileged_owner(place.parent)
    uid, gid = (account.pw_uid, account.pw_gid) if account else (os.getuid(), os.getgid())
    options = f"size={_DISK},mode=700,uid={uid},gid={gid}".encode()
    is_root = os.geteuid() == 0

    def prepare() -> None:
        _call(libc.unshare(_CLONE_NEWNS | (0 if is_root else _CLONE_NEWUSER)))
        if not is_root:
            for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                Path(f"/proc/self/{name}").write_text(text)
        _call(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        _call(libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", 0, options))

    return prepare


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def open_spare(root: Path) -> Spare:
    """A started server; where no small disk can be made, one without. The caller crashes it in the end."""
    spare = Spare(root, has_disk=sys.platform == "linux")
    try:
        spare.start()
    except subprocess.SubprocessError:
        spare.has_disk = False
        spare.start()
    return spare
