"""Templates written to do harm. Each is refused at save or stopped at run, quickly, in little memory, and the process
renders the next message as if nothing had happened.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from templates_app.engine import Engine
from templates_app.errors import RenderFailed, TemplateRefused
from templates_app.guard import MAX_SOURCE_CHARS
from templates_app.publishing import Source, prepare

#: Twice what is promised, for a machine that is half as fast as it should be.
MAX_CPU_S = 1.0
MAX_GROWTH_KB = 50 * 1024

LOOPS = "{% for a in l %}{% for b in l %}"
ENDS = "{% endfor %}{% endfor %}"
ROWS = list(range(100))
NUMBERS = list(range(19_000))
HALF = NUMBERS[:9_000]
LONG = "z" * 490_000
QUOTES = '"' * 490_000

#: Never saved, so never run.
REFUSED = {
    # Escapes from the sandbox.
    "class of a text": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "class by subscript": "{{ a['__class__']['__init__']['__globals__'] }}",
    "class by escape": "{{ a['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "class by the attr filter": "{{ a|attr('__class__') }}",
    "class by map": "{{ l|map(attribute='__class__')|list }}",
    "class by a made key": "{{ a['__cla' ~ 'ss__'] }}",
    "class by a variable": "{{ a[key] }}",
    "format string": "{{ '{0.__class__}'.format(a) }}",
    "format filter": "{{ '%200000000d'|format(1) }}",
    "percent": "{{ a.format_map(b) }}",
    "globals of cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "joiner": "{{ joiner('x')() }}",
    "namespace": "{% set ns = namespace(x=1) %}",
    "lipsum": "{{ lipsum(n=1000000) }}",
    "self": "{{ self.__init__ }}",
    "caller": "{{ caller() }}",
    "our own fee": "{{ _begin_round(-1000000) }}",
    "debug": "{{ debug() }}",
    "unsafe marking": "{{ a|safe }}",
    "autoescape off": "{% autoescape false %}{{ a }}{% endautoescape %}",
    # Other files, other code.
    "include": "{% include '/etc/passwd' %}",
    "include of a list": "{% include ['a', 'b'] ignore missing %}",
    "import": "{% import 'x' as x %}",
    "from": "{% from 'x' import y %}",
    "extends": "{% extends 'base.html' %}",
    "extends itself": "{% extends self %}",
    "macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call block": "{% call m() %}{% endcall %}",
    "set that doubles": "{% set a = a ~ a %}" * 60,
    "set block": "{% set a %}x{% endset %}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "with": "{% with a = 1 %}{% endwith %}",
    "recursive loop": "{% for a in l recursive %}{{ loop(l) }}{% endfor %}",
    # Bombs.
    "repeated text": "{{ 'a' * 1000000000 }}",
    "repeated list": "{% for x in [1] * 100000000 %}{% endfor %}",
    "power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "range": "{% for x in range(1000000000) %}.{% endfor %}",
    "range of a list": "{{ range(1000000000)|list }}",
    "three loops": "{% for a in l %}{% for b in l %}{% for c in l %}.{% endfor %}{% endfor %}{% endfor %}",
    "replace that grows": "{{ a|replace('', a)|replace('', a) }}",
    "padding": "{{ 'a'.ljust(1000000000) }}",
    "center filter": "{{ 'a'|center(1000000000) }}",
    "indent filter": "{{ a|indent(1000000000) }}",
    "wordwrap filter": "{{ a|wordwrap(1) }}",
    "batch filter": "{{ l|batch(1000000000, 'x')|list }}",
    "slice filter": "{{ l|slice(1000000000)|list }}",
    "tojson filter": "{{ l|tojson(indent=100000000) }}",
    "sort filter": "{{ l|sort }}",
    "sum filter": "{{ l|sum(start=l) }}",
    "long slice": "{{ a[::1] }}",
    "condition in the loop": "{% for a in l if 'zy' in big %}{% endfor %}",
    "urlencode that grows": "{{ a" + "|urlencode" * 40 + " }}",
    "joined over and over": "{{ a" + " ~ a" * 100 + " }}",
    "chain of filters": "{{ a" + "|upper" * 150 + " }}",
    "deep parentheses": "{{ " + "(" * 90_000 + "a }}",
    "deep lists": "{{ " + "[" * 90_000 + " }}",
    "deep negation": "{{ " + "not " * 45_000 + "a }}",
    "deep minus": "{{ " + "-" * 190_000 + "1 }}",
    "long attribute": "{{ a" + ".b" * 90_000 + " }}",
    "deep conditions": "{% if a %}" * 60 + "{% endif %}" * 60,
    "many tags": "{{ a }}" * 25_000,
    "many elifs": "{% if a %}" + "{% elif a %}" * 15_000 + "{% endif %}",
    "long number": "{{ " + "1" * 190_000 + " }}",
    "number with underscores": "{{ 1" + "_1" * 90_000 + " }}",
    "infinite number": "{{ 1e99999 }}",
    "long list": "{{ [" + "1," * 90_000 + "] }}",
    "open comments": "{#" * 90_000,
    "open strings": "{{ '" + "\\" * 190_000,
    "open raw blocks": "{% raw %}" * 20_000,
    "more than 200 KB": "x" * 200_001,
    # What cannot be kept.
    "NUL": "a\x00b",
    "half a character": "a\ud800b",
    "half a character, escaped": "{{ '\\ud800' }}",
}

#: Harmless to read, harmful with the right data.
STOPPED: dict[str, tuple[str, dict[str, Any]]] = {
    "ten thousand rounds and one": (LOOPS + ENDS, {"l": list(range(101))}),
    "a million rounds": (LOOPS + "x" + ENDS, {"l": list(range(1000))}),
    "letters of a text": ("{% for c in big %}{{ c }}{% endfor %}", {"big": LONG}),
    "pairs of a dictionary": (
        "{% for k, v in d|items %}{% for k, v in d|items %}{% endfor %}{% endfor %}",
        {"d": {str(number): number for number in NUMBERS}},
    ),
    "literal in a loop": (LOOPS + "x" * 150_000 + ENDS, {"l": ROWS}),
    "literal in a branch in a loop": (LOOPS + "{% if b %}" + "x" * 150_000 + "{% endif %}" + ENDS, {"l": ROWS}),
    "text in a loop": (LOOPS + "{{ big }}" + ENDS, {"l": ROWS, "big": LONG}),
    "list in a loop": (LOOPS + "{{ big }}" + ENDS, {"l": ROWS, "big": NUMBERS}),
    "text three times": ("{{ big }}{{ big }}{{ big }}", {"big": LONG}),
    "escaping that swells": ("{{ big }}", {"big": QUOTES}),
    "join of joins": ("{{ l|join(s)|join(s)|length }}", {"l": ROWS, "s": "z" * 9_000}),
    "search in a text": (LOOPS + "{{ 'zy' in big }}{{ 'zx' in big }}" + ENDS, {"l": ROWS, "big": LONG}),
    "search in a list": (LOOPS + "{{ 'a' in big }}" + ENDS, {"l": ROWS, "big": NUMBERS}),
    "case of a text": (LOOPS + "{{ big|upper == 'a' }}" + ENDS, {"l": ROWS, "big": LONG}),
    "join in a comparison": (LOOPS + "{{ big|join('-') == 'a' }}" + ENDS, {"l": ROWS, "big": NUMBERS}),
    "lists compared": (LOOPS + "{{ big == same }}" * 3 + ENDS, {"l": ROWS, "big": HALF, "same": HALF[:]}),
    "items in a loop": (LOOPS + "{{ d|items|length }}" + ENDS, {"l": ROWS, "d": {str(n): n for n in NUMBERS}}),
    "items in conditions": (
        LOOPS + "{% if d|items %}{% endif %}" * 60 + ENDS,
        {"l": ROWS, "d": {str(n): n for n in NUMBERS}},
    ),
    "titles in one round": (LOOPS + "{{ big|title|length }}" * 60 + ENDS, {"l": ROWS, "big": LONG}),
    "lists joined in a loop": (LOOPS + "{{ [big, big, big]|join|length }}" + ENDS, {"l": ROWS, "big": LONG[:99_000]}),
    "default in a loop": (LOOPS + "{{ x|default(big)|length }}" * 2 + ENDS, {"l": ROWS, "big": LONG}),
    "division by zero": ("{{ 1 / 0 }}", {}),
    "remainder by zero": ("{{ 1 % n }}", {"n": 0}),
    "number over text": ("{{ 1 + a }}", {"a": "x"}),
    "method of a list": ("{{ l.append }}", {"l": ROWS}),
    "method of a dictionary": ("{{ d.clear }}", {"d": {}}),
    "too much data": ("x", {"big": "x" * 500_001}),
    "too many values": ("x", {"big": [0] * 20_001}),
    "too deep data": ("x", {"big": [[[[[[[[[[]]]]]]]]]]}),
}  # fmt: skip


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(REFUSED) + len(STOPPED) >= 60


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_a_hostile_template_is_refused_when_it_is_published(source: str) -> None:
    with _within_bounds(), pytest.raises(TemplateRefused) as refusal:
        prepare(Source(text=source))

    assert all(line >= 1 and reason for line, reason in refusal.value.problems)


@pytest.mark.parametrize("source", [source for source in REFUSED.values() if len(source) <= MAX_SOURCE_CHARS])
def test_a_hostile_template_written_straight_into_the_database_is_not_run(source: str) -> None:
    engine = Engine()

    with _within_bounds(), pytest.raises(TemplateRefused):
        engine.load(1, subject="", html=source, text="")

    assert _still_renders(engine)


@pytest.mark.parametrize(("source", "params"), STOPPED.values(), ids=STOPPED)
def test_a_hostile_template_is_stopped_at_run(source: str, params: dict[str, Any]) -> None:
    engine = Engine()
    engine.load(1, subject="", html=source, text="")

    with _within_bounds(), pytest.raises(RenderFailed):
        engine.render(1, params)

    assert _still_renders(engine)


def _still_renders(engine: Engine) -> bool:
    engine.load(2, subject="", html="<p>{{ name }}</p>", text="")
    rendered = engine.render(2, {"name": "Li Lei"})
    return rendered is not None and rendered.html == "<p>Li Lei</p>"


@contextmanager
def _within_bounds() -> Iterator[None]:
    # What the tests before us have left must not be searched for garbage at our expense.
    gc.freeze()
    before, start = _forget_peak(), time.thread_time()
    try:
        yield
    finally:
        gc.unfreeze()
    assert time.thread_time() - start < MAX_CPU_S
    assert _memory_kb("VmHWM") - before < MAX_GROWTH_KB


def _forget_peak() -> int:
    """The memory in use; where Linux lets us, its peak is counted from here."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")
    return _memory_kb("VmRSS")


def _memory_kb(figure: str) -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(figure))
