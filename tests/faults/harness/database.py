"""The test database as the faults see it: its address for processes, locks that stop them at a chosen point.

All of it from sessions of our own, so that nothing in the code under test knows that it is being tested.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

import psycopg
from django.db import connection

_POLL_S = 0.02


def wait_until(condition: Callable[[], object], what: str, *, timeout_s: float = 10.0) -> None:
    """Until it is so. Raises TimeoutError that says ``what`` did not happen."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(_POLL_S)


def url(application: str) -> str:
    """DATABASE_URL of the database under test, for a process whose sessions bear the name ``application``."""
    settings = connection.settings_dict
    login = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
    address = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
    return f"postgres://{login}@{address}/{settings['NAME']}?{urlencode({'application_name': application})}"


@contextmanager
def elsewhere(server_url: str) -> Iterator[None]:
    """Everything that this process does meanwhile happens in another database."""
    # All threads' connections are made from this one dictionary.
    settings, address = connection.settings_dict, urlsplit(server_url)
    before = {name: settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    connection.close()
    settings |= {
        "HOST": address.hostname,
        "PORT": address.port,
        "USER": address.username,
        "PASSWORD": address.password,
        "NAME": address.path[1:],
    }
    try:
        yield
    finally:
        connection.close()
        settings |= before


@dataclass(frozen=True, slots=True)
class Block:
    """A lock in a session of its own. Who needs what it holds waits, at most for the database's lock timeout."""

    holder: int

    def waiting(self, application: str) -> int:
        """How many sessions of that name wait for this lock."""
        return len(_pids("application_name = %s AND %s = ANY(pg_blocking_pids(pid))", application, self.holder))

    def wait_for(self, application: str, *, timeout_s: float = 10.0) -> None:
        """Until a session of that name waits for this lock."""
        wait_until(lambda: self.waiting(application), f"{application} waits for our lock", timeout_s=timeout_s)


@contextmanager
def blocked(table: str) -> Iterator[Block]:
    """Nobody else can read or write the table meanwhile."""
    with _held(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE") as block:
        yield block


@contextmanager
def locked_rows(table: str) -> Iterator[Block]:
    """Nobody else can change the rows that are there now; reading goes on."""
    with _held(f"SELECT 1 FROM {table} FOR UPDATE") as block:
        yield block


@contextmanager
def idle_in_transaction() -> Iterator[None]:
    """A session that began a transaction, saw the rows, and went away for ever without ending it."""
    with _held("SELECT count(*) FROM notifications_outbox"):
        yield


def terminate(application: str) -> int:
    """Ends all sessions of that name in this database, as an administrator would; returns how many."""
    # In two steps: the planner may judge the parts of a condition in any order, and others use this server too.
    pids = _pids("application_name = %s", application)
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    return len(pids)


def sessions(application: str) -> int:
    """How many sessions of that name there are."""
    return len(_pids("application_name = %s", application))


def deadlocks() -> int:
    """Those that the server broke in this database since it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)


def _pids(condition: str, *parameters: str | int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {condition}", parameters
        )
        return [pid for (pid,) in cursor.fetchall()]


@contextmanager
def _held(statement: str) -> Iterator[Block]:
    with psycopg.connect(url("fault")) as session:
        session.execute(statement)
        yield Block(session.info.backend_pid)
        session.rollback()
