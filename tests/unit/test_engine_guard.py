"""The first guard: what may be written, which line is named when it may not, and which variables a sender must give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.errors import TemplateRefused
from templates_app.guard import MAX_NODES, guard


def problems(source: str) -> tuple[tuple[int, str], ...]:
    with pytest.raises(TemplateRefused) as refusal:
        guard(source)
    return refusal.value.problems


def required(source: str) -> dict[str, bool]:
    return {variable.name: variable.required for variable in guard(source).variables}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Hello {{ name }}!", "Hello {{ name }}!"),
        ("{{ order.lines[0]['price'] }}", '{{ order["lines"][0]["price"] }}'),
        ("{{- name -}}  x", "{{ name }}x"),
        ("{# a note #}{{ name }}", "{{ name }}"),
        ("{% raw %}{{ kept }}{% endraw %}", '{{ "{" }}{ kept }}'),
        ("{% if a == 1 %}x{% elif not b %}y{% else %}z{% endif %}",
         "{% if (a == 1) %}x{% elif (not b) %}y{% else %}z{% endif %}"),
        ("{% for k, v in d|items %}{{ loop.index }}{{ k }}{% else %}-{% endfor %}",
         '{% for k, v in (d|items) %}{{ loop["index"] }}{{ k }}{% else %}-{% endfor %}'),
        ("{{ 'it\\'s \"so\"' ~ a|default(1.5, true) }}", '{{ ("it\'s \\"so\\"" ~ (a|default(1.5, true))) }}'),
        ("{{ a if b else none }}{{ a if b }}", '{{ (a if b else none) }}{{ (a if b else "") }}'),
        ("{{ (1 + a) / 2 - 3 // b % 4 }}", "{{ (((1 + a) / 2) - ((3 // b) % 4)) }}"),
        ("{{ a in ['x', 'y'] and -1 < b }}", '{{ ((a in ["x", "y"]) and ((-1) < b)) }}'),
        ("100 % of {braces} and } }} %}", "100 % of {braces} and } }} %}"),
    ],
)  # fmt: skip
def test_what_passes_is_printed_anew(typed: str, stored: str) -> None:
    guarded = guard(typed)

    assert guarded.source == stored


@given(st.text(alphabet="ab {}%#|.'\"\n-1_[]()&<>é", max_size=40))
def test_what_has_passed_once_passes_again_unchanged(source: str) -> None:
    try:
        once = guard(source).source
    except TemplateRefused:
        return

    assert guard(once).source == once


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\nb\n{% include 'x' %}", 3, "include"),
        ("{% import 'x' as y %}", 1, "import"),
        ("{% extends 'x' %}", 1, "extends"),
        ("{% block x %}{% endblock %}", 1, "block"),
        ("\n{% macro m() %}{% endmacro %}", 2, "macro"),
        ("{% set x = 1 %}", 1, "set"),
        ("{% with %}{% endwith %}", 1, "with"),
        ("{{\n\nname() }}", 3, "Calls"),
        ("{{ 2 * 3 }}", 1, "'*'"),
        ("{{ 2 ** 3 }}", 1, "'**'"),
        ("{{ a|replace('x', 'y') }}", 1, "'replace'"),
        ("{{ a|safe }}", 1, "'safe'"),
        ("{{ a|join(d='x') }}", 1, "arguments"),
        ("{{ a is mapping }}", 1, "mapping"),
        ("{{ a.__class__ }}", 1, "underscore"),
        ("{{ a['__class__'] }}", 1, "underscore"),
        ("{{ _begin_round(1) }}", 1, "Calls"),
        ("{{ a[b] }}", 1, "fixed keys"),
        ("{{ a[1:2] }}", 1, "Slices"),
        ("{{ {'a': 1} }}", 1, "Dict"),
        ("{{ 1 < a < 3 }}", 1, "two values"),
        ("{{ loop.index }}", 1, "inside it"),
        ("{% for a in b %}{{ loop }}{% endfor %}", 1, "loop.index"),
        ("{% for a in b %}{{ loop.cycle }}{% endfor %}", 1, "Of a loop"),
        ("{% for a in b if a %}{% endfor %}", 1, "{% if %} inside"),
        ("{% for a in b recursive %}{% endfor %}", 1, "Recursive"),
        ("{% for loop in b %}{% endfor %}", 1, "loop variable"),
        ("{% for a in x %}\n{% for b in x %}\n{% for c in x %}{% endfor %}{% endfor %}{% endfor %}", 3, "2 deep"),
        ("{{ name", 1, "unexpected"),
        ("x\n{% if a %}y", 2, "Unexpected end"),
        ("x\n{% frobnicate %}", 2, "frobnicate"),
        ("{{ 1e999 }}", 1, "too large"),
        ("{{ 9223372036854775808 }}", 1, "too large"),
        ("a\x00b", 1, "cannot be stored"),
        ("{{ '\\x00' }}", 1, "cannot be stored"),
    ],
)
def test_a_refusal_names_the_line_and_the_reason(source: str, line: int, words: str) -> None:
    (problem,) = problems(source)

    assert problem[0] == line
    assert words in problem[1]


def test_a_refusal_names_all_problems_in_order() -> None:
    found = problems("{{ a() }}\n{{ b * 2 }}\n{{ c|safe }}")

    assert [line for line, _ in found] == [1, 2, 3]


def test_a_refusal_reads_as_a_sentence_with_its_lines() -> None:
    with pytest.raises(TemplateRefused) as refusal:
        guard("\n{{ a() }}")

    assert str(refusal.value) == ("The template was refused. Line 2: Calls such as name() are not available.")


def test_a_template_may_hold_as_many_elements_as_the_limit_says() -> None:
    assert guard("{{ a }}" * MAX_NODES)


def test_a_template_with_one_element_too_many_is_refused() -> None:
    assert "too many tags" in problems("{{ a }}" * (MAX_NODES + 1))[0][1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ a }}", {"a": True}),
        ("{{ a.b.c }}", {"a": True}),
        ("{{ a|default('x') }}", {"a": False}),
        ("{{ a|default(b) }}", {"a": False, "b": True}),
        ("{{ a|default('x')|upper }}", {"a": False}),
        ("{{ a|upper|default('x') }}", {"a": True}),
        ("{{ a|default('x') }}{{ a }}", {"a": True}),
        ("{% if a is defined %}{{ a }}{% endif %}", {"a": False}),
        ("{% if a is defined %}{% else %}{{ a }}{% endif %}", {"a": True}),
        ("{% if a is undefined %}-{% else %}{{ a }}{% endif %}", {"a": False}),
        ("{% if not a is defined %}-{% else %}{{ a }}{% endif %}", {"a": False}),
        ("{% if a is defined and a > 1 %}{{ a }}{% endif %}", {"a": False}),
        ("{% if a is undefined or a > 1 %}-{% endif %}", {"a": False}),
        ("{% if a is defined or b %}{{ a }}{% endif %}", {"a": True, "b": True}),
        ("{% if a is defined %}{% elif b is defined %}{{ b }}{% endif %}", {"a": False, "b": False}),
        ("{{ a if a is defined else b }}", {"a": False, "b": True}),
        ("{% if a %}{{ a }}{% endif %}", {"a": True}),
        ("{% for a in b %}{{ a }}{{ loop.index }}{% endfor %}", {"b": True}),
        ("{% for a in b %}{% endfor %}{{ a }}", {"a": True, "b": True}),
        ("{% for a in b|default([]) %}{{ a.c }}{% endfor %}", {"b": False}),
        ("{{ b }}{{ a }}", {"a": True, "b": True}),
        ("{{ 姓名 }}", {"姓名": True}),
        ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", {}),
    ],
)  # fmt: skip
def test_a_variable_is_required_unless_every_use_is_guarded(source: str, expected: dict[str, bool]) -> None:
    assert required(source) == expected
