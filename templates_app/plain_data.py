"""What a template may be given: ``str``, ``int``, ``float``, ``bool``, ``list`` and ``dict``, within bounds. Pure.

Exact types only: a subclass could bring its own ``__str__``, ``__html__`` or ``__getitem__``, and a model its methods.
Copies have no methods, because MiniJinja looks for ``order.items`` among those of Python when there is no such key.
"""

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from templates_app.errors import RenderFailed

MAX_BYTES = 500_000
MAX_VALUES = 20_000
MAX_DEPTH = 8
_MAX_INT = 2**63


class _Hidden:
    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError


def _without_methods(base: type) -> type:
    return type(f"Plain{base.__name__.title()}", (base,), {name: _Hidden() for name in dir(base) if name[0] != "_"})


_PlainDict = _without_methods(dict)
_PlainList = _without_methods(list)


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``params`` fit for a template. Null means "not given", so such members are left out.

    Raises RenderFailed for other types, numbers beyond 64 bits and more data than a message can need.
    """
    return _Copier().mapping(params, depth=0)


class _Copier:
    def __init__(self) -> None:
        self._bytes = MAX_BYTES
        self._values = MAX_VALUES

    def mapping(self, given: Mapping[Any, Any], *, depth: int) -> dict[str, Any]:
        copy = {}
        for key, value in given.items():
            if type(key) is not str:
                raise RenderFailed(reason="names of variables are texts")
            if value is not None:
                copy[self._text(key)] = self._value(value, depth=depth)
        return copy

    def _value(self, value: Any, *, depth: int) -> Any:
        self._values -= 1
        if self._values < 0:
            raise RenderFailed(reason=f"more than {MAX_VALUES} values were given")
        kind = type(value)
        if kind is str:
            return self._text(value)
        if kind is bool:
            return value
        if kind is int or kind is float:
            return _number(value)
        if depth == MAX_DEPTH:
            raise RenderFailed(reason=f"values are nested more than {MAX_DEPTH} deep")
        if kind is dict:
            return _PlainDict(self.mapping(value, depth=depth + 1))
        if kind is list:
            return _PlainList([self._value(item, depth=depth + 1) for item in value])
        raise RenderFailed(reason=f"a value of type {kind.__name__} was given; only plain data can be used")

    def _text(self, text: str) -> str:
        try:
            self._bytes -= len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError as error:
            raise RenderFailed(reason="a text contains half of a character (a lone surrogate)") from error
        if self._bytes < 0:
            raise RenderFailed(reason=f"more than {MAX_BYTES} bytes of text were given")
        if "\x00" in text:
            raise RenderFailed(reason="a text contains a NUL character")
        return text


def _number(value: int | float) -> int | float:
    if not (math.isfinite(value) and -_MAX_INT <= value < _MAX_INT):
        raise RenderFailed(reason="a number is not finite or needs more than 64 bits")
    return value
