"""Which text is sent: the order of fallback, the tenant before the platform, exactly the version that was recorded."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import DjangoAssertNumQueries

from templates_app import render
from templates_app.errors import RenderFailed, TemplateMissing, TemplateNotBound, VariableMissing
from templates_app.models import BizKeyBinding, Template, TemplateVersion
from templates_app.publishing import draft, publish, translation_of, withdraw
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def make_tenant(default_language: str = "fr") -> Tenant:
    tenant: Tenant = TenantFactory(default_language=default_language)
    return tenant


def make_template(owner: Tenant | None, *languages: str, code: str = "WELCOME", channel: str = "email") -> Template:
    """Each language says who speaks it: "acme en", "platform fr"."""
    template = Template(tenant=owner, code=code, channel=channel, name=code)
    template.save()
    for language in languages:
        say(template, language, f"{owner.code if owner else 'platform'} {language}")
    return template


def say(template: Template, language: str, text: str) -> TemplateVersion:
    return publish(draft(translation_of(template, language), subject=text, text=text))


def bind(template: Template, biz_key: str, *, channel: str = "email") -> None:
    BizKeyBinding(tenant=template.tenant, channel=channel, biz_key=biz_key, template=template).save()


def heard(tenant: Tenant, language: str, **by: Any) -> str:
    resolved = render.resolve(tenant, **{"channel": "email", "code": "WELCOME", **by}, language=language)
    return render.render(resolved.version_id, {}).text.replace(tenant.code, "own")


@pytest.mark.parametrize(
    ("own", "platform", "language", "text"),
    [
        (["en_US", "en", "fr"], ["en_US"], "en_US", "own en_US"),
        (["en", "fr"], ["en_US"], "en_US", "own en"),
        (["fr"], ["en_US", "en"], "en_US", "own fr"),
        (["de"], ["en_US", "en", "fr"], "en_US", "platform en_US"),
        ([], ["en", "fr"], "en_US", "platform en"),
        ([], ["fr"], "en_US", "platform fr"),
        ([], ["zh_CN", "fr"], "zh_TW", "platform zh_CN"),
        ([], ["zh_CN", "fr"], "zh", "platform zh_CN"),
        ([], ["en_GB"], "en_US", "platform en_GB"),
        ([], ["fr_CA"], "en", "platform fr_CA"),
        ([], ["zh_CN", "fr"], "zh-cn", "platform zh_CN"),
        ([], ["zh_CN", "fr"], "", "platform fr"),
    ],
)
def test_languages_fall_back_in_the_order_of_the_design(
    own: list[str], platform: list[str], language: str, text: str
) -> None:
    tenant = make_tenant(default_language="fr")
    make_template(None, *platform)
    if own:
        make_template(tenant, *own)

    assert heard(tenant, language) == text


def test_a_language_that_nobody_speaks_is_missing_under_its_code() -> None:
    tenant = make_tenant(default_language="fr")
    make_template(None, "de")

    with pytest.raises(TemplateMissing) as refusal:
        render.resolve(tenant, channel="email", code="WELCOME", language="en")

    assert "[WELCOME-en]" in str(refusal.value)


def test_an_unknown_code_is_missing() -> None:
    with pytest.raises(TemplateMissing) as refusal:
        render.resolve(make_tenant(), channel="email", code="NOBODY", language="en")

    assert refusal.value.params == {"resource": "EmailTemplate", "code": "NOBODY", "language": "en"}


def test_a_draft_is_not_heard_and_a_withdrawn_language_neither() -> None:
    tenant = make_tenant(default_language="fr")
    template = make_template(None, "en", "fr")
    draft(translation_of(template, "de"), subject="", text="draft")
    withdraw(translation_of(template, "en"))

    assert heard(tenant, "de") == heard(tenant, "en") == "platform fr"


def test_a_template_of_another_tenant_is_never_found() -> None:
    tenant, stranger = make_tenant(), make_tenant()
    bind(make_template(stranger, "en"), "SIGNUP")

    with pytest.raises(TemplateMissing):
        heard(tenant, "en")
    with pytest.raises(TemplateNotBound):
        heard(tenant, "en", code=None, biz_key="SIGNUP")


def test_a_template_of_another_channel_is_never_found() -> None:
    tenant = make_tenant()
    bind(make_template(None, "en", channel="sms"), "SIGNUP", channel="sms")

    with pytest.raises(TemplateMissing):
        heard(tenant, "en")
    with pytest.raises(TemplateNotBound):
        heard(tenant, "en", code=None, biz_key="SIGNUP")


def test_a_biz_key_finds_the_platforms_binding() -> None:
    tenant = make_tenant()
    bind(make_template(None, "en"), "SIGNUP")

    assert heard(tenant, "en", code=None, biz_key="SIGNUP") == "platform en"


def test_a_tenants_own_text_is_heard_through_the_platforms_binding() -> None:
    tenant = make_tenant()
    bind(make_template(None, "en"), "SIGNUP")
    make_template(tenant, "en")

    assert heard(tenant, "en", code=None, biz_key="SIGNUP") == "own en"


def test_a_tenants_own_binding_wins() -> None:
    tenant = make_tenant()
    bind(make_template(None, "en"), "SIGNUP")
    bind(make_template(tenant, "en", code="HELLO"), "SIGNUP")

    resolved = render.resolve(tenant, channel="email", biz_key="SIGNUP", language="en")

    assert resolved.template_code == "HELLO"


def test_a_bound_template_without_a_text_is_missing_rather_than_unbound() -> None:
    tenant = make_tenant()
    bind(make_template(None), "SIGNUP")

    with pytest.raises(TemplateMissing) as refusal:
        heard(tenant, "en", code=None, biz_key="SIGNUP")

    assert "[WELCOME-en]" in str(refusal.value)


def test_an_unbound_biz_key_is_named() -> None:
    with pytest.raises(TemplateNotBound) as refusal:
        heard(make_tenant(), "en", code=None, biz_key="EVENT_NOTICE")

    assert "'EVENT_NOTICE'" in str(refusal.value)


def test_both_spellings_of_a_renamed_biz_key_find_the_template() -> None:
    tenant = make_tenant()
    bind(make_template(None, "en"), "TODO_WORKORDER")

    assert heard(tenant, "en", code=None, biz_key="TODO_TICKET") == "platform en"
    assert heard(tenant, "en", code=None, biz_key="TODO_WORKORDER") == "platform en"


def test_the_database_keeps_a_tenant_from_binding_to_a_strangers_template() -> None:
    template = make_template(make_tenant(), "en")

    with pytest.raises(IntegrityError), transaction.atomic():
        BizKeyBinding(tenant=make_tenant(), biz_key="SIGNUP", template=template).save()


@pytest.mark.parametrize("by", [{"biz_key": "SIGNUP"}, {"code": "WELCOME"}])
def test_resolving_takes_one_query(by: dict[str, str], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    tenant = make_tenant()
    bind(make_template(None, "en", "fr", "de"), "SIGNUP")
    make_template(tenant, "de", "es")

    with django_assert_num_queries(1):
        render.resolve(tenant, channel="email", language="en", **by)


def test_what_is_resolved_says_all_that_submit_needs() -> None:
    tenant = make_tenant()
    template = Template(code="CODE", name="Code", verification_code=True, code_validity_s=300)
    template.save()
    version = publish(
        draft(translation_of(template, "en"), subject="{{ b }}", text="{{ a }}{{ c|default('') }}{{ d is defined }}")
    )

    resolved = render.resolve(tenant, channel="email", code="CODE", language="en-US")

    assert resolved == render.ResolvedTemplate(
        version_id=version.pk,
        template_code="CODE",
        language="en",
        verification_code=True,
        code_validity_s=300,
        required_variables=("a", "b"),
        optional_variables=("c", "d"),
    )


@pytest.mark.parametrize("params", [{}, {"name": None}, {"Name": "x"}])
def test_a_missing_variable_is_refused_before_anything_is_stored(params: dict[str, Any]) -> None:
    template = make_template(None)
    say(template, "en", "Hello {{ name }}{{ title|default('') }}")
    resolved = render.resolve(make_tenant(), channel="email", code="WELCOME", language="en")

    with pytest.raises(VariableMissing) as refusal:
        resolved.check_params(params, "li.lei@example.com")

    assert refusal.value.params == {"variable": "name", "recipient": "li.lei@example.com"}
    assert "example.com" not in str(refusal.value)


def test_variables_that_are_all_there_pass() -> None:
    template = make_template(None)
    say(template, "en", "Hello {{ name }}{{ title|default('') }}")
    resolved = render.resolve(make_tenant(), channel="email", code="WELCOME", language="en")

    resolved.check_params({"name": "", "unused": [1, {"a": True}]}, "li.lei@example.com")


def test_other_than_plain_data_is_refused_before_anything_is_stored() -> None:
    make_template(None, "en")
    resolved = render.resolve(make_tenant(), channel="email", code="WELCOME", language="en")

    with pytest.raises(RenderFailed):
        resolved.check_params({"name": object()}, "li.lei@example.com")


def test_a_message_is_rendered_with_the_version_that_was_recorded() -> None:
    template = make_template(None, "en")
    recorded = say(template, "en", "Version one for {{ name }}")
    say(template, "en", "Version two for {{ name }}")

    assert render.render(recorded.pk, {"name": "Li Lei"}).text == "Version one for Li Lei"


def test_the_subject_is_the_same_alone_by_version_or_by_template() -> None:
    make_template(None)
    version = say(Template.across_tenants.get(code="WELCOME"), "en", "Hello {{ name }}")
    resolved = render.resolve(make_tenant(), channel="email", code="WELCOME", language="en")

    subjects = {
        render.render_subject(resolved, {"name": "Li Lei"}),
        render.render_subject(version.pk, {"name": "Li Lei"}),
        render.render(version.pk, {"name": "Li Lei"}).subject,
    }

    assert subjects == {"Hello Li Lei"}


def test_a_version_is_read_from_the_database_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    version = say(make_template(None), "en", "Hello {{ name }}")

    with django_assert_num_queries(1):
        for name in ("a", "b", "c"):
            render.render(version.pk, {"name": name})
            render.render_subject(version.pk, {"name": name})


def test_a_version_that_was_never_published_is_not_rendered() -> None:
    version = draft(translation_of(make_template(None), "en"), subject="", text="draft")

    with pytest.raises(RenderFailed):
        render.render(version.pk, {})


def test_a_version_that_was_changed_in_the_database_is_not_rendered() -> None:
    version = say(make_template(None), "en", "fine")
    TemplateVersion.objects.filter(pk=version.pk).update(text="{{ range(1000000000)|join }}")

    with pytest.raises(RenderFailed) as failure:
        render.render(version.pk, {})

    assert "was changed" in str(failure.value)
