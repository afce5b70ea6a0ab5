"""From a business key or a template code to the version to send, and from a version to text.

``resolve`` runs once per request, at accept; ``render`` once per message, when it is sent, with exactly the version
that was recorded then. ``submit`` and ``compose`` call these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from templates_app.biz_keys import stored_spelling
from templates_app.engine import Engine, Rendered
from templates_app.errors import RenderFailed, TemplateMissing, TemplateNotBound, TemplateRefused, VariableMissing
from templates_app.languages import closest
from templates_app.models import BizKeyBinding, Template, TemplateVersion
from templates_app.plain_data import plain
from tenants.models import Tenant

_ENGINE = Engine()
#: AngusGM's names.
_RESOURCES = {"email": "EmailTemplate", "sms": "SmsTemplate"}


class _Candidate(NamedTuple):
    """A published translation; without a version: a template that speaks no language yet."""

    tenant_id: int | None
    code: str
    verification_code: bool
    code_validity_s: int | None
    language: str
    version_id: int | None
    variables: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ResolvedTemplate:
    version_id: int
    template_code: str
    #: Of the translation found, which may not be the one that was asked for.
    language: str
    #: Its messages carry a code in the variable ``verificationCode``.
    verification_code: bool
    #: Seconds; None where the template does not say.
    code_validity_s: int | None
    #: By name, over subject, HTML and text.
    required_variables: tuple[str, ...]
    optional_variables: tuple[str, ...]

    def check_params(self, params: Mapping[str, Any], recipient: str) -> None:
        """Raises VariableMissing (null counts as missing), and RenderFailed for other than plain data."""
        for name in self.required_variables:
            if params.get(name) is None:
                raise VariableMissing(variable=name, recipient=recipient)
        plain(params)


def resolve(
    tenant: Tenant, *, channel: str, biz_key: str | None = None, code: str | None = None, language: str
) -> ResolvedTemplate:
    """The published version for ``language``: the tenant's own in that language or its primary language, the tenant's
    in its default language, then the platform's in the same order. One query. A tenant's binding wins over the
    platform's, and a tenant's template over the platform's of the same code.

    Raises TemplateNotBound (nothing for this business key), TemplateMissing (no such code, or none in a language).
    """
    candidates = _candidates(tenant.pk, channel, _code_bound_to(tenant.pk, channel, biz_key) if biz_key else code)
    if biz_key and not candidates:
        raise TemplateNotBound(biz_key=biz_key)
    found = _choose(candidates, tenant, language or tenant.default_language)
    if found is None or found.version_id is None:
        code = candidates[0].code if candidates else code
        raise TemplateMissing(resource=_RESOURCES.get(channel, "Template"), code=code, language=language)
    return ResolvedTemplate(
        version_id=found.version_id,
        template_code=found.code,
        language=found.language,
        verification_code=found.verification_code,
        code_validity_s=found.code_validity_s,
        required_variables=tuple(variable["name"] for variable in found.variables if variable["required"]),
        optional_variables=tuple(variable["name"] for variable in found.variables if not variable["required"]),
    )


def render(version_id: int, params: Mapping[str, Any]) -> Rendered:
    """The three texts of exactly this version. Raises RenderFailed, which trying again does not cure."""
    while (rendered := _ENGINE.render(version_id, params)) is None:
        _load(version_id)
    return rendered


def render_subject(template: ResolvedTemplate | int, params: Mapping[str, Any]) -> str:
    """The subject alone, of a resolved template or a version id. Raises RenderFailed."""
    version_id = template if isinstance(template, int) else template.version_id
    while (subject := _ENGINE.render_subject(version_id, params)) is None:
        _load(version_id)
    return subject


def _code_bound_to(tenant_id: int, channel: str, biz_key: str) -> QuerySet[Any]:
    bindings: QuerySet[BizKeyBinding] = BizKeyBinding.objects.visible_to(tenant_id)
    named = bindings.filter(channel=channel, biz_key=stored_spelling(biz_key))
    return named.order_by(F("tenant").asc(nulls_last=True)).values("template__code")[:1]


def _candidates(tenant_id: int, channel: str, code: Any) -> list[_Candidate]:
    """Every language, published or not, of the tenant's and the platform's template; at least one row per template."""
    visible: QuerySet[Template] = Template.objects.visible_to(tenant_id)
    columns = visible.filter(channel=channel, code=code).values_list(
        "tenant_id",
        "code",
        "verification_code",
        "code_validity_s",
        "translations__language",
        "translations__published_id",
        "translations__published__variables",
    )
    return [_Candidate(*row) for row in columns]


def _choose(candidates: Sequence[_Candidate], tenant: Tenant, language: str) -> _Candidate | None:
    for owner in (tenant.pk, None):
        spoken = {found.language: found for found in candidates if found.tenant_id == owner and found.version_id}
        found = closest(language, spoken) or closest(tenant.default_language, spoken)
        if found:
            return spoken[found]
    return None


def _load(version_id: int) -> None:
    """Once per version and process."""
    texts = TemplateVersion.objects.filter(pk=version_id, published_at__isnull=False).values("subject", "html", "text")
    found = texts.first()
    if found is None:
        raise RenderFailed(reason=f"there is no published version {version_id}")
    try:
        _ENGINE.load(version_id, **found)
    except TemplateRefused as error:
        raise RenderFailed(reason=f"its stored text was changed: {error}") from error
