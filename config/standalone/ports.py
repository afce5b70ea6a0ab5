"""Ports on the loopback interface, the only one that a local instance binds."""

import errno
import socket

from config.standalone.errors import StandaloneError

HOST = "127.0.0.1"


def check_free(port: int, *, option: str) -> None:
    """Raises StandaloneError when it cannot be bound; ``option`` is what chooses another one."""
    if (reason := _obstacle(port)) is None:
        return
    if reason.errno == errno.EADDRINUSE:
        raise StandaloneError(f"Port {port} is taken. Stop what listens there, or choose another with {option}.")
    raise StandaloneError(f"Port {port} cannot be used: {reason.strerror}. Choose another with {option}.")


def is_free(port: int) -> bool:
    return _obstacle(port) is None


def _obstacle(port: int) -> OSError | None:
    with socket.socket() as probe:
        # As servers do: what an earlier one has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
        return None


def any_free() -> int:
    """A port that is free now. Somebody else may still be quicker: use it soon."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Is there a listener?"""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
