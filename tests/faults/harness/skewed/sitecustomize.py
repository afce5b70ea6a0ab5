"""A clock that is wrong by CLOCK_SKEW_S seconds, for a Python that finds this directory first on its PYTHONPATH.

Imported before anything else, so that all code of the process, the libraries' included, is told the wrong time.
"""

import datetime
import os
import time
from typing import Any

_SKEW_S = float(os.environ["CLOCK_SKEW_S"])
_SKEW = datetime.timedelta(seconds=_SKEW_S)
_time, _time_ns = time.time, time.time_ns


class _Kind(type):
    """What C code makes is of the original class, and must pass for ours."""

    original: Any

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.original)

    def __subclasscheck__(cls, other: type) -> bool:
        return bool(issubclass(other, cls.original))


class _DateTime(datetime.datetime, metaclass=_Kind):
    original = datetime.datetime

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return cls.original.now(tz) + _SKEW

    @classmethod
    def utcnow(cls) -> Any:
        return cls.original.now(datetime.UTC).replace(tzinfo=None) + _SKEW

    @classmethod
    def today(cls) -> Any:
        return cls.now()


class _Date(datetime.date, metaclass=_Kind):
    original = datetime.date

    @classmethod
    def today(cls) -> Any:
        return _DateTime.now().date()


time.time = lambda: _time() + _SKEW_S
time.time_ns = lambda: _time_ns() + int(_SKEW_S * 1e9)
datetime.datetime = _DateTime  # type: ignore[misc]
datetime.date = _Date  # type: ignore[misc]
