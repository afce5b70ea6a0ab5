"""Many callers in the same moment, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")

_PATIENCE_S = 30


def at_once(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """Runs ``work(0)`` to ``work(count - 1)`` together; answers what each returned or raised, in that order."""
    start = threading.Barrier(count, timeout=_PATIENCE_S)

    def run(number: int) -> T | Exception:
        try:
            # Connected before the start, so that all of them meet in the statement and not in the handshake.
            connection.ensure_connection()
            start.wait()
            return work(number)
        except Exception as error:  # noqa: BLE001 - what a caller got is the answer, whatever it is
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count), timeout=_PATIENCE_S))
