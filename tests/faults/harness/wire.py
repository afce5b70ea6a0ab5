"""Network faults between two parties: a line that the test cuts, mends or jams, and a port where nobody ever speaks."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from config.standalone.ports import HOST, any_free

_CHUNK = 64 * 1024


class Wire:
    """Forwards connections to ``target``. With ``jam_after`` each takes that many bytes from its client, then none."""

    def __init__(self, target: int, *, jam_after: int | None = None) -> None:
        self.port = any_free()
        #: Set once a connection is jammed.
        self.is_jammed = threading.Event()
        self._target = target
        self._jam_after = jam_after
        self._listener: socket.socket | None = None
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_cut = threading.Event()

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.cut()

    def mend(self) -> None:
        """Takes connections again."""
        self._is_cut.clear()
        self._listener = socket.create_server((HOST, self.port))
        self._begin(self._serve, self._listener)

    def cut(self) -> None:
        """Ends all connections and refuses new ones."""
        self._is_cut.set()
        if self._listener is not None:
            # Closing alone would leave the thread that waits in accept.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            ending, self._sockets = self._sockets, set()
        for each in ending:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in ending:
            each.close()
        self._threads.clear()

    def _begin(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection((HOST, self._target))
            except OSError:
                return
            with self._lock:
                self._sockets |= {client, server}
            self._begin(self._pump, client, server, self._jam_after)
            self._begin(self._pump, server, client, None)

    def _pump(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        left = limit
        with suppress(OSError):
            while left is None or left > 0:
                data = source.recv(_CHUNK if left is None else min(left, _CHUNK))
                if not data:
                    break
                target.sendall(data)
                left = None if left is None else left - len(data)
            if left == 0:
                self.is_jammed.set()
                self._is_cut.wait(60)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def silent_port() -> Iterator[int]:
    """Connections are accepted, and nobody ever answers."""
    with socket.create_server((HOST, 0), backlog=64) as listener:
        yield listener.getsockname()[1]
