"""What commands that import CSV files share: the bytes, what is told while they work, and how wrong lines are named."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from tenants.sheets import MAX_BYTES, LineError

_SHOWN_ERRORS = 50
_PATIENCE_S = 2.0


def read(file: str) -> bytes:
    """One byte more than allowed at most, which tells that there are more; - is standard input."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def teller(stream: OutputWrapper) -> Callable[[int, int], None]:
    """Tells of progress every few seconds, so that nobody wonders; not at all of what is done in no time."""
    told_at = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _PATIENCE_S:
            told_at = time.monotonic()
            stream.write(f"{done:,} of {total:,} lines")

    return tell


def complaint(errors: Sequence[LineError]) -> str:
    hidden = len(errors) - _SHOWN_ERRORS
    lines = [str(error) for error in errors[:_SHOWN_ERRORS]]
    return "\n".join([*lines, *([f"and {hidden} more"] if hidden > 0 else []), "Nothing was imported."])
