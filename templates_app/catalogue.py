"""Templates as a tenant sees them. What it does to them is in ``own_templates``.

What AngusGM calls a template is a translation: one code in one language, under one id that its versions share. A tenant
sees its own and the platform's; one of its own hides the platform's of the same code and language, and is known by the
platform's id, so that an id which was read once stays good.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from templates_app import publishing
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from templates_app.publishing import Source
from tenants.errors import NotFound

EMAIL = "email"
#: AngusGM's names.
_RESOURCES = {EMAIL: "EmailTemplate", "sms": "SmsTemplate"}
_MAX_ID = 2**63 - 1

#: Narrows and orders the rows that one tenant may see. Columns come from the caller's own tables; ``public_id`` and
#: ``subject`` are there besides the model's.
Narrowing = Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class TemplateRow:
    id: int
    channel: str
    is_platform: bool
    #: The tenant's own, in place of one of the platform's.
    is_copy: bool
    code: str
    name: str
    remark: str
    language: str
    verification_code: bool
    code_validity_s: int | None
    #: As it is typed: the published text, else the open draft's, else the latest that there was.
    source: Source
    #: Number of the version that is sent; None: nothing is sent in this language yet.
    version: int | None
    has_draft: bool
    variables: tuple[str, ...]
    #: Keys that choose this template for the tenant.
    biz_keys: tuple[str, ...]
    third_code: str
    created_at: datetime
    #: When the text in ``source`` was written.
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    source: Source
    created_at: datetime
    published_at: datetime | None
    #: It is the one that is sent.
    is_current: bool


def list_templates(
    tenant_id: int, narrowing: Narrowing, *, offset: int, size: int, channel: str = EMAIL
) -> tuple[int, tuple[TemplateRow, ...]]:
    """How many there are, and one page of them."""
    matching = narrowing(_visible(tenant_id, channel))
    return matching.count(), _rows(tenant_id, matching[offset : offset + size], channel)


def resolve_row(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> TemplateRow:
    """Raises NotFound."""
    return _rows(tenant_id, [resolve(tenant_id, template_id, channel=channel)], channel)[0]


def resolve_source(tenant_id: int, template_id: int, number: int | None) -> Source:
    """The text of a version, or what is sent, or else the open draft. Raises NotFound."""
    if number is None:
        return resolve_row(tenant_id, template_id).source
    return resolve_version(tenant_id, template_id, number).source


def list_versions(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> tuple[VersionRow, ...]:
    """The newest first. Drafts of the platform are nobody else's business. Raises NotFound."""
    translation = resolve(tenant_id, template_id, channel=channel)
    versions = translation.versions.order_by("-number")
    if translation.template.tenant_id is None:
        versions = versions.exclude(published_at=None)
    return tuple(_version_row(version, translation) for version in versions)


def resolve_version(tenant_id: int, template_id: int, number: int) -> VersionRow:
    """Raises NotFound."""
    found = next((row for row in list_versions(tenant_id, template_id) if row.number == number), None)
    if found is None:
        raise NotFound(resource="EmailTemplateVersion", id=number)
    return found


def resolve(tenant_id: int, template_id: int, *, channel: str = EMAIL) -> Translation:
    """By the id that the tenant knows; also by its own, where the platform took up the same code and language later.

    Raises NotFound.
    """
    found = None
    if 0 < template_id <= _MAX_ID:
        rows = _visible(tenant_id, channel).filter(Q(public_id=template_id) | Q(pk=template_id))
        found = rows.select_related("template", "published").first()
    if found is None:
        raise NotFound(resource=_RESOURCES.get(channel, "Template"), id=template_id)
    return found


def public_ids(tenant_id: int, version_ids: Collection[int]) -> dict[int, int]:
    """By version, the id under which the tenant knows its template. One query."""
    of_platform = Translation.objects.filter(
        template__tenant=None,
        template__channel=OuterRef("translation__template__channel"),
        template__code=OuterRef("translation__template__code"),
        language=OuterRef("translation__language"),
    )
    visible = Template.objects.visible_to(tenant_id)
    versions = TemplateVersion.objects.filter(pk__in=version_ids, translation__template__in=visible)
    public_id = Coalesce(Subquery(of_platform.values("id")[:1]), F("translation_id"))
    return dict(versions.annotate(public_id=public_id).values_list("pk", "public_id"))


def _visible(tenant_id: int, channel: str) -> QuerySet[Translation]:
    """What the tenant sees, under the ids by which it knows it."""
    templates = Template.objects.visible_to(tenant_id).filter(channel=channel)
    of_platform = _twins(channel).filter(template__tenant=None)
    of_tenant = _twins(channel).filter(template__tenant_id=tenant_id, retired_at=None)
    versions = TemplateVersion.objects.filter(translation=OuterRef("pk")).order_by("number")
    return (
        Translation.objects.filter(template__in=templates, retired_at=None)
        .exclude(Q(template__tenant=None) & (Exists(of_tenant) | Q(published=None)))
        .annotate(
            public_id=Case(
                When(template__tenant=None, then=F("id")),
                default=Coalesce(Subquery(of_platform.values("id")[:1]), F("id")),
            ),
            subject=F("published__source_subject"),
            created_at=Subquery(versions.values("created_at")[:1]),
        )
    )


def _twins(channel: str) -> QuerySet[Translation]:
    """Translations of the same code and language, of whatever owner."""
    return Translation.objects.filter(
        template__channel=channel, template__code=OuterRef("template__code"), language=OuterRef("language")
    )


def _rows(tenant_id: int, translations: Iterable[Translation], channel: str) -> tuple[TemplateRow, ...]:
    if isinstance(translations, QuerySet):
        unsent = Prefetch("versions", _unsent(), to_attr="unsent")
        translations = translations.select_related("template", "published").prefetch_related(unsent)
    keys = _biz_keys(tenant_id, channel)
    return tuple(_row(translation, keys.get(translation.template.code, ())) for translation in translations)


def _unsent() -> QuerySet[TemplateVersion]:
    """Open drafts, and the latest version of what is not sent; the open draft first."""
    newest = TemplateVersion.objects.filter(translation=OuterRef("translation")).order_by("-number")
    is_latest = Q(translation__published=None, number=Subquery(newest.values("number")[:1]))
    return TemplateVersion.objects.filter(Q(published_at=None) | is_latest).order_by(
        F("published_at").asc(nulls_first=True)
    )


def _biz_keys(tenant_id: int, channel: str) -> dict[str, tuple[str, ...]]:
    """By template code, what chooses it: a tenant's own binding wins over the platform's."""
    bindings = BizKeyBinding.objects.visible_to(tenant_id).filter(channel=channel)
    named = bindings.order_by(F("tenant").asc(nulls_first=True)).values_list("biz_key", "template__code")
    by_code: dict[str, list[str]] = {}
    for key, code in sorted(dict(named).items()):
        by_code.setdefault(code, []).append(key)
    return {code: tuple(keys) for code, keys in by_code.items()}


def _row(translation: Any, biz_keys: tuple[str, ...]) -> TemplateRow:
    template, published = translation.template, translation.published
    unsent = getattr(translation, "unsent", None)
    latest = next(iter(_unsent().filter(translation=translation) if unsent is None else unsent), None)
    is_platform = template.tenant_id is None
    shown = published or latest
    return TemplateRow(
        id=translation.public_id,
        channel=template.channel,
        is_platform=is_platform,
        is_copy=translation.public_id != translation.pk,
        code=template.code,
        name=template.name,
        remark=template.remark,
        language=translation.language,
        verification_code=template.verification_code,
        code_validity_s=template.code_validity_s,
        source=publishing.source_of(shown) if shown else Source(),
        version=published.number if published else None,
        has_draft=latest is not None and latest.published_at is None and not is_platform,
        variables=tuple(variable["name"] for variable in published.variables) if published else (),
        biz_keys=biz_keys,
        third_code=translation.third_code,
        created_at=translation.created_at,
        changed_at=shown.created_at if shown else None,
    )


def _version_row(version: TemplateVersion, translation: Translation) -> VersionRow:
    return VersionRow(
        number=version.number,
        source=publishing.source_of(version),
        created_at=version.created_at,
        published_at=version.published_at,
        is_current=version.pk == translation.published_id,
    )
