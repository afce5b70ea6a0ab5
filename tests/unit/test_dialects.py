"""Foreign placeholders become Jinja, everything else stays what it was. Asserted on what is finally rendered."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.dialects import brace_to_jinja, dollar_to_jinja, double_to_jinja, escape_literal
from templates_app.engine import Engine
from templates_app.errors import TemplateRefused

NAMES = {"name": "Li Lei", "order": {"no": "A-1"}, "n": 7}


def rendered(jinja: str) -> str:
    engine = Engine()
    engine.load(1, subject="", html="", text=jinja)
    result = engine.render(1, NAMES)
    assert result is not None
    return result.text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Dear ${name}, no. ${ order.no }.", "Dear Li Lei, no. A-1."),
        ("${name}${n}", "Li Lei7"),
        ("${missing!\"friend\"} ${missing!'a{b'} [${missing!}]", "friend a{b []"),
        ("It costs $5 or $${n} {name}", "It costs $5 or $7 {name}"),
        ("{{ name }} {% if %} {# note #} {%raw%}", "{{ name }} {% if %} {# note #} {%raw%}"),
        ("{${name}} {{${n}}} {", "{Li Lei} {{7}} {"),
        ("100% }} %} #}", "100% }} %} #}"),
        ("<font color=\"#fff\">#{name}</font>", "<font color=\"#fff\">#{name}</font>"),
    ],
)  # fmt: skip
def test_dollar_placeholders_are_filled_and_the_rest_is_literal(typed: str, read: str) -> None:
    assert rendered(dollar_to_jinja(typed)) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Dear {name}, {order.no}, {{n}}, {{ name }}, {{.n}}.", "Dear Li Lei, A-1, 7, Li Lei, 7."),
        ("{name}{n}", "Li Lei7"),
        ("<style>p{top:0}@media print{#a{top:0}}</style>{n}", "<style>p{top:0}@media print{#a{top:0}}</style>7"),
        ("<STYLE>p{n}</STYLE>{n}", "<STYLE>p{n}</STYLE>7"),
        ('{"json": 1} {} { } {1} { spaced: out } {', '{"json": 1} {} { } {1} { spaced: out } {'),
        ("${n} 100% {% if x %} {# y #}", "$7 100% {% if x %} {# y #}"),
    ],
)  # fmt: skip
def test_brace_placeholders_are_filled_and_the_rest_is_literal(typed: str, read: str) -> None:
    assert rendered(brace_to_jinja(typed)) == read


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("a\n${name", 2),
        ("a\n\n${name?html}", 3),
        ("${user name}", 1),
        ("${}", 1),
        ("${1 + 1}", 1),
        ("x\n<#if vip>y</#if>", 2),
    ],
)
def test_a_malformed_dollar_placeholder_is_refused_with_its_line(typed: str, line: int) -> None:
    with pytest.raises(TemplateRefused) as refusal:
        dollar_to_jinja(typed)

    assert refusal.value.problems[0][0] == line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("a\n{user name}", 2),
        ("{user-name}", 1),
        ("\n\nDear {name\n", 3),
        ("<p>{name</p>", 1),
        ("{{if .vip}}x{{end}}", 1),
        ("{{range .items}}", 1),
        ("{{name}", 1),
    ],
)
def test_a_malformed_brace_placeholder_is_refused_with_its_line(typed: str, line: int) -> None:
    with pytest.raises(TemplateRefused) as refusal:
        brace_to_jinja(typed)

    assert refusal.value.problems[0][0] == line


@given(st.text(alphabet="{}%#$ab\n\"'", max_size=30))
def test_escaped_text_is_rendered_as_it_was_typed(text: str) -> None:
    assert rendered(escape_literal(text) + "{{ n }}") == text + "7"


@pytest.mark.parametrize("start", ["", "${", "${a", "${a!'", "{", "{a", "{{", "{{a", "<style>"])
@pytest.mark.parametrize(
    "unit", ["${", "{{", "{a", "{a ", "<style>", "<#a", '${a!"', "{{{{{{{a", "{a.", "${a.", " ", "a", "."]
)
def test_a_hostile_text_is_translated_in_linear_time(start: str, unit: str) -> None:
    source = start + unit * (200_000 // len(unit)) + "?"
    began = time.thread_time()

    for translate in (dollar_to_jinja, brace_to_jinja):
        with suppress(TemplateRefused):
            translate(source)

    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Dear {{name}}, {{ order.no }}{{n}}.", "Dear Li Lei, A-17."),
        ("{name} ${name} {% if x %} {# y #} {", "{name} ${name} {% if x %} {# y #} {"),
        ("<style>@media print{#a{top:0}}</style>{{n}} }}", "<style>@media print{#a{top:0}}</style>7 }}"),
    ],
)  # fmt: skip
def test_double_braces_are_filled_and_the_rest_is_literal(typed: str, read: str) -> None:
    assert rendered(double_to_jinja(typed)) == read


@pytest.mark.parametrize("typed", ["a\n{{", "a\n{{ a b }}", "a\n{{1}}", "a\n{{name|upper}}", "a\n{{f()}}"])
def test_double_braces_around_no_name_are_a_problem_with_its_line(typed: str) -> None:
    with pytest.raises(TemplateRefused) as caught:
        double_to_jinja(typed)

    assert [line for line, _ in caught.value.problems] == [2]
