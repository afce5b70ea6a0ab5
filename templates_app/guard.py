"""The first guard, at save: an allow-list over Jinja2's syntax tree. Pure; nothing is rendered here.

What passes is printed anew from the tree, so MiniJinja never sees a character that was not judged, and the two parsers
cannot disagree about what is literal. ``publishing`` calls it on what people wrote, ``engine`` on what is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import islice

from jinja2 import Environment, TemplateSyntaxError, nodes

from templates_app.dialects import escape_literal
from templates_app.errors import TemplateRefused
from templates_app.expressions import ExpressionPrinter, Scope, known_defined

MAX_SOURCE_CHARS = 200_000
MAX_NODES = 200
MAX_LOOP_DEPTH = 2
#: The parser takes about ten tokens a node; counting them first keeps a bomb from ever becoming a tree.
_MAX_TOKENS = 15 * MAX_NODES
_MAX_IF_DEPTH = 10
#: The lexer takes megabytes for it, and Python refuses to read it.
_LONG_NUMBER = re.compile(r"[\d_]{1000}")
_PARSER = Environment(keep_trailing_newline=True, autoescape=True)  # parses only; the flag is for readers' peace
_UNCOUNTED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Operand)

_STATEMENTS: dict[type[nodes.Stmt], str] = {
    nodes.Include: "{% include %} is not available.",
    nodes.Import: "{% import %} is not available.",
    nodes.FromImport: "{% from %} is not available.",
    nodes.Extends: "{% extends %} is not available.",
    nodes.Block: "{% block %} is not available.",
    nodes.Macro: "{% macro %} is not available.",
    nodes.CallBlock: "{% call %} is not available.",
    nodes.Assign: "{% set %} is not available.",
    nodes.AssignBlock: "{% set %} is not available.",
    nodes.FilterBlock: "{% filter %} is not available.",
    nodes.With: "{% with %} is not available.",
    nodes.Scope: "{% autoescape %} is not available.",
}


class Kind(Enum):
    LITERAL = auto()
    OUTPUT = auto()
    #: Opens, continues and closes a block.
    OPEN = auto()
    OPEN_LOOP = auto()
    MIDDLE = auto()
    CLOSE = auto()
    CLOSE_LOOP = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of literal text, or one tag with its delimiters. ``line`` is where it stood in the source."""

    kind: Kind
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    #: False when every use is behind ``is defined`` or has a ``default``.
    required: bool


@dataclass(frozen=True, slots=True)
class Guarded:
    pieces: tuple[Piece, ...]
    #: By name.
    variables: tuple[Variable, ...]

    @property
    def source(self) -> str:
        """Jinja again; guarding it once more gives the same."""
        return "".join(
            escape_literal(piece.text) if piece.kind is Kind.LITERAL else piece.text for piece in self.pieces
        )


def guard(source: str, *, max_chars: int = MAX_SOURCE_CHARS) -> Guarded:
    """The template, judged. Raises TemplateRefused naming the line of every problem."""
    if len(source) > max_chars:
        raise TemplateRefused(problems=[(1, f"It is longer than {max_chars} characters.")])
    if "\x00" in source or not _is_encodable(source):
        raise TemplateRefused(problems=[(1, "It contains characters that cannot be stored.")])
    try:
        return _Judge().judge(_parse(source))
    except TemplateSyntaxError as error:
        raise TemplateRefused(problems=[(error.lineno, f"{error.message}")]) from error
    except RecursionError as error:
        raise TemplateRefused(problems=[(1, "An expression is nested too deeply.")]) from error


def _is_encodable(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse(source: str) -> nodes.Template:
    too_large = TemplateRefused(problems=[(1, f"It has too many tags; at most {MAX_NODES} elements are allowed.")])
    if match := _LONG_NUMBER.search(source):
        line = source.count("\n", 0, match.start()) + 1
        raise TemplateRefused(problems=[(line, "A number is too long.")])
    if sum(1 for _ in islice(_PARSER.lex(source), _MAX_TOKENS)) == _MAX_TOKENS:
        raise too_large
    tree = _PARSER.parse(source)
    if sum(not isinstance(node, _UNCOUNTED) for node in tree.find_all(nodes.Node)) > MAX_NODES:
        raise too_large
    return tree


class _Judge:
    def __init__(self) -> None:
        self._problems: list[tuple[int, str]] = []
        self._pieces: list[Piece] = []
        self._expressions = ExpressionPrinter(self._problems)

    def judge(self, tree: nodes.Template) -> Guarded:
        self._statements(tree.body, Scope())
        if self._problems:
            raise TemplateRefused(problems=sorted(set(self._problems)))
        used = self._expressions.used
        return Guarded(tuple(self._pieces), tuple(Variable(name, used[name]) for name in sorted(used)))

    def _statements(self, body: Sequence[nodes.Node], scope: Scope) -> None:
        for node in body:
            if isinstance(node, nodes.Output):
                self._output(node, scope)
            elif isinstance(node, nodes.If):
                self._if(node, scope)
            elif isinstance(node, nodes.For):
                self._for(node, scope)
            else:
                reason = _STATEMENTS.get(type(node), f"{type(node).__name__} is not available.")  # type: ignore[arg-type]
                # Of {% autoescape %} only what is inside knows its line.
                self._problems.append((node.lineno or next(node.iter_child_nodes()).lineno, reason))

    def _output(self, node: nodes.Output, scope: Scope) -> None:
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                self._add(Kind.LITERAL, child.data, child.lineno)
            else:
                self._add(Kind.OUTPUT, f"{{{{ {self._expressions.print(child, scope)} }}}}", child.lineno)

    def _if(self, node: nodes.If, scope: Scope) -> None:
        if scope.if_depth == _MAX_IF_DEPTH:
            self._problems.append((node.lineno, f"{{% if %}} is nested more than {_MAX_IF_DEPTH} deep."))
            return
        inner = replace(scope, if_depth=scope.if_depth + 1)
        for index, branch in enumerate([node, *node.elif_]):
            test = self._expressions.print(branch.test, inner)
            kind, word = (Kind.MIDDLE, "elif") if index else (Kind.OPEN, "if")
            self._add(kind, f"{{% {word} {test} %}}", branch.lineno)
            self._statements(branch.body, inner.assuming(known_defined(branch.test, holds=True)))
            inner = inner.assuming(known_defined(branch.test, holds=False))
        if node.else_:
            self._add(Kind.MIDDLE, "{% else %}", node.else_[0].lineno)
            self._statements(node.else_, inner)
        self._add(Kind.CLOSE, "{% endif %}", node.lineno)

    def _for(self, node: nodes.For, scope: Scope) -> None:
        if scope.loop_depth == MAX_LOOP_DEPTH:
            self._problems.append((node.lineno, f"{{% for %}} is nested more than {MAX_LOOP_DEPTH} deep."))
            return
        if node.recursive:
            self._problems.append((node.lineno, "Recursive loops are not available."))
        if node.test is not None:
            # Skipped rounds would escape the count that the engine keeps inside the loop.
            self._problems.append((node.lineno, "Put the condition of the loop in an {% if %} inside it."))
        names = self._expressions.target_names(node.target)
        iterable = self._expressions.print(node.iter, scope)
        self._add(Kind.OPEN_LOOP, f"{{% for {', '.join(names)} in {iterable} %}}", node.lineno)
        self._statements(node.body, scope.binding(names))
        if node.else_:
            self._add(Kind.MIDDLE, "{% else %}", node.else_[0].lineno)
            self._statements(node.else_, scope)
        self._add(Kind.CLOSE_LOOP, "{% endfor %}", node.lineno)

    def _add(self, kind: Kind, text: str, line: int) -> None:
        self._pieces.append(Piece(kind, text, line))
