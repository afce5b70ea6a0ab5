"""The second guard, at run: MiniJinja with everything removed that a template does not need, and a budget per message.

One environment per process. Versions never change once published, so each is compiled once and kept under its id until
newer ones push it out. Whatever is loaded is guarded again: a row changed behind our back is refused, not run.
"""

import gc
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from minijinja import Environment, TemplateError

from templates_app.errors import RenderFailed, TemplateRefused
from templates_app.expressions import FILTERS, TESTS
from templates_app.guard import Guarded, Kind, guard
from templates_app.plain_data import plain

#: Characters of one rendered part.
MAX_OUTPUT = 1_000_000
#: Larger than what may be typed: styles are written into the elements when a version is published.
MAX_STORED_CHARS = 500_000
MAX_ROUNDS = 10_000
_MAX_CPU_S = 0.2
#: Behind the rounds and the seconds; only a template that escaped both meets it.
_FUEL = 500_000
_NOT_IN_A_SUBJECT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_OPERATORS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """``html`` or ``text`` is empty where the template has none."""

    subject: str
    html: str
    text: str


class _Exhausted(Exception):
    """The budget is spent."""


class _Unfit(Exception):
    """A filter was given what it cannot use."""


class _Budget:
    """What one part may still cost. Used under the engine's lock, so one instance serves the process."""

    def __init__(self) -> None:
        self.refill()

    def refill(self) -> None:
        self._chars = MAX_OUTPUT
        self._rounds = MAX_ROUNDS
        # The thread's own time: a busy machine must not fail a message.
        self._deadline = time.thread_time() + _MAX_CPU_S

    def spend(self, value: Any) -> Any:
        """MiniJinja's finalizer: sees every value before it is printed."""
        self.check_time()
        self._take(len(value) if type(value) is str else len(str(value)))
        return value

    def begin_round(self, literal_chars: int) -> str:
        """Called by each round of a loop, with the length of the literal text in its body."""
        self._rounds -= 1
        if self._rounds < 0:
            raise _Exhausted(f"its loops go round more than {MAX_ROUNDS} times")
        self.check_time()
        self._take(literal_chars)
        return ""

    def check_time(self) -> None:
        """Called wherever MiniJinja comes back to us, so what goes unseen is at most one expression's work."""
        if time.thread_time() > self._deadline:
            raise _Exhausted(f"it takes longer than {_MAX_CPU_S} seconds")

    def _take(self, chars: int) -> None:
        self._chars -= chars
        if self._chars < 0:
            raise _Exhausted(f"the result is longer than {MAX_OUTPUT} characters")


class Engine:
    def __init__(self, *, kept_versions: int = 512) -> None:
        # MiniJinja holds the interpreter's lock while it renders, so ours costs no parallelism; it keeps the budget one
        # message's and a version from being pushed out between look-up and use.
        self._lock = Lock()
        self._budget = _Budget()
        self._environment = _bare_environment(self._budget)
        self._kept: OrderedDict[int, None] = OrderedDict()
        self._kept_versions = kept_versions

    def has(self, version_id: int) -> bool:
        return version_id in self._kept

    def load(self, version_id: int, *, subject: str, html: str, text: str) -> None:
        """Compiles a version. Raises TemplateRefused when the texts would not have passed publishing."""
        compiled = {name: _executable(source) for name, source in zip(_PARTS, (subject, html, text), strict=True)}
        with self._lock:
            for part, source in compiled.items():
                self._add(_name(version_id, part), source)
            self._kept[version_id] = None
            while len(self._kept) > self._kept_versions:
                self._remove(next(iter(self._kept)))

    def forget(self, version_id: int) -> None:
        with self._lock:
            self._remove(version_id)

    def render(self, version_id: int, params: Mapping[str, Any]) -> Rendered | None:
        """None when the version is not loaded (any more). Raises RenderFailed."""
        with self._lock:
            if version_id not in self._kept:
                return None
            self._kept.move_to_end(version_id)
            values = plain(params)
            subject = _checked_subject(self._run(version_id, "subject", values))
            # MiniJinja escapes slashes too, as nobody else does; in HTML both spellings mean the same everywhere.
            html = self._run(version_id, "html", values).replace("&#x2f;", "/")
            return Rendered(subject, html, self._run(version_id, "text", values))

    def render_subject(self, version_id: int, params: Mapping[str, Any]) -> str | None:
        """As ``render``, the subject alone."""
        with self._lock:
            if version_id not in self._kept:
                return None
            self._kept.move_to_end(version_id)
            return _checked_subject(self._run(version_id, "subject", plain(params)))

    def _run(self, version_id: int, part: str, values: dict[str, Any]) -> str:
        self._budget.refill()
        try:
            with _uncollected():
                output: str = self._environment.render_template(_name(version_id, part), **values)
        except (_Exhausted, _Unfit) as error:
            raise RenderFailed(reason=f"{part}: {error}") from error
        except TemplateError as error:
            raise RenderFailed(reason=f"{part}: {_explained(error)}") from error
        if len(output) > MAX_OUTPUT:
            raise RenderFailed(reason=f"{part}: the result is longer than {MAX_OUTPUT} characters")
        return output

    def _add(self, name: str, source: str) -> None:
        try:
            self._environment.add_template(name, source)
        except TemplateError as error:
            raise TemplateRefused(problems=[(error.line or 1, str(error.detail or error.message))]) from error

    def _remove(self, version_id: int) -> None:
        self._kept.pop(version_id, None)
        for part in _PARTS:
            self._environment.remove_template(_name(version_id, part))


_PARTS = ("subject", "html", "text")


def _name(version_id: int, part: str) -> str:
    return f"{version_id}.{part}"


def _bare_environment(budget: _Budget) -> Environment:
    environment = Environment(
        debug=False,
        fuel=_FUEL,
        undefined_behavior="strict",
        auto_escape_callback=lambda name: name.endswith("html"),
        keep_trailing_newline=True,
        pycompat=False,
        finalizer=budget.spend,
    )
    # The library can list what it brings only through its own debug(); a filter that a later release adds goes as well.
    listing = environment.render_str("{{ debug() }}")
    tests, filters = (re.search(rf"\b{kind}: \[(.*?)\]", listing, re.DOTALL) for kind in ("tests", "filters"))
    if tests is None or filters is None:
        raise RuntimeError("This release of MiniJinja lists its filters differently; engine.py must learn how.")
    for name in set(re.findall('"(.+?)"', tests[1])) - TESTS - _OPERATORS:
        environment.remove_test(name)
    for name in set(re.findall('"(.+?)"', filters[1])) - FILTERS.keys():
        environment.remove_filter(name)
    for name in list(environment.globals):
        environment.remove_global(name)
    environment.add_filter("join", _metered(budget, _join))
    environment.add_filter("items", _metered(budget, _items))
    environment.add_global("_begin_round", budget.begin_round)
    return environment


def _metered(budget: _Budget, work: Callable[..., Any]) -> Callable[..., Any]:
    def metered(*arguments: Any) -> Any:
        budget.check_time()
        return work(*arguments)

    return metered


@contextmanager
def _uncollected() -> Iterator[None]:
    """A full collection of a large process takes longer than a template may, and would be held against it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _join(values: Any, separator: Any = "") -> str:
    """Of our own, because the library's builds the whole text before anybody can object to its length."""
    if not isinstance(values, list | tuple | dict | str) or not isinstance(separator, str):
        raise _Unfit("only a list can be joined, by a text")
    texts = [value if type(value) is str else str(value) for value in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_OUTPUT:
        raise _Exhausted(f"the result is longer than {MAX_OUTPUT} characters")
    return separator.join(texts)


def _items(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """Of our own, because the library's asks the mapping for a method, and ``plain_data`` gives it none."""
    if not isinstance(mapping, dict):
        raise _Unfit("only a dictionary has items")
    return list(dict.items(mapping))


def _executable(source: str) -> str:
    """What MiniJinja is given: each round of a loop begins by paying for itself."""
    guarded = guard(source, max_chars=MAX_STORED_CHARS)
    fees = _literal_chars_per_loop(guarded)
    parts = []
    for index, piece in enumerate(guarded.pieces):
        parts.append(Guarded((piece,), ()).source)
        if piece.kind is Kind.OPEN_LOOP:
            parts.append(f"{{{{ _begin_round({fees[index]}) }}}}")
    return "".join(parts)


def _literal_chars_per_loop(guarded: Guarded) -> dict[int, int]:
    """Index of the opening tag → literal characters in its body, without those of loops inside it."""
    fees: dict[int, int] = {}
    open_loops: list[int] = []
    for index, piece in enumerate(guarded.pieces):
        if piece.kind is Kind.OPEN_LOOP:
            open_loops.append(index)
            fees[index] = 0
        elif piece.kind is Kind.CLOSE_LOOP:
            open_loops.pop()
        elif piece.kind is Kind.LITERAL and open_loops:
            fees[open_loops[-1]] += len(piece.text)
    return fees


def _explained(error: TemplateError) -> str:
    reasons = {"UndefinedError": "a value it uses was not given", "OutOfFuel": "it takes too many steps"}
    return f"{reasons.get(error.kind, error.detail or error.message)} (line {error.line})"


def _checked_subject(subject: str) -> str:
    if _NOT_IN_A_SUBJECT.search(subject):
        raise RenderFailed(reason="subject: a value brings a line break or a control character into it")
    return subject
