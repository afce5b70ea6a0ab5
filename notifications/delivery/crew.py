"""The threads of one worker process: each carries one job over one connection, and a heartbeat keeps their leases.

No server gets all the threads, so that a slow one never stops the mail of the others.
"""

import logging
import os
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection

from notifications import outbox
from notifications.delivery.carry import Job, carry
from notifications.delivery.slots import Slots
from notifications.outbox import Lease
from notifications.states import Verdict

log = logging.getLogger(__name__)

#: A job that runs for longer is held up by its server.
_SLOW_S = 10.0


class Crew:
    """The jobs of one delivery loop. Leaving the context stops the heartbeat; by then all jobs have ended."""

    def __init__(self) -> None:
        self.size: int = max(settings.DELIVERY_THREADS, 1)
        self.counts: Counter[Verdict] = Counter()
        self._running: dict[Future[Counter[Verdict]], tuple[Job, float]] = {}
        self.slots = Slots()
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        # There are jobs left only when the loop itself broke off; they must not lose their leases for it.
        for future in wait(self._running).done:
            self._close(future)
        self._stop.set()
        self._heart.join()
        self._free_slots()

    @property
    def free(self) -> int:
        return max(self.size - len(self._running), 0)

    @property
    def is_busy(self) -> bool:
        return bool(self._running)

    @property
    def has_suspect(self) -> bool:
        """One of the jobs carries a message that may be what kills workers."""
        return any(job.lease.is_suspect for job, _ in self._running.values())

    @property
    def is_held_up(self) -> bool:
        now = time.monotonic()
        return any(now - started > _SLOW_S for _, started in self._running.values())

    def free_for(self, server_id: int) -> int:
        """How many more jobs this server may have now: one thread is always left for the others."""
        cap: int = max(self.size - 1, 1)
        return max(cap - sum(job.server.pk == server_id for job, _ in self._running.values()), 0)

    def start(self, job: Job) -> None:
        """Runs a job in a thread; with a crew of one, here and now."""
        if self.size > 1:
            self._running[_executor().submit(_run, job)] = (job, time.monotonic())
            return
        # The heartbeat keeps the leases of what is running, wherever it runs.
        here: Future[Counter[Verdict]] = Future()
        self._running[here] = (job, time.monotonic())
        try:
            self.counts += carry(job)
        finally:
            del self._running[here]
            self.slots.free(job.server.pk, job.slot)

    def collect(self, *, timeout_s: float = 0.0) -> None:
        """Counts the jobs that have ended, waiting up to ``timeout_s`` for the first one."""
        done, _ = wait(self._running, timeout=timeout_s, return_when=FIRST_COMPLETED)
        for future in done:
            job = self._close(future)
            self.slots.free(job.server.pk, job.slot)

    def _close(self, future: Future[Counter[Verdict]]) -> Job:
        """Counts what an ended job did; when it broke off, gives back what it had not begun."""
        job, _ = self._running.pop(future)
        error = future.exception()
        if error is None:
            self.counts += future.result()
            return job
        log.error("A job for server %s broke off", job.server.pk, exc_info=error)
        if isinstance(error, (OperationalError, InterfaceError)):
            _salvage(job)
        # Else it is left to lapse like the lease of a dead worker: what broke this job would break the next.
        return job

    def _free_slots(self) -> None:
        try:
            self.slots.free_all()
        except DatabaseError as error:
            log.warning("The session that held the connections' slots is gone: %s", error)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.LEASE_SECONDS / 3):
                leases = {job.lease.key: job.lease for job, _ in list(self._running.values())}
                _extend(list(leases.values()))
        finally:
            connection.close()


def _run(job: Job) -> Counter[Verdict]:
    # These threads outlive a restart of the database; a stale connection must not cost a job.
    close_old_connections()
    return carry(job)


def _extend(leases: list[Lease]) -> None:
    try:
        close_old_connections()
        for lease in leases:
            outbox.extend(lease)
    except DatabaseError as error:
        # The leases may lapse now. Windows are marked only under a live lease, so nothing is sent twice for it.
        log.warning("Could not prolong leases: %s", error)


def _salvage(job: Job) -> None:
    """Gives back what had not begun to leave; where the database is gone too, the reaper will."""
    try:
        # What broke the job's connection has most likely broken ours.
        close_old_connections()
        outbox.release([message.pk for message in job.messages], lease=job.lease)
    except DatabaseError as error:
        log.warning("Could not give messages back: %s", error)


_threads: ThreadPoolExecutor | None = None


def _executor() -> ThreadPoolExecutor:
    """One pool per process, kept between loops, so that its threads keep their database connections."""
    global _threads
    if _threads is None:
        _threads = ThreadPoolExecutor(settings.DELIVERY_THREADS, thread_name_prefix="delivery")
    return _threads


def dismiss() -> None:
    """Ends the threads of this process and closes their database connections. The next loop makes new ones."""
    global _threads
    if _threads is not None:
        everybody = threading.Barrier(settings.DELIVERY_THREADS)
        wait([_threads.submit(_take_leave, everybody) for _ in range(settings.DELIVERY_THREADS)])
        _threads.shutdown()
        _threads = None


def _take_leave(everybody: threading.Barrier) -> None:
    everybody.wait(timeout=10)
    connection.close()


def _forget_threads() -> None:
    global _threads
    _threads = None


os.register_at_fork(after_in_child=_forget_threads)
