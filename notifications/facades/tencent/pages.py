"""What actions that list have in common: their parameters, dates as text, and times as text or UNIX seconds. Pure.

Dates and times have no zone in this API; ours are in TIME_ZONE, as everywhere (China's by default, like the vendor's).
"""

import re
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from notifications.facades.tencent.action import Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.parameters import Shape, Whole

MAX_LIMIT = 100
MAX_OFFSET = 1_000_000
PAGE: dict[str, Shape] = {"Limit": Whole(), "Offset": Whole()}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)


def page_of(params: Parameters, *, limit: int = MAX_LIMIT) -> tuple[int, int]:
    """(offset, size). Raises TencentError: FailedOperation.InvalidLimit, InvalidParameterValue."""
    size, offset = params.get("Limit", limit), params.get("Offset", 0)
    if not 1 <= size <= limit:
        raise TencentError("FailedOperation.InvalidLimit", limit=limit)
    if offset > MAX_OFFSET:
        raise TencentError("InvalidParameterValue", parameter="Offset")
    return offset, size


def day_of(written: str) -> date | None:
    """``YYYY-MM-DD``; None for anything else."""
    try:
        return date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        return None


def required_day(params: Parameters, name: str) -> date:
    """Raises TencentError: InvalidParameterValue.WrongDate."""
    day = day_of(params[name])
    if day is None:
        raise TencentError("InvalidParameterValue.WrongDate", parameter=name)
    return day


def days_of(params: Parameters) -> tuple[date, date]:
    """StartDate and EndDate, both included. Raises TencentError: InvalidParameterValue.WrongDate."""
    since, until = required_day(params, "StartDate"), required_day(params, "EndDate")
    if since > until:
        raise TencentError("InvalidParameterValue.WrongDate", parameter="StartDate")
    return since, until


def moment_of(written: str) -> datetime | None:
    """``YYYY-MM-DD hh:mm:ss``; None for anything else."""
    try:
        return timezone.make_aware(datetime.fromisoformat(written)) if _TIME.fullmatch(written) else None
    except ValueError:
        return None


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def end_of(day: date) -> datetime:
    """The first instant after it."""
    return start_of(day + timedelta(days=1))


def shown(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
