"""What may stand inside ``{{ }}`` and ``{% if %}``: judged node by node, printed anew, its variables noted. Pure."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from jinja2 import nodes

#: Name → the most arguments it takes.
FILTERS: dict[str, int] = {
    "abs": 0,
    "capitalize": 0,
    "count": 0,
    "d": 2,
    "default": 2,
    "e": 0,
    "escape": 0,
    "first": 0,
    "float": 0,
    "int": 0,
    "items": 0,
    "join": 1,
    "last": 0,
    "length": 0,
    "lower": 0,
    "round": 1,
    "title": 0,
    "trim": 0,
    "upper": 0,
    "urlencode": 0,
}
TESTS = frozenset({"defined", "undefined", "none", "odd", "even"})
_LOOP_FACTS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_ARITHMETIC = {nodes.Add: "+", nodes.Sub: "-", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%"}
_REASONS: dict[type[nodes.Node], str] = {
    nodes.Call: "Calls such as name() are not available.",
    nodes.Mul: "'*' is not available.",
    nodes.Pow: "'**' is not available.",
    nodes.Slice: "Slices such as name[1:2] are not available.",
    nodes.Dict: "Dictionaries cannot be written in a template.",
}
#: Intermediate texts grow where the output limit cannot see them: by an operand's length, or several times by escaping.
_MAX_GROWTH = 8
_GROWTH_OF_FILTERS = {"e": 3, "escape": 3, "urlencode": 3}
_MAX_INT = 2**63


@dataclass(frozen=True, slots=True)
class Scope:
    #: Names that the loops around bind.
    bound: frozenset[str] = frozenset()
    #: Variables that a test around has found defined.
    assumed: frozenset[str] = frozenset()
    loop_depth: int = 0
    if_depth: int = 0

    def assuming(self, names: Iterable[str]) -> "Scope":
        return replace(self, assumed=self.assumed | frozenset(names))

    def binding(self, names: Iterable[str]) -> "Scope":
        return replace(self, bound=self.bound | frozenset(names), loop_depth=self.loop_depth + 1)


def known_defined(test: nodes.Node, *, holds: bool) -> frozenset[str]:
    """The variables that must exist when ``test`` came out true (``holds``) or false."""
    if isinstance(test, nodes.Not):
        return known_defined(test.node, holds=not holds)
    if isinstance(test, nodes.And if holds else nodes.Or):
        return known_defined(test.left, holds=holds) | known_defined(test.right, holds=holds)
    if isinstance(test, nodes.Test) and isinstance(test.node, nodes.Name):
        proves = test.name == ("defined" if holds else "undefined")
        return frozenset({test.node.name}) if proves else frozenset()
    return frozenset()


class ExpressionPrinter:
    """``print`` gives the expression back, or "" after noting a problem. ``used``: variable → is it required?"""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        self.used: dict[str, bool] = {}
        self._problems = problems
        self._printers: dict[type[nodes.Node], Callable[[Any, Scope], str]] = {
            nodes.Name: partial(self._name, may_be_missing=False),
            nodes.Const: self._const,
            nodes.Getattr: self._member,
            nodes.Getitem: self._member,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
            nodes.Compare: self._compare,
            nodes.CondExpr: self._conditional,
            nodes.And: partial(self._logical, word="and"),
            nodes.Or: partial(self._logical, word="or"),
            nodes.Not: partial(self._prefixed, word="not "),
            nodes.Neg: partial(self._prefixed, word="-"),
            nodes.Pos: partial(self._prefixed, word="+"),
            nodes.Concat: self._concat,
            nodes.List: self._list,
            nodes.Tuple: self._list,
            **{kind: partial(self._binary, sign=sign) for kind, sign in _ARITHMETIC.items()},
        }

    def print(self, node: nodes.Node, scope: Scope) -> str:
        """The outermost expression of a tag."""
        if sum(_growth(part) for part in [node, *node.find_all(nodes.Expr)]) > _MAX_GROWTH:
            return self._refuse(node, "Too many texts are joined or escaped in one expression.")
        return self._print(node, scope)

    def target_names(self, target: nodes.Node) -> list[str]:
        """The names that a ``for`` binds: ``item``, or ``key, value``."""
        targets = target.items if isinstance(target, nodes.Tuple) else [target]
        names = [item.name for item in targets if isinstance(item, nodes.Name)]
        if len(names) != len(targets):
            self._refuse(target, "A loop binds plain names only.")
        for name in names:
            if name.startswith("_") or name == "loop":
                self._refuse(target, f"'{name}' cannot be the name of a loop variable.")
        return names

    def _print(self, node: nodes.Node, scope: Scope) -> str:
        printer = self._printers.get(type(node))
        if printer is None:
            return self._refuse(node, _REASONS.get(type(node), f"{type(node).__name__} is not available."))
        return printer(node, scope)

    def _name(self, node: nodes.Name, scope: Scope, *, may_be_missing: bool) -> str:
        if node.name == "loop":
            return self._refuse(node, "Only facts such as loop.index can be used of a loop.")
        if node.name.startswith("_"):
            return self._refuse(node, "Names that begin with an underscore are reserved.")
        if node.name not in scope.bound:
            is_required = not (may_be_missing or node.name in scope.assumed)
            self.used[node.name] = self.used.get(node.name, False) or is_required
        return node.name

    def _const(self, node: nodes.Const, scope: Scope) -> str:
        value = node.value
        if isinstance(value, str):
            # JSON's escapes are Jinja's; what it leaves alone needs none.
            return json.dumps(value, ensure_ascii=False) if _is_printable(value) else self._refuse(node, _BAD_TEXT)
        if isinstance(value, float) and not math.isfinite(value):
            return self._refuse(node, "A number is too large.")
        if isinstance(value, int) and abs(value) >= _MAX_INT:
            return self._refuse(node, "A number is too large.")
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value).lower()

    def _member(self, node: nodes.Getattr | nodes.Getitem, scope: Scope) -> str:
        key = nodes.Const(node.attr, lineno=node.lineno) if isinstance(node, nodes.Getattr) else node.arg
        if isinstance(key, nodes.Neg) and isinstance(key.node, nodes.Const):
            pass
        elif not isinstance(key, nodes.Const) or type(key.value) not in (str, int):
            return self._refuse(node, _REASONS.get(type(key), "Only fixed keys such as name['key'] can be looked up."))
        elif isinstance(key.value, str) and key.value.startswith("_"):
            return self._refuse(node, "Names that begin with an underscore are reserved.")
        if isinstance(node.node, nodes.Name) and node.node.name == "loop":
            return self._loop_fact(node, key, scope)
        # Printed as a subscript: MiniJinja's dot would reach the methods of Python's dict.
        return f"{self._print(node.node, scope)}[{self._print(key, scope)}]"

    def _loop_fact(self, node: nodes.Expr, key: nodes.Expr, scope: Scope) -> str:
        if scope.loop_depth and isinstance(key, nodes.Const) and key.value in _LOOP_FACTS:
            return f'loop["{key.value}"]'
        return self._refuse(node, f"Of a loop there is only {', '.join(sorted(_LOOP_FACTS))}, and only inside it.")

    def _filter(self, node: nodes.Filter, scope: Scope) -> str:
        if node.node is None or node.name not in FILTERS:
            return self._refuse(node, f"The filter '{node.name}' is not available.")
        if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > FILTERS[node.name]:
            return self._refuse(node, f"The filter '{node.name}' does not take these arguments.")
        if node.name in ("default", "d") and isinstance(node.node, nodes.Name):
            subject = self._name(node.node, scope, may_be_missing=True)
        else:
            subject = self._print(node.node, scope)
        arguments = ", ".join(self._print(argument, scope) for argument in node.args)
        return f"({subject}|{node.name}({arguments}))" if arguments else f"({subject}|{node.name})"

    def _test(self, node: nodes.Test, scope: Scope) -> str:
        if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return self._refuse(node, f"The test 'is {node.name}' is not available.")
        if node.name in ("defined", "undefined") and isinstance(node.node, nodes.Name):
            return f"({self._name(node.node, scope, may_be_missing=True)} is {node.name})"
        return f"({self._print(node.node, scope)} is {node.name})"

    def _compare(self, node: nodes.Compare, scope: Scope) -> str:
        if len(node.ops) != 1:
            return self._refuse(node, "Compare two values at a time.")
        (operand,) = node.ops
        return f"({self._print(node.expr, scope)} {_COMPARISONS[operand.op]} {self._print(operand.expr, scope)})"

    def _conditional(self, node: nodes.CondExpr, scope: Scope) -> str:
        test = self._print(node.test, scope)
        then = self._print(node.expr1, scope.assuming(known_defined(node.test, holds=True)))
        if node.expr2 is None:
            return f'({then} if {test} else "")'
        otherwise = self._print(node.expr2, scope.assuming(known_defined(node.test, holds=False)))
        return f"({then} if {test} else {otherwise})"

    def _logical(self, node: nodes.And | nodes.Or, scope: Scope, *, word: str) -> str:
        # The right side runs only when the left has settled nothing.
        proven = known_defined(node.left, holds=word == "and")
        return f"({self._print(node.left, scope)} {word} {self._print(node.right, scope.assuming(proven))})"

    def _binary(self, node: nodes.BinExpr, scope: Scope, *, sign: str) -> str:
        return f"({self._print(node.left, scope)} {sign} {self._print(node.right, scope)})"

    def _prefixed(self, node: nodes.UnaryExpr, scope: Scope, *, word: str) -> str:
        # MiniJinja has no unary plus, and it changes nothing.
        return f"({'' if word == '+' else word}{self._print(node.node, scope)})"

    def _concat(self, node: nodes.Concat, scope: Scope) -> str:
        return f"({' ~ '.join(self._print(part, scope) for part in node.nodes)})"

    def _list(self, node: nodes.List | nodes.Tuple, scope: Scope) -> str:
        return f"[{', '.join(self._print(item, scope) for item in node.items)}]"

    def _refuse(self, node: nodes.Node, reason: str) -> str:
        self._problems.append((node.lineno, reason))
        return ""


_BAD_TEXT = "A text contains characters that cannot be stored."


def _is_printable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _growth(node: nodes.Node) -> int:
    if isinstance(node, nodes.Concat):
        return len(node.nodes) - 1
    if isinstance(node, nodes.Filter):
        return _GROWTH_OF_FILTERS.get(node.name, 0)
    return 1 if isinstance(node, nodes.Add) else 0
