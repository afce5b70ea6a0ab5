"""What is measured runs in the same processes, against the same sinks, as what is broken in ``tests/faults``."""

from tests.faults.conftest import works

__all__ = ["works"]
