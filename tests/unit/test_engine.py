"""The second guard: what a published version prints, what it is given, and what it may cost."""

import threading
from typing import Any

import pytest

from templates_app.engine import MAX_OUTPUT, MAX_ROUNDS, Engine, Rendered
from templates_app.errors import RenderFailed, TemplateRefused
from templates_app.expressions import FILTERS, TESTS
from templates_app.plain_data import MAX_BYTES, MAX_VALUES


def render(params: dict[str, Any], *, subject: str = "", html: str = "", text: str = "") -> Rendered:
    engine = Engine()
    engine.load(1, subject=subject, html=html, text=text)
    rendered = engine.render(1, params)
    assert rendered is not None
    return rendered


def failure(params: dict[str, Any], **parts: str) -> str:
    with pytest.raises(RenderFailed) as error:
        render(params, **parts)
    return str(error.value)


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    name = '<b title="x">Tom\'s & Co</b>'

    rendered = render({"name": name}, subject="{{ name }}", html="<p>{{ name }}</p>", text="{{ name }}")

    assert rendered.html == "<p>&lt;b title=&quot;x&quot;&gt;Tom&#x27;s &amp; Co&lt;/b&gt;</p>"
    assert rendered.subject == rendered.text == name


def test_addresses_of_links_stay_readable() -> None:
    html = render({"url": "https://example.com/a?b=1&c=2"}, html='<a href="{{ url }}">').html

    assert html == '<a href="https://example.com/a?b=1&amp;c=2">'


def test_literal_text_is_never_escaped() -> None:
    assert render({}, html="<p>a & b</p>\n").html == "<p>a & b</p>\n"


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("name|upper", "LI LEI"),
        ("name|lower|title", "Li Lei"),
        ("name|length", "6"),
        ("' x '|trim|capitalize", "X"),
        ("missing|default('friend')", "friend"),
        ("''|default('friend', true)", "friend"),
        ("order.missing|default('-')", "-"),
        ("order['no']", "A-1"),
        ("items|first ~ items|last", "13"),
        ("items|join(' + ')", "1 + 2 + 3"),
        ("3.14159|round(2)", "3.14"),
        ("-7|abs + '2'|int", "9"),
        ("'a b&c'|urlencode", "a%20b%26c"),
        ("7 // 2 ~ ',' ~ 7 % 2 ~ ',' ~ 7 / 2", "3,1,3.5"),
        ("'yes' if 2 in items and name is defined else 'no'", "yes"),
        ("items[-1]", "3"),
        ("order|items|first|join('=')", "no=A-1"),
        ("true", "True"),
    ],
)
def test_expressions_print_what_jinja_users_expect(expression: str, printed: str) -> None:
    params = {"name": "Li Lei", "order": {"no": "A-1"}, "items": [1, 2, 3]}

    assert render(params, text=f"{{{{ {expression} }}}}").text == printed


def test_loops_know_their_place() -> None:
    text = (
        "{% for row in rows %}{{ loop.index }}/{{ loop.length }} {{ row.name }}"
        "{% if not loop.last %}, {% endif %}{% else %}none{% endfor %}"
    )

    assert render({"rows": [{"name": "a"}, {"name": "b"}]}, text=text).text == "1/2 a, 2/2 b"
    assert render({"rows": []}, text=text).text == "none"


def test_keys_of_a_dictionary_win_over_the_methods_of_python() -> None:
    text = "{% for line in order.items %}{{ line }}{% endfor %}"

    assert render({"order": {"items": ["a", "b"]}}, text=text).text == "ab"
    assert "was not given" in failure({"order": {}}, text="{{ order.items }}")


@pytest.mark.parametrize("text", ["{{ 1|join }}", "{{ [1]|join(2) }}", "{{ 'x'|items }}"])
def test_a_filter_that_is_given_the_wrong_thing_fails(text: str) -> None:
    assert "text: only a" in failure({}, text=text)


@pytest.mark.parametrize("text", ["{{ a }}", "{{ a.b }}", "{% if a %}{% endif %}", "{% for x in a %}{% endfor %}"])
def test_a_missing_variable_fails_instead_of_printing_nothing(text: str) -> None:
    assert "text: a value it uses was not given (line 2)" in failure({}, text=f"\n{text}")


def test_null_counts_as_not_given() -> None:
    text = "{{ a|default('x') }}{{ b.c|default('y') }}"

    assert render({"a": None, "b": {"c": None}}, text=text).text == "xy"


class Sneaky(str):
    def __html__(self) -> str:
        return "<script>"


@pytest.mark.parametrize(
    "value",
    [
        Sneaky("x"),
        object(),
        (1, 2),
        {1, 2},
        b"x",
        [None],
        [object()],
        {"a": Sneaky("x")},
        {1: "a"},
        {Sneaky("x"): "a"},
        2**63,
        float("nan"),
        float("inf"),
        "\ud800",
        "a\x00b",
        "x" * (MAX_BYTES + 1),
        "你" * (MAX_BYTES // 3 + 1),
        [0] * (MAX_VALUES + 1),
        [[[[[[[[[0]]]]]]]]],
    ],
    ids=lambda value: repr(value)[:20],
)
def test_anything_but_plain_data_is_refused(value: Any) -> None:
    assert failure({"a": value}, text="x")


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)

    assert "nested" in failure({"a": value}, text="x")


@pytest.mark.parametrize("character", ["\n", "\r", "\r\nBcc: v@example.com", "\x0b", "\x1c", "\x85", "\u2028"])
def test_no_value_brings_a_line_break_into_a_subject(character: str) -> None:
    assert "a line break or a control character" in failure({"a": f"x{character}y"}, subject="{{ a }}")


def test_a_subject_refused_in_full_is_refused_alone_too() -> None:
    engine = Engine()
    engine.load(1, subject="{{ a }}", html="", text="")

    with pytest.raises(RenderFailed):
        engine.render_subject(1, {"a": "x\ny"})


def test_as_many_rounds_as_the_limit_says_are_rendered() -> None:
    text = "{% for a in x %}{% for b in y %}.{% endfor %}{% endfor %}"

    assert len(render({"x": [0] * 99, "y": [0] * 100}, text=text).text) == 9900
    assert f"more than {MAX_ROUNDS} times" in failure({"x": [0] * 101, "y": [0] * 100}, text=text)


def test_what_loops_print_counts_before_it_is_printed() -> None:
    literal = "x" * (MAX_OUTPUT // 100)
    text = f"{{% for a in x %}}{{% if a %}}{literal}{{% endif %}}{{% endfor %}}"

    assert len(render({"x": [1] * 100}, text=text).text) == MAX_OUTPUT
    assert "longer than" in failure({"x": [1] * 101}, text=text)


def test_one_part_that_was_too_long_leaves_the_budget_of_the_next_message_whole() -> None:
    engine = Engine()
    engine.load(1, subject="", html="", text="{{ a }}{{ a }}{{ a }}")

    with pytest.raises(RenderFailed):
        engine.render(1, {"a": "x" * (MAX_OUTPUT // 2)})

    rendered = engine.render(1, {"a": "x" * (MAX_OUTPUT // 3)})
    assert rendered is not None
    assert len(rendered.text) == MAX_OUTPUT // 3 * 3


def test_the_environment_keeps_only_the_filters_and_tests_of_the_list() -> None:
    environment = Engine()._environment
    extras = ["safe", "replace", "map", "tojson", "format", "pprint", "attr", "range", "debug", "dict", "namespace"]

    gone = [name for name in extras if _fails(lambda name=name: environment.eval_expr(f"1|{name}"))]
    calls = [name for name in extras if _fails(lambda name=name: environment.eval_expr(f"{name}()"))]
    kept = [name for name in FILTERS if environment.eval_expr(f"{name}|default(1)") == 1]

    assert gone == calls == extras
    assert kept == list(FILTERS)
    assert all(environment.eval_expr(f"x is {test}", x=1) in (True, False) for test in TESTS)


def _fails(call: Any) -> bool:
    try:
        call()
    except RuntimeError as error:
        return "unknown" in str(error)
    return False


def test_a_stored_text_that_never_passed_the_guard_is_not_loaded() -> None:
    engine = Engine()

    with pytest.raises(TemplateRefused):
        engine.load(1, subject="", html="{{ range(1000000000)|join }}", text="")

    assert not engine.has(1)


def test_the_oldest_unused_version_makes_room() -> None:
    engine = Engine(kept_versions=2)
    for version_id in (1, 2):
        engine.load(version_id, subject=f"{version_id}", html="", text="")
    engine.render_subject(1, {})

    engine.load(3, subject="3", html="", text="")

    assert [engine.has(version_id) for version_id in (1, 2, 3)] == [True, False, True]
    assert engine.render(2, {}) is None


def test_threads_do_not_spend_each_others_budget() -> None:
    engine = Engine()
    engine.load(1, subject="", html="", text="{% for a in x %}{{ a }}{% endfor %}")
    lengths: list[int] = []

    def work() -> None:
        for _ in range(8):
            rendered = engine.render(1, {"x": ["y" * 50] * 9_000})
            lengths.append(len(rendered.text) if rendered else 0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert lengths == [50 * 9_000] * 32
