"""What an action declares that it takes, and a call's parameters read by it. Pure.

Two spellings of the same parameters (tencent.md 2.5, 5): JSON, whose types are strict, and flattened names with text
(``Destination.0``, ``Template.TemplateID``; lists count from 0) in forms, queries and multipart bodies, where numbers
and truth values are text and are read by the declared shape. Both end as the same plain values.

A parameter that is not declared is refused; null counts as absent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifications.facades.tencent.errors import TencentError

_MAX_UNSIGNED = 2**64 - 1
_WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
#: Of names, in refusals.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Text:
    pass


@dataclass(frozen=True, slots=True)
class Whole:
    minimum: int = 0
    maximum: int = _MAX_UNSIGNED


@dataclass(frozen=True, slots=True)
class Flag:
    pass


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Shape"


@dataclass(frozen=True, slots=True)
class Record:
    """An object: its members by their foreign names, and which of them must be there."""

    members: Mapping[str, "Shape"] = field(default_factory=dict)
    required: Sequence[str] = ()


Shape = Text | Whole | Flag | ListOf | Record


def read(value: Any, shape: Shape, *, path: str = "") -> Any:
    """Plain JSON, checked against its shape; members that are null or absent are left out.

    Raises TencentError: UnknownParameter, MissingParameter, InvalidParameter, InvalidParameterValue.
    """
    match shape:
        case Text() if isinstance(value, str):
            return value
        case Whole() if isinstance(value, int) and not isinstance(value, bool):
            return _within(value, shape, path)
        case Flag() if isinstance(value, bool):
            return value
        case ListOf() if isinstance(value, list):
            return [read(item, shape.item, path=f"{path}.{place}") for place, item in enumerate(value)]
        case Record() if isinstance(value, dict):
            return _read_record(value, shape, path)
    raise TencentError("InvalidParameter", parameter=path or "the body")


def unflatten(pairs: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """Flattened names as the JSON that they stand for, for ``read``.

    A value that is not text (a part of a multipart body that is JSON) is taken as it is. Raises TencentError:
    UnknownParameter, InvalidParameter.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs.items():
        shape, steps = _shape_at(name, record), name.split(".")
        branch = tree
        for step in steps[:-1]:
            branch = branch.setdefault(step, {})
            if not isinstance(branch, dict):
                raise TencentError("InvalidParameter", parameter=name[:_SHOWN])
        if steps[-1] in branch:
            raise TencentError("InvalidParameter", parameter=name[:_SHOWN])
        branch[steps[-1]] = _coerce(value, shape, name) if isinstance(value, str) else value
    return _listed(tree, record, "")  # type: ignore[no-any-return]


def _read_record(value: Mapping[str, Any], record: Record, path: str) -> dict[str, Any]:
    inside = f"{path}." if path else ""
    for name in value:
        if name not in record.members:
            raise TencentError("UnknownParameter", parameter=f"{inside}{name}"[:_SHOWN])
    given = {name: item for name, item in value.items() if item is not None}
    for name in record.required:
        if name not in given:
            raise TencentError("MissingParameter", parameter=f"{inside}{name}")
    return {name: read(item, record.members[name], path=f"{inside}{name}") for name, item in given.items()}


def _within(value: int, shape: Whole, path: str) -> int:
    if not shape.minimum <= value <= shape.maximum:
        raise TencentError("InvalidParameterValue", parameter=path)
    return value


def _shape_at(name: str, record: Record) -> Shape:
    """The shape of what a flattened name points at."""
    shape: Shape = record
    for step in name.split("."):
        match shape:
            case Record() if step in shape.members:
                shape = shape.members[step]
            case ListOf() if step.isascii() and step.isdigit() and len(step) <= 6 and step == str(int(step)):
                shape = shape.item
            case ListOf():
                raise TencentError("InvalidParameter", parameter=name[:_SHOWN])
            case _:
                raise TencentError("UnknownParameter", parameter=name[:_SHOWN])
    return shape


def _coerce(text: str, shape: Shape, name: str) -> Any:
    match shape:
        case Text():
            return text
        case Whole() if _WHOLE.fullmatch(text):
            return int(text)
        case Flag() if text.lower() in _FLAGS:
            return _FLAGS[text.lower()]
    raise TencentError("InvalidParameter", parameter=name[:_SHOWN])


def _listed(value: Any, shape: Shape, path: str) -> Any:
    """The tree with its numbered branches as lists. Without gaps: a missing number is a client's mistake."""
    match shape:
        case Record() if isinstance(value, dict):
            return {name: _listed(item, shape.members[name], f"{path}{name}.") for name, item in value.items()}
        case ListOf() if isinstance(value, dict):
            if set(value) != {str(place) for place in range(len(value))}:
                raise TencentError("InvalidParameter", parameter=f"{path}N")
            return [_listed(value[str(place)], shape.item, f"{path}{place}.") for place in range(len(value))]
    return value
