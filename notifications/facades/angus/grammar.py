"""``filters[n].key/op/value``: AngusGM's filter grammar (angus.md 2.2), from query parameters to conditions on columns.

Oddities: MATCH is "contains" and MATCH_END is "starts with"; an item without key, op or value is no item; quotes around
values and brackets around lists are decoration; of two items with the same key and op the first one counts, and an item
with EQUAL beats the parameter of the same name. Where AngusGM answered 500 we answer 400, and a value that nothing can
have finds nothing instead of everything.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, auto
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from notifications.contracts import Lane
from notifications.facades.angus.envelope import DATE_FORMAT
from notifications.facades.angus.wire import statuses_behind
from notifications.facades.refusals import FilterUnsupported, FilterValueMalformed, MatchUnsupported, RangeUnsupported
from templates_app.biz_keys import stored_spelling
from tenants.errors import InvalidField

MAX_ITEMS = 20
_NAME = re.compile(r"filters\[(\d{1,9})\]\.(key|op|value)", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_FLAGS = {"true": True, "false": False}
#: Names of AngusGM's parameter object that are no columns: tolerated there, and without effect.
_IGNORED = frozenset({"pageNo", "pageSize", "infoScope", "filters"})


class Op(StrEnum):
    EQUAL = auto()
    NOT_EQUAL = auto()
    GREATER_THAN = auto()
    GREATER_THAN_EQUAL = auto()
    LESS_THAN = auto()
    LESS_THAN_EQUAL = auto()
    MATCH = auto()
    MATCH_END = auto()
    NOT_MATCH = auto()
    NOT_MATCH_END = auto()
    IN = auto()
    NOT_IN = auto()
    IS_NULL = auto()
    IS_NOT_NULL = auto()


_RANGES = {Op.GREATER_THAN: "gt", Op.GREATER_THAN_EQUAL: "gte", Op.LESS_THAN: "lt", Op.LESS_THAN_EQUAL: "lte"}
_MATCHES = {Op.MATCH: "contains", Op.NOT_MATCH: "contains", Op.MATCH_END: "startswith", Op.NOT_MATCH_END: "startswith"}
_NEGATIONS = frozenset({Op.NOT_EQUAL, Op.NOT_IN, Op.NOT_MATCH, Op.NOT_MATCH_END})
_WITHOUT_VALUE = frozenset({Op.IS_NULL, Op.IS_NOT_NULL})


@dataclass(frozen=True, slots=True)
class Column:
    """One filter key: our column, and which of its values a foreign value stands for."""

    name: str
    values: Callable[[str], Sequence[Any]]
    can_match: bool = False
    can_range: bool = False
    #: The rows without a value, where an index knows them by another column.
    absent: Q | None = None


@dataclass(slots=True)
class _Item:
    key: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)


def parse(params: QueryDict, columns: Mapping[str, Column]) -> dict[tuple[str, Op], Q]:
    """The conditions by (key, op); all of them must hold.

    Raises FilterUnsupported, RangeUnsupported, MatchUnsupported, FilterValueMalformed, InvalidField.
    """
    conditions: dict[tuple[str, Op], Q] = {}
    for item in _items(params):
        op = _op(item.op)
        if op not in _WITHOUT_VALUE and not any(item.values):
            continue
        if item.key in _IGNORED:
            continue
        if item.key not in columns:
            raise FilterUnsupported(field=item.key[:60])
        conditions.setdefault((item.key, op), _condition(item, op, columns[item.key]))
    return conditions


def _items(params: QueryDict) -> list[_Item]:
    """The complete items, by their numbers; gaps do no harm."""
    items: dict[int, _Item] = {}
    for name, values in params.lists():
        if not name.startswith("filters"):
            continue
        match = _NAME.fullmatch(name)
        if match is None:
            raise FilterUnsupported(field=name[:60])
        item = items.setdefault(int(match[1]), _Item())
        if match[2] == "value":
            item.values = [str(value) for value in values]
        else:
            setattr(item, match[2], values[-1])
    if len(items) > MAX_ITEMS:
        raise InvalidField(field="filters", reason=f"at most {MAX_ITEMS} are allowed.")
    return [item for _, item in sorted(items.items()) if item.key and item.op]


def _op(text: str) -> Op:
    try:
        return Op[text]
    except KeyError as error:
        raise InvalidField(field="filters.op", reason=f"there is no '{text[:30]}'.") from error


def _condition(item: _Item, op: Op, column: Column) -> Q:
    if op is Op.IS_NULL and column.absent is not None:
        return column.absent
    if op in _WITHOUT_VALUE:
        return Q(**{f"{column.name}__isnull": op is Op.IS_NULL})
    if op in _RANGES:
        return _range(item, op, column)
    if op in _MATCHES:
        if not column.can_match:
            raise MatchUnsupported(field=item.key)
        (value,) = _values(item.key, _bare(item.values[0]), column)
        positive = Q(**{f"{column.name}__{_MATCHES[op]}": value})
    else:
        texts = _listed(item.values) if op in (Op.IN, Op.NOT_IN) else [_bare(item.values[0])]
        nothing = Q(**{f"{column.name}__in": []})
        positive = reduce(or_, (_equal(item.key, value, column) for value in texts), nothing)
    # As SQL's <>: a row without a value is neither equal nor unequal.
    return ~positive & Q(**{f"{column.name}__isnull": False}) if op in _NEGATIONS else positive


def _equal(key: str, text: str, column: Column) -> Q:
    values = _values(key, text, column)
    moments = [value for value in values if isinstance(value, datetime)]
    if not moments:
        return Q(**{f"{column.name}__in": values})
    # To the second: that is how finely times are shown.
    (start,) = moments
    return Q(**{f"{column.name}__gte": start, f"{column.name}__lt": start + timedelta(seconds=1)})


def _range(item: _Item, op: Op, column: Column) -> Q:
    if not column.can_range:
        raise RangeUnsupported(field=item.key)
    (value,) = _values(item.key, _bare(item.values[0]), column)
    if isinstance(value, datetime) and op in (Op.GREATER_THAN, Op.LESS_THAN_EQUAL):
        # The whole second that was named is not greater than itself, and is less than or equal to itself.
        value += timedelta(seconds=1, microseconds=-1)
    return Q(**{f"{column.name}__{_RANGES[op]}": value})


def _values(key: str, text: str, column: Column) -> Sequence[Any]:
    try:
        if "\0" in text:
            raise ValueError
        return column.values(text)
    except (ValueError, OverflowError) as error:
        raise FilterValueMalformed(field=key, value=text[:60]) from error


def _bare(text: str) -> str:
    return text.removeprefix('"').removesuffix('"')


def _listed(values: Sequence[str]) -> list[str]:
    """``1,2``, ``[1,2]``, ``["a","b"]`` and the parameter repeated all mean a list."""
    joined = ",".join(_bare(value).removeprefix("[").removesuffix("]") for value in values)
    return [_bare(part.strip()) for part in joined.split(",") if part.strip()]


def text(value: str) -> Sequence[Any]:
    return [value]


def whole(value: str) -> Sequence[Any]:
    """Raises ValueError."""
    if not _WHOLE.fullmatch(value.strip()):
        raise ValueError
    return [int(value)]


def flag(value: str) -> Sequence[Any]:
    known = _FLAGS.get(value.lower())
    return [] if known is None else [known]


def moment(value: str) -> Sequence[Any]:
    """Raises ValueError."""
    if not _TIME.fullmatch(value):
        raise ValueError
    return [timezone.make_aware(datetime.strptime(value, DATE_FORMAT))]  # noqa: DTZ007


def constant(value: str) -> Sequence[Any]:
    return [value.upper()]


def biz_key(value: str) -> Sequence[Any]:
    return [stored_spelling(value)]


def send_status(value: str) -> Sequence[Any]:
    return statuses_behind(value.upper())


def urgency(value: str) -> Sequence[Any]:
    """Urgency is a lane."""
    return [lane for wanted in flag(value) for lane in Lane if (lane is Lane.URGENT) == wanted]
