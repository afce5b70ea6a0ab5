"""HTML is rewritten, Jinja in it is not: styles inlined, text derived, tags and braces exactly where they were."""

import time
from typing import Any

import pytest

from templates_app.engine import Engine
from templates_app.errors import TemplateRefused
from templates_app.guard import guard
from templates_app.markup import check_places, derive_text, inline_styles


def page(body: str, style: str = "p{color:red}") -> str:
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def inlined(html: str) -> str:
    return inline_styles(guard(html).pieces)


def body(html: str) -> str:
    return html.partition("<body>")[2].rpartition("</body>")[0].strip()


def rendered(html: str, **params: Any) -> str:
    engine = Engine()
    engine.load(1, subject="", html=html, text="")
    result = engine.render(1, params)
    assert result is not None
    return result.html


def derived(html: str, **params: Any) -> str:
    engine = Engine()
    engine.load(1, subject="", html="", text=derive_text(guard(html).pieces))
    result = engine.render(1, params)
    assert result is not None
    return result.text


def test_styles_are_written_into_the_elements() -> None:
    assert body(inlined(page('<p class="a">x</p>', "p{color:red}.a{top:0}"))) == (
        '<p class="a" style="color: red;top: 0;">x</p>'
    )


def test_at_rules_stay_in_the_head() -> None:
    html = inlined(page("<p>x</p>", "p{top:0}@media (prefers-color-scheme: dark){p{color:#fff!important}}"))

    assert "<style>@media (prefers-color-scheme: dark){p{color:#fff!important}}" in html


def test_a_page_without_a_style_sheet_stays_byte_for_byte() -> None:
    html = "<P>Hello &nbsp; {{ name }}<br>\n<TD>odd</TD> &#123;&#123; x }}"

    assert inlined(html) == html


@pytest.mark.parametrize(
    "kept",
    [
        "<p{0}>a{{{{ name }}}}b</p>",
        "<p{0}>{{% if a %}}<b>x</b>{{% else %}}y{{% endif %}}</p>",
        '<a href="https://example.com/{{{{ id }}}}?a=1&amp;b={{{{ x }}}}">x</a>',
        '<a title="{{% if a %}}x{{% else %}}y{{% endif %}}">x</a>',
        '<table><tbody>{{% for row in rows %}}<tr><td>{{{{ row["name"] }}}}</td></tr>{{% endfor %}}</tbody></table>',
        "<table><thead><tr><th>x</th></tr></thead><tbody>{{% for row in rows %}}<tr>{{% if row %}}<td>y</td>"
        "{{% endif %}}</tr>{{% else %}}<tr></tr>{{% endfor %}}</tbody></table>",
        "<ul>{{% for row in rows %}}<li>{{{{ row }}}}</li>{{% endfor %}}</ul>",
        "<select>{{% for row in rows %}}<option>{{{{ row }}}}</option>{{% endfor %}}</select>",
        "<!--[if mso]><table><tr><td>{{{{ name }}}}<![endif]-->",
        '<div style="color: {{{{ color }}}};">x</div>',
        "<textarea>{{{{ name }}}}</textarea>",
    ],
)
def test_tags_survive_the_inliner_where_they_stood(kept: str) -> None:
    html = body(inlined(page(kept.format(""))))

    assert html == kept.format(' style="color: red;"')


def test_a_loop_over_rows_does_not_repeat_the_table_body_that_the_parser_supplies() -> None:
    html = inlined(page("<table>{% for row in rows %}<tr><td>{{ row }}</td></tr>{% endfor %}</table>"))

    assert "<tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody>" in rendered(html, rows=[1, 2])


def test_a_title_keeps_its_variables() -> None:
    html = inlined("<html><head><title>{{ a }} &lt;</title><style>p{top:0}</style></head><body><p>x</p></body></html>")

    assert "<title>{{ a }} &lt;</title>" in html


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("&#123;&#123; a }}", "{{ a }}"),
        ("&lbrace;{ a }}", "{{ a }}"),
        ("&#123;% include a %}", "{% include a %}"),
        ("&#123;# a #}", "{# a #}"),
        ("&#123;{{ a }}", "{value"),
        ("{% raw %}{{ a }}{% endraw %}", "{{ a }}"),
    ],
)
def test_braces_that_the_libraries_decode_do_not_become_tags(typed: str, read: str) -> None:
    html = page(f"<p>{typed}</p>")

    assert f">{read}</p>" in rendered(inlined(html), a="value")
    assert derived(html, a="value") == f"{read}\n"


def test_a_page_whose_text_would_move_is_left_alone() -> None:
    misplaced = page("<table>{% if a %}outside the cells<tr><td>b</td></tr>{% endif %}</table>")

    assert inlined(misplaced) == misplaced


def test_a_style_that_is_wholly_a_variable_is_left_alone() -> None:
    html = page('<p style="{{ style }}">x</p>')

    assert inlined(html) == html


def test_a_downlevel_comment_that_the_inliner_would_rewrite_is_left_alone() -> None:
    html = page("<![if !mso]><p>x</p><![endif]>")

    assert inlined(html) == html


def test_nothing_is_fetched_for_a_style_sheet(tmp_path: Any) -> None:
    sheet = tmp_path / "planted.css"
    sheet.write_text("p{color:blue}")
    linked = f'<link rel="stylesheet" href="file://{sheet}"><link rel="stylesheet" href="{sheet}">'
    imported = f"@import url('file://{sheet}');@import 'http://127.0.0.1:9/x.css';"

    html = inlined(f"<html><head>{linked}<style>{imported}p{{top:0}}</style></head><body><p>x</p></body></html>")

    assert '<p style="top: 0;">x</p>' in html
    assert "blue" not in html


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<p>\n<a href={{ url }}>x</a>", 2),
        ("<p {{ attributes }}>x</p>", 1),
        ("<p {% if a %}class='x'{% endif %}>x</p>", 1),
        ("<style>\np { color: {{ color }} }</style>", 2),
        ("<script>\n\nvar a = '{{ a }}'</script>", 3),
        ("<p title=\"{% if a %}\" class=\"{% endif %}\">x</p>", 1),
    ],
)  # fmt: skip
def test_a_variable_that_could_change_the_structure_is_refused_with_its_line(html: str, line: int) -> None:
    with pytest.raises(TemplateRefused) as refusal:
        check_places(guard(html).pieces)

    assert refusal.value.problems[0][0] == line


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ a }}</p>",
        "<a href='{{ a }}' title=\"x {{ b }}\">{{ c }}</a>",
        "<a class=\"{% if a %}x{% elif b %}y{% endif %}\">",
        "<!-- {{ a }} --><title>{{ a }}</title>",
        "a < b {{ c }} > d",
    ],
)  # fmt: skip
def test_variables_in_text_and_quoted_attributes_are_welcome(html: str) -> None:
    check_places(guard(html).pieces)


def test_text_is_derived_with_its_links() -> None:
    html = '<p>Dear {{ name }},</p><p>see <a href="https://example.com/{{ id }}?a=1&amp;b=2">your order</a>.</p>'

    assert derived(html, name="<Li>", id=7) == "Dear <Li>,\n\nsee [your order](https://example.com/7?a=1&b=2).\n"


def test_a_link_that_shows_its_address_is_written_once() -> None:
    assert derived('<a href="{{ url }}">{{ url }}</a>', url="https://example.com/") == "https://example.com/\n"


def test_loops_over_rows_and_items_are_derived() -> None:
    html = (
        "<table><tr><th>No</th><th>Name</th></tr>"
        "{% for row in rows %}<tr><td>{{ row.no }}</td><td>{{ row.name }}</td></tr>{% else %}<tr><td>none</td></tr>"
        "{% endfor %}</table><ul>{% for row in rows %}<li>{{ row.name }}</li>{% endfor %}</ul><p>end</p>"
    )

    lines = derived(html, rows=[{"no": 1, "name": "a"}, {"no": 2, "name": "b"}]).splitlines()

    assert [line.split() for line in lines if line] == [
        ["No", "Name"], ["1", "a"], ["2", "b"], ["*", "a"], ["*", "b"], ["end"],
    ]  # fmt: skip
    assert "none" in derived(html, rows=[])


def test_conditions_around_paragraphs_are_derived() -> None:
    html = "<p>one</p>{% if vip %}<p>two</p>{% endif %}<p>three</p>"

    assert derived(html, vip=True).split() == ["one", "two", "three"]
    assert derived(html, vip=False).split() == ["one", "three"]


def test_what_is_hidden_or_in_the_head_is_not_derived() -> None:
    html = '<html><head><title>{{ t }}</title></head><body><div style="display:none">{{ p }}</div>shown</body></html>'

    assert derived(html) == "shown\n"


BOMBS = {
    "deep elements": "<b>" * 30_000,
    "reopened formatting": "<p>" + "".join(f"<b a{index}>" for index in range(2000)) + "<p>x" * 2000,
    "style for everything": "<style>*{" + "".join(f"--x{index}:{index};" for index in range(4000)) + "}</style>"
    + "<b>x</b>" * 2000,
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_page_that_explodes_is_refused_and_the_process_lives(bomb: str) -> None:
    guarded = guard("<style>q{top:0}</style>" + bomb)

    with pytest.raises(TemplateRefused):
        guard(inline_styles(guarded.pieces), max_chars=500_000)


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<a '", "<a \"'", "<!--", "<title>", "<style>", "[", "[a](", "<table><tr><td>", "&nbsp;", "<a ="],
)
def test_a_hostile_page_is_read_in_linear_time(unit: str) -> None:
    pieces = guard(unit * (190_000 // len(unit)) + "{{ a }}").pieces
    start = time.thread_time()

    derive_text(pieces)

    assert time.thread_time() - start < 5
