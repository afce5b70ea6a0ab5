"""From what somebody typed to what is stored: drafts, publishing, going back, previews."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from templates_app.errors import RenderFailed, TemplateRefused, VariableMissing
from templates_app.models import Dialect, Template, TemplateVersion, Translation
from templates_app.publishing import (
    Source,
    check,
    draft,
    example_params,
    prepare,
    preview,
    publish,
    translation_of,
    withdraw,
)


def make_translation(language: str = "en") -> Translation:
    template = Template(code="WELCOME", name="Welcome")
    template.save()
    return translation_of(template, language)


def published(translation: Translation) -> TemplateVersion | None:
    translation.refresh_from_db()
    version: TemplateVersion | None = translation.published
    return version


@pytest.mark.django_db
def test_a_translation_is_begun_once_whatever_its_spelling() -> None:
    translation = make_translation("zh-cn")

    assert translation.language == "zh_CN"
    assert translation_of(translation.template, "ZH_CN") == translation


@pytest.mark.django_db
def test_a_draft_is_edited_in_place_until_it_is_published() -> None:
    translation = make_translation()

    first = draft(translation, subject="a", text="a")
    second = draft(translation, subject="b", html="<p>{name}</p>", dialect=Dialect.BRACE)

    assert first.pk == second.pk
    assert (second.number, second.source_subject, second.source_html, second.source_text, second.dialect) == (
        1, "b", "<p>{name}</p>", "", "brace",
    )  # fmt: skip
    assert published(translation) is None


@pytest.mark.django_db
def test_what_could_not_be_published_is_not_saved_as_a_draft() -> None:
    translation = make_translation()

    with pytest.raises(TemplateRefused):
        draft(translation, subject="", text="{{ a() }}")

    assert not TemplateVersion.objects.filter(translation=translation).exists()


@pytest.mark.django_db
def test_publishing_stores_what_is_rendered_and_what_a_sender_must_give() -> None:
    translation = make_translation()

    version = publish(
        draft(
            translation,
            subject="Order ${no}",
            html="<style>b{color:red}</style><p>Dear <b>${name!'friend'}</b></p>",
            dialect=Dialect.DOLLAR,
        )
    )

    assert version.published_at is not None
    assert version.subject == "Order {{ no }}"
    assert '<p>Dear <b style="color: red;">{{ (name|default("friend")) }}</b></p>' in version.html
    assert version.text == 'Dear {{ (name|default("friend")) }}\n'
    assert version.variables == [{"name": "name", "required": False}, {"name": "no", "required": True}]
    assert published(translation) == version


@pytest.mark.django_db
def test_a_published_version_never_changes_and_the_next_text_is_a_new_one() -> None:
    translation = make_translation()
    first = publish(draft(translation, subject="one", text="one"))

    second = draft(translation, subject="two", text="two")
    publish(second)

    first.refresh_from_db()
    assert (first.number, first.subject, first.source_subject) == (1, "one", "one")
    assert second.number == 2
    assert published(translation) == second


@pytest.mark.django_db
def test_an_older_version_speaks_again_unchanged() -> None:
    translation = make_translation()
    first = publish(draft(translation, subject="one", text="one"))
    publish(draft(translation, subject="two", text="two"))

    again = publish(first)

    assert again.published_at == first.published_at
    assert published(translation) == first


@pytest.mark.django_db
def test_publishing_does_not_trust_the_object_it_is_given() -> None:
    translation = make_translation()
    version = publish(draft(translation, subject="one", text="one"))
    version.source_text = version.text = "{{ range(1000000) }}"
    version.published_at = None

    publish(version)

    version.refresh_from_db()
    assert (version.source_text, version.text) == ("one", "one")


@pytest.mark.django_db
def test_withdrawing_keeps_the_versions() -> None:
    translation = make_translation()
    version = publish(draft(translation, subject="one", text="one"))

    withdraw(translation)

    assert published(translation) is None
    assert publish(version) == published(translation)


@pytest.mark.django_db
def test_the_database_allows_one_open_draft() -> None:
    translation = make_translation()
    draft(translation, subject="", text="x")

    with pytest.raises(IntegrityError), transaction.atomic():
        TemplateVersion(translation=translation, number=2).save()


@pytest.mark.django_db(transaction=True)
def test_drafts_saved_at_the_same_time_end_in_one() -> None:
    translation = make_translation()
    numbers: list[int] = []

    def save(text: str) -> None:
        try:
            numbers.append(draft(translation, subject="", text=text).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(f"text {index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert numbers == [1, 1, 1, 1]
    assert TemplateVersion.objects.filter(translation=translation).count() == 1


def refusal(**source: Any) -> tuple[tuple[int, str], ...]:
    with pytest.raises(TemplateRefused) as error:
        prepare(Source(**source))
    return error.value.problems


def test_problems_of_all_parts_are_named_with_part_and_line() -> None:
    problems = refusal(subject="{{ a() }}", html="<p>\n{{ 2 * 3 }}</p>", text="x\n\n{% set a = 1 %}")

    assert problems == (
        (1, "Subject: Calls such as name() are not available."),
        (2, "HTML: '*' is not available."),
        (3, "Text: {% set %} is not available."),
    )


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ({"subject": "x"}, 1, "Write the HTML"),
        ({"subject": "x", "html": " \n", "text": " "}, 1, "Write the HTML"),
        ({"subject": "a\nb", "text": "x"}, 2, "Subject: It has only one line"),
        ({"subject": "a" * 401, "text": "x"}, 1, "Subject: It is longer than 400"),
        ({"html": "<p>\n${name</p>", "dialect": "dollar"}, 2, "HTML: '${name</p>'"),
        ({"text": "\n{user name}", "dialect": "brace"}, 2, "Text: '{user name}'"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_sent_is_refused(source: dict[str, str], line: int, words: str) -> None:
    (problem,) = refusal(**source)

    assert problem[0] == line
    assert words in problem[1]


def test_a_text_that_was_typed_is_not_derived() -> None:
    prepared = prepare(Source(html="<p>page</p>", text="typed {{ a }}"))

    assert prepared.text == "typed {{ a }}"


def test_a_text_without_a_page_stays_without_one() -> None:
    prepared = prepare(Source(text="only text"))

    assert (prepared.html, prepared.text) == ("", "only text")


def test_a_preview_shows_what_a_recipient_would_read() -> None:
    source = Source(
        subject="Order ${no}",
        html='<style>p{color:red}</style><p>Dear ${name}, see <a href="https://example.com/${no}">it</a></p>',
        dialect=Dialect.DOLLAR,
    )

    rendered = preview(source, {"no": "A-1", "name": "<Li>"})

    assert rendered.subject == "Order A-1"
    assert '<p style="color: red;">Dear &lt;Li&gt;, see <a href="https://example.com/A-1">it</a></p>' in rendered.html
    assert rendered.text == "Dear <Li>, see [it](https://example.com/A-1)\n"


def test_a_preview_without_a_variable_names_it() -> None:
    with pytest.raises(VariableMissing) as missing:
        preview(Source(text="{{ a }}"), {})

    assert missing.value.params["variable"] == "a"


def test_a_preview_that_fails_names_part_and_line() -> None:
    with pytest.raises(RenderFailed) as failure:
        preview(Source(text="\n\n{{ a.b }}"), {"a": {}})

    assert "text: a value it uses was not given (line 3)" in str(failure.value)


def test_examples_show_the_names_of_the_variables() -> None:
    source = Source(subject="{{ a }}", text="{{ b|default('-') }}")

    rendered = preview(source, example_params(check(source)))

    assert (rendered.subject, rendered.text) == ("[a]", "[b]")
