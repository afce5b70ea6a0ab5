"""Templates that a tenant makes its own: new ones, and copies of the platform's. The API writes here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from templates_app import publishing
from templates_app.catalogue import EMAIL, resolve
from templates_app.errors import TemplateExists
from templates_app.languages import spelled
from templates_app.models import BizKeyBinding, Dialect, Template, TemplateVersion, Translation
from templates_app.publishing import Source
from tenants.errors import LimitReached, NotFound

#: Languages of templates that one tenant may have.
MAX_TEMPLATES = 10_000
#: Columns of a template that a copy takes over.
_COLUMNS = ("name", "remark", "verification_code", "code_validity_s")


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; what is empty or None stays."""

    #: Of the template, in all its languages: ``name``, ``verification_code``, ``code_validity_s``.
    columns: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    #: ``subject``, ``html`` and ``text``, written in ``dialect``.
    parts: Mapping[str, str] = field(default_factory=dict)
    dialect: str = Dialect.JINJA
    #: Exactly these keys of the tenant's own are to choose the template, whatever they chose before.
    biz_keys: Sequence[str] | None = None
    #: Of this language.
    third_code: str | None = None


@transaction.atomic
def create(tenant_id: int, *, code: str, language: str, wanted: Change, channel: str = EMAIL) -> Translation:
    """A template of the tenant's, or another language of one that is there; sent from now on.

    Where there is the template already, its columns stay. Raises TemplateExists, TemplateRefused, LimitReached.
    """
    if _count(tenant_id, channel=channel) >= MAX_TEMPLATES:
        raise LimitReached(resource="EmailTemplate", limit=MAX_TEMPLATES)
    template = _own_template(tenant_id, code, wanted.columns, channel=channel)
    translation, is_new = Translation.objects.get_or_create(template=template, language=spelled(language))
    if not is_new and translation.retired_at is None:
        raise TemplateExists(code=code, language=translation.language)
    publishing.publish_text(translation, publishing.merged(Source(), wanted.parts, dialect=wanted.dialect))
    _bind(tenant_id, template, wanted.biz_keys)
    return translation


@transaction.atomic
def change(tenant_id: int, template_id: int, wanted: Change, *, channel: str = EMAIL) -> None:
    """Other texts are a new version, sent from now on. A template of the platform becomes the tenant's own by it.

    Raises NotFound, TemplateExists, TemplateRefused.
    """
    translation = _take_over(tenant_id, template_id, channel=channel)
    template = translation.template
    if wanted.third_code is not None:
        Translation.objects.filter(pk=translation.pk).update(third_code=wanted.third_code)
    if wanted.columns:
        Template.objects.for_tenant(tenant_id).filter(pk=template.pk).update(**wanted.columns)
    if wanted.language is not None:
        _speak(translation, spelled(wanted.language))
    if wanted.parts:
        text = publishing.merged(current_source(translation), wanted.parts, dialect=wanted.dialect)
        publishing.publish_text(translation, text)
    _bind(tenant_id, template, wanted.biz_keys)


@transaction.atomic
def draft(tenant_id: int, template_id: int, wanted: Change) -> TemplateVersion:
    """The open draft with these parts; begun from the text that is sent where there is none.

    Raises NotFound, TemplateRefused.
    """
    translation = _take_over(tenant_id, template_id)
    open_one = translation.versions.filter(published_at=None).first()
    current = publishing.source_of(open_one) if open_one else current_source(translation)
    text = publishing.merged(current, wanted.parts, dialect=wanted.dialect)
    return publishing.draft(translation, subject=text.subject, html=text.html, text=text.text, dialect=text.dialect)


@transaction.atomic
def publish(tenant_id: int, template_id: int, number: int | None, *, channel: str = EMAIL) -> TemplateVersion:
    """The version of this number (an older one speaks again), or the open draft, is sent from now on.

    Raises NotFound, TemplateRefused.
    """
    translation = _take_over(tenant_id, template_id, channel=channel)
    wanted = Q(published_at=None) if number is None else Q(number=number)
    version = translation.versions.filter(wanted).first()
    if version is None:
        raise NotFound(resource="EmailTemplateVersion", id="draft" if number is None else number)
    return publishing.publish(version)


def retire(tenant_id: int, template_id: int) -> None:
    """It is not found, listed or sent any more; messages that wait are still sent with it. Its code is free again.

    Where the platform has the same, that speaks again. Raises NotFound, also for a template of the platform.
    """
    translation = _resolve_own(tenant_id, template_id, channel=EMAIL)
    Translation.objects.filter(pk=translation.pk).update(retired_at=timezone.now(), published=None)


def withdraw(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> None:
    """New sends do not find it until it is published again; it stays in lists.

    Raises NotFound, also for a template of the platform.
    """
    publishing.withdraw(_resolve_own(tenant_id, template_id, channel=channel))


def version_ids(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> list[int]:
    """Of one of the tenant's own: by these its messages know it. Raises NotFound, also for the platform's."""
    translation = _resolve_own(tenant_id, template_id, channel=channel)
    return list(translation.versions.values_list("pk", flat=True))


def current_source(translation: Translation) -> Source:
    """The text that is sent, else the latest that there was, else nothing."""
    versions = translation.versions.order_by(F("published_at").desc(nulls_first=True), "-number")
    version = translation.published or versions.first()
    return publishing.source_of(version) if version else Source()


def _resolve_own(tenant_id: int, template_id: int, *, channel: str) -> Translation:
    translation = resolve(tenant_id, template_id, channel=channel)
    if translation.template.tenant_id is None:
        raise NotFound(resource="EmailTemplate", id=template_id)
    return translation


def _take_over(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> Translation:
    """The translation to change: the tenant's own, made as a copy where it has only the platform's.

    All languages are copied with it. A tenant's template answers for its code in every language, so that the platform's
    would not be found any more in those that it lacks.
    """
    translation = resolve(tenant_id, template_id, channel=channel)
    if translation.template.tenant_id is not None:
        return translation
    template = _own_template(tenant_id, translation.template.code, {}, channel=channel)
    own = Translation.objects.select_related("template", "published")
    taken_over = own.get(template=template, language=translation.language)
    if taken_over.retired_at is not None:
        publishing.publish_text(taken_over, current_source(translation))
        taken_over.refresh_from_db()
    return taken_over


def _own_template(tenant_id: int, code: str, columns: Mapping[str, Any], *, channel: str) -> Template:
    """The tenant's template of this code, with every language in which the platform has it and the tenant had none."""
    of_platform = Template.objects.visible_to(tenant_id).filter(tenant=None, channel=channel, code=code)
    platform = of_platform.first()
    if platform is not None:
        columns = {name: getattr(platform, name) for name in _COLUMNS}
    template, _ = Template.objects.for_tenant(tenant_id).get_or_create(
        channel=channel, code=code, defaults={"tenant_id": tenant_id, **columns}
    )
    theirs = Translation.objects.filter(template__in=of_platform, published__isnull=False).select_related("published")
    for translation in theirs:
        copy, is_new = Translation.objects.get_or_create(
            template=template, language=translation.language, defaults={"third_code": translation.third_code}
        )
        if is_new and translation.published is not None:
            publishing.copy_published(translation.published, copy)
    return template


def _count(tenant_id: int, *, channel: str) -> int:
    templates = Template.objects.for_tenant(tenant_id).filter(channel=channel)
    return Translation.objects.filter(template__in=templates, retired_at=None).count()


def _speak(translation: Translation, language: str) -> None:
    if Translation.objects.filter(template=translation.template, language=language).exclude(pk=translation.pk).exists():
        raise TemplateExists(code=translation.template.code, language=language)
    Translation.objects.filter(pk=translation.pk).update(language=language)


def _bind(tenant_id: int, template: Template, biz_keys: Sequence[str] | None) -> None:
    if biz_keys is None:
        return
    own = BizKeyBinding.objects.for_tenant(tenant_id).filter(channel=template.channel)
    own.filter(template=template).exclude(biz_key__in=biz_keys).delete()
    for key in biz_keys:
        own.update_or_create(
            biz_key=key, channel=template.channel, defaults={"tenant_id": tenant_id, "template": template}
        )
