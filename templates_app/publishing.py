"""How texts become what is sent: drafts, publishing, previews. The admin, the API and the seeds go through here.

Saving a draft guards it; publishing also writes its styles into its elements and derives a missing text part. A
published version never changes: another text is another version, and an older one can speak again.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from templates_app.dialects import brace_to_jinja, dollar_to_jinja, double_to_jinja
from templates_app.engine import MAX_STORED_CHARS, Engine, Rendered
from templates_app.errors import TemplateRefused, VariableMissing
from templates_app.guard import MAX_SOURCE_CHARS, Guarded, Variable, guard
from templates_app.languages import spelled
from templates_app.markup import check_places, derive_text, inline_styles
from templates_app.models import Dialect, Template, TemplateVersion, Translation

#: Of the HTML, and of the text.
MAX_PART_CHARS = MAX_SOURCE_CHARS
_MAX_SUBJECT_CHARS = 400
_TO_JINJA: dict[str, Callable[[str], str]] = {
    Dialect.JINJA: str,
    Dialect.DOLLAR: dollar_to_jinja,
    Dialect.BRACE: brace_to_jinja,
    Dialect.DOUBLE: double_to_jinja,
}
_PARTS = ("subject", "html", "text")
#: Columns of a version: what a person wrote, and what publishing made of it.
_TYPED = ("source_subject", "source_html", "source_text", "dialect")
_MADE = ("subject", "html", "text", "variables", "published_at")
#: Whatever any of the dialects might take for one.
_VARIABLE = re.compile(r"[{$]|</?#")
#: Texts that are not published are tried in an engine of their own, under numbers of their own.
_TRIAL_ENGINE = Engine()
_TRIAL_IDS = count(1)


@dataclass(frozen=True, slots=True)
class Source:
    """A text as it is typed. ``html`` or ``text`` may be empty; SMS have no subject."""

    subject: str = ""
    html: str = ""
    text: str = ""
    dialect: str = Dialect.JINJA


@dataclass(frozen=True, slots=True)
class Prepared:
    """Guarded Jinja, as it is stored and rendered."""

    subject: str
    html: str
    text: str
    variables: tuple[Variable, ...]


def translation_of(template: Template, language: str) -> Translation:
    """The template in this language, begun when there is none yet."""
    translation, _ = Translation.objects.get_or_create(template=template, language=spelled(language))
    return translation


def draft(
    translation: Translation, *, subject: str, html: str = "", text: str = "", dialect: str = Dialect.JINJA
) -> TemplateVersion:
    """The translation's open draft, with these texts now. There is one at most; without one it is begun.

    Raises TemplateRefused.
    """
    source = Source(subject, html, text, dialect)
    check(source)
    with transaction.atomic():
        # Whoever drafts or publishes this translation at the same time waits here.
        Translation.objects.select_for_update().get(pk=translation.pk)
        versions = TemplateVersion.objects.filter(translation=translation)
        newest = versions.order_by("-number").first()
        version = versions.filter(published_at=None).first()
        if version is None:
            version = TemplateVersion(translation=translation, number=newest.number + 1 if newest else 1)
        version.source_subject, version.source_html, version.source_text = subject, html, text
        version.dialect, version.seed = dialect, ""
        version.save()
    return version


def publish(version: TemplateVersion) -> TemplateVersion:
    """From now on new sends of this translation use ``version``. One that was published before speaks again, unchanged.

    Raises TemplateRefused.
    """
    with transaction.atomic():
        translation = Translation.objects.select_for_update().get(pk=version.translation_id)
        version = TemplateVersion.objects.get(pk=version.pk)
        if version.published_at is None:
            _complete(version)
        _speak_with(version, translation)
    return version


def publish_text(translation: Translation, source: Source) -> TemplateVersion:
    """A new version with this text, used by new sends from now on. An open draft stays what and where it is.

    Raises TemplateRefused.
    """
    prepared = prepare(source)
    with transaction.atomic():
        translation = Translation.objects.select_for_update().get(pk=translation.pk)
        newest = TemplateVersion.objects.filter(translation=translation).order_by("-number").first()
        version = TemplateVersion(
            translation=translation,
            number=newest.number + 1 if newest else 1,
            source_subject=source.subject,
            source_html=source.html,
            source_text=source.text,
            dialect=source.dialect,
        )
        _fill(version, prepared)
        version.save(force_insert=True)
        _speak_with(version, translation)
    return version


def copy_published(version: TemplateVersion, translation: Translation) -> TemplateVersion:
    """The same text, as the first version of a new translation, published as it stands."""
    copied = TemplateVersion(translation=translation, number=1)
    for name in (*_TYPED, *_MADE):
        setattr(copied, name, getattr(version, name))
    copied.save(force_insert=True)
    translation.published = copied
    translation.save(update_fields=["published"])
    return copied


def source_of(version: TemplateVersion) -> Source:
    return Source(version.source_subject, version.source_html, version.source_text, version.dialect)


def merged(current: Source, changes: Mapping[str, str], *, dialect: str) -> Source:
    """``current`` with some of its parts (``subject``, ``html``, ``text``) replaced by ones written in ``dialect``.

    All parts of a text are written in one dialect. Where those that stay have variables in another one, all of them are
    turned into Jinja. Raises TemplateRefused.
    """
    kept = [getattr(current, part) for part in _PARTS if part not in changes]
    if dialect == current.dialect or not any(_VARIABLE.search(part) for part in kept):
        return replace(current, **changes, dialect=dialect)
    parts = {part: _TO_JINJA[current.dialect](getattr(current, part)) for part in _PARTS if part not in changes}
    parts |= {part: _TO_JINJA[dialect](text) for part, text in changes.items()}
    return Source(**parts, dialect=Dialect.JINJA)


def withdraw(translation: Translation) -> None:
    """New sends no longer find this language. Its versions stay, for messages that wait and to be published again."""
    Translation.objects.filter(pk=translation.pk).update(published=None)


def preview(source: Source, params: Mapping[str, Any]) -> Rendered:
    """What a recipient would read if this were published. Raises TemplateRefused, VariableMissing, RenderFailed."""
    prepared = prepare(source)
    for variable in prepared.variables:
        if variable.required and params.get(variable.name) is None:
            raise VariableMissing(variable=variable.name, recipient="")
    trial = next(_TRIAL_IDS)
    _TRIAL_ENGINE.load(trial, subject=prepared.subject, html=prepared.html, text=prepared.text)
    try:
        rendered = _TRIAL_ENGINE.render(trial, params)
    finally:
        _TRIAL_ENGINE.forget(trial)
    assert rendered is not None
    return rendered


def example_params(variables: Iterable[Variable]) -> dict[str, str]:
    """Something to show in a preview for each variable: its name in brackets."""
    return {variable.name: f"[{variable.name}]" for variable in variables}


def check(source: Source) -> tuple[Variable, ...]:
    """The variables of the three parts. Raises TemplateRefused with the problems of all of them."""
    return _variables(_guard_parts(source).values())


@lru_cache(maxsize=256)  # a text is previewed, saved and published in close succession
def prepare(source: Source) -> Prepared:
    """Everything that publishing does to a text. Raises TemplateRefused."""
    parts = _guard_parts(source)
    html = inline_styles(parts["HTML"].pieces)
    text = derive_text(parts["HTML"].pieces) if source.html and not source.text.strip() else parts["Text"].source
    # Once more as it will be stored: what the libraries made of it is judged like what was typed.
    made = {"Subject": parts["Subject"], "HTML": _guard_made(html, "HTML"), "Text": _guard_made(text, "Text")}
    prepared = Prepared(made["Subject"].source, made["HTML"].source, made["Text"].source, _variables(parts.values()))
    trial = next(_TRIAL_IDS)
    try:
        _TRIAL_ENGINE.load(trial, subject=prepared.subject, html=prepared.html, text=prepared.text)
    finally:
        _TRIAL_ENGINE.forget(trial)
    return prepared


def _speak_with(version: TemplateVersion, translation: Translation) -> None:
    translation.published, translation.retired_at = version, None
    translation.save(update_fields=["published", "retired_at"])


def _complete(version: TemplateVersion) -> None:
    _fill(version, prepare(source_of(version)))
    version.save(update_fields=_MADE)


def _fill(version: TemplateVersion, prepared: Prepared) -> None:
    version.subject, version.html, version.text = prepared.subject, prepared.html, prepared.text
    version.variables = [{"name": variable.name, "required": variable.required} for variable in prepared.variables]
    version.published_at = timezone.now()


@lru_cache(maxsize=256)
def _guard_parts(source: Source) -> Mapping[str, Guarded]:
    problems: list[tuple[int, str]] = []
    parts = {}
    for part, typed in (("Subject", source.subject), ("HTML", source.html), ("Text", source.text)):
        try:
            parts[part] = _guard_part(part, typed, source.dialect)
        except TemplateRefused as error:
            problems += [(line, f"{part}: {reason}") for line, reason in error.problems]
    if not (source.html.strip() or source.text.strip()):
        problems.append((1, "Write the HTML, the text or both."))
    if problems:
        raise TemplateRefused(problems=problems)
    return parts


def _guard_part(part: str, typed: str, dialect: str) -> Guarded:
    if part == "Subject" and len(typed) > _MAX_SUBJECT_CHARS:
        raise TemplateRefused(problems=[(1, f"It is longer than {_MAX_SUBJECT_CHARS} characters.")])
    if part == "Subject" and len(typed.splitlines()) > 1:
        raise TemplateRefused(problems=[(2, "It has only one line.")])
    guarded = guard(_TO_JINJA[dialect](typed))
    if part == "HTML":
        check_places(guarded.pieces)
    return guarded


def _guard_made(made: str, part: str) -> Guarded:
    try:
        return guard(made, max_chars=MAX_STORED_CHARS)
    except TemplateRefused as error:
        advice = (
            "could not be made from what was typed" if part == "HTML" else "could not be derived; write it yourself"
        )
        problems = [(line, f"{part} {advice}: {reason}") for line, reason in error.problems]
        raise TemplateRefused(problems=problems) from error


def _variables(parts: Iterable[Guarded]) -> tuple[Variable, ...]:
    """By name; required where one of the parts requires it."""
    required: dict[str, bool] = {}
    for guarded in parts:
        for variable in guarded.variables:
            required[variable.name] = required.get(variable.name, False) or variable.required
    return tuple(Variable(name, required[name]) for name in sorted(required))
