"""Templates in the admin: drafts, publishing, errors with their line beside the field, a preview that runs nothing."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from templates_app import publishing
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
LIST = reverse("admin:templates_app_template_changelist")
TEXT = {"subject": "Hello {{ name }}", "html": "<p>Hello {{ name }}</p>", "text": "", "dialect": "jinja", "sample": ""}


def editor(translation: Translation, page: str = "change") -> str:
    return reverse(f"admin:templates_app_translation_{page}", args=[translation.pk])


def versions(translation: Translation) -> list[tuple[int, bool]]:
    rows = TemplateVersion.objects.filter(translation=translation).order_by("number")
    return [(row.number, row.published_at is not None) for row in rows]


def published(translation: Translation) -> TemplateVersion | None:
    return Translation.objects.select_related("published").get(pk=translation.pk).published


@pytest.fixture
def template(acme: Tenant) -> Template:
    template = Template(tenant=acme, code="WELCOME", name="Welcome")
    template.save()
    return template


@pytest.fixture
def english(template: Template) -> Translation:
    return publishing.translation_of(template, "en")


def test_a_new_template_leads_to_its_languages(operator: Client, acme: Tenant):
    form = {"code": "NEW", "name": "New", "tenant": acme.pk, "channel": "email", "remark": ""}

    reply = operator.post(f"{LIST}add/", form, follow=True)

    made = Template.objects.for_tenant(acme.pk).get()
    assert reply.redirect_chain[-1][0] == f"{LIST}{made.pk}/change/"
    assert "Add language" in reply.content.decode()


def test_adding_a_language_opens_its_text(operator: Client, template: Template):
    reply = operator.post(f"{LIST}{template.pk}/language/", {"language": "zh-cn"})

    translation = Translation.objects.get(template=template)
    assert translation.language == "zh_CN"
    assert reply.url == editor(translation)  # type: ignore[attr-defined]


def test_what_is_no_language_is_refused_in_words(operator: Client, template: Template):
    reply = operator.post(f"{LIST}{template.pk}/language/", {"language": "<b>"}, follow=True)

    assert "Write a language tag" in reply.content.decode()
    assert not Translation.objects.exists()


def test_saving_a_draft_publishes_nothing(operator: Client, english: Translation):
    operator.post(editor(english), {**TEXT, "do": "draft"})
    operator.post(editor(english), {**TEXT, "subject": "Again", "do": "draft"})

    assert versions(english) == [(1, False)]
    assert published(english) is None


def test_publishing_makes_new_sends_use_it_and_is_on_record(operator: Client, english: Translation):
    operator.post(editor(english), {**TEXT, "do": "publish"})

    version = published(english)
    assert version is not None
    assert (version.number, version.source_subject) == (1, "Hello {{ name }}")
    assert "Version 1 published" in LogEntry.objects.get().get_change_message()


def test_a_published_version_never_changes_and_can_be_published_again(operator: Client, english: Translation):
    operator.post(editor(english), {**TEXT, "do": "publish"})
    operator.post(editor(english), {**TEXT, "subject": "Second", "do": "publish"})
    newest = published(english)
    operator.post(editor(english), {"do": "republish", "number": "1"})

    again = published(english)
    assert newest is not None
    assert again is not None
    assert (newest.number, again.number, again.source_subject) == (2, 1, "Hello {{ name }}")
    assert versions(english) == [(1, True), (2, True)]


def test_withdrawing_keeps_the_versions(operator: Client, english: Translation):
    operator.post(editor(english), {**TEXT, "do": "publish"})
    operator.post(editor(english), {"do": "withdraw"})

    assert published(english) is None
    assert versions(english) == [(1, True)]


@pytest.mark.parametrize("do", ["draft", "publish"])
def test_an_error_stands_beside_its_field_with_its_line(operator: Client, english: Translation, do: str):
    wrong = {**TEXT, "html": "<p>\n{{ name.__class__ }}\n</p>", "do": do}

    reply = operator.post(editor(english), wrong)

    form = reply.context["form"]
    assert form.errors["html"][0].startswith("Line 2: ")
    assert "subject" not in form.errors
    assert form.fields["html"].widget.attrs["data-wrong"] == "2"
    assert "{{ name.__class__ }}" in reply.content.decode()
    assert versions(english) == []


def test_errors_of_several_parts_are_all_told(operator: Client, english: Translation):
    wrong = {**TEXT, "subject": "{{ a.b() }}", "text": "{% import 'x' %}", "do": "draft"}

    errors = operator.post(editor(english), wrong).context["form"].errors

    assert set(errors) == {"subject", "text"}


def test_an_empty_text_is_refused_above_the_form(operator: Client, english: Translation):
    reply = operator.post(editor(english), {**TEXT, "html": "", "do": "draft"})

    assert "Write the HTML, the text or both." in str(reply.context["form"].non_field_errors())


def test_an_earlier_version_can_be_opened(operator: Client, english: Translation):
    operator.post(editor(english), {**TEXT, "do": "publish"})
    operator.post(editor(english), {**TEXT, "subject": "Second", "do": "publish"})

    subjects = [
        operator.get(editor(english), query).context["form"]["subject"].value() for query in ({}, {"version": "1"})
    ]

    assert subjects == ["Second", "Hello {{ name }}"]


def preview(client: Client, translation: Translation, **changes: Any) -> Any:
    return client.post(editor(translation, "preview"), {**TEXT, **changes})


def test_the_preview_shows_what_is_typed_with_sample_data(operator: Client, english: Translation):
    reply = preview(operator, english, sample='{"name": "<Ann>"}')

    assert "Hello &lt;Ann&gt;" in reply.content.decode()
    assert versions(english) == []


def test_the_preview_names_the_variables_that_have_no_sample(operator: Client, english: Translation):
    assert "Hello [name]" in preview(operator, english).content.decode()
    assert "Subject: Hello [name]" in preview(operator, english, part="text").content.decode()


def test_the_preview_comes_with_a_policy_that_lets_nothing_run(operator: Client, english: Translation):
    for changes in ({}, {"part": "text"}, {"html": "{{ a.b() }}"}, {"sample": "nope"}, {"sample": "[1]"}):
        reply = preview(operator, english, **changes)

        assert reply.status_code == 200
        assert reply["Content-Security-Policy"].startswith("sandbox; default-src 'none';")


def test_the_preview_tells_what_is_wrong(operator: Client, english: Translation):
    assert "Line 2: HTML" in preview(operator, english, html="<p>\n{{ a.b() }}").content.decode()
    assert "not a JSON object" in preview(operator, english, sample="{").content.decode()


def binding_form(template: Template, *keys: str) -> dict[str, Any]:
    form: dict[str, Any] = {"name": template.name, "remark": "", "code_validity_s": ""}
    form |= {"bindings-TOTAL_FORMS": len(keys), "bindings-INITIAL_FORMS": 0}
    return form | {f"bindings-{n}-biz_key": key for n, key in enumerate(keys)}


def test_a_binding_takes_its_owner_from_the_template(operator: Client, acme: Tenant, template: Template):
    operator.post(f"{LIST}{template.pk}/change/", binding_form(template, "SIGNUP", "TICKET_PAID"))

    rows = BizKeyBinding.objects.for_tenant(acme.pk).order_by("biz_key")
    assert [(row.biz_key, row.channel, row.template_id) for row in rows] == [
        ("SIGNUP", "email", template.pk),
        ("TICKET_PAID", "email", template.pk),
    ]


def test_a_key_that_chooses_another_template_is_refused_in_words(operator: Client, acme: Tenant, template: Template):
    older = Template(tenant=acme, code="OLDER", name="Older")
    older.save()
    BizKeyBinding(tenant=acme, biz_key="SIGNUP", template=older).save()

    reply = operator.post(f"{LIST}{template.pk}/change/", binding_form(template, "SIGNUP"))

    assert "This key chooses OLDER already." in str(reply.context["errors"])


def test_the_same_key_twice_in_one_form_is_refused_in_words(operator: Client, acme: Tenant, template: Template):
    reply = operator.post(f"{LIST}{template.pk}/change/", binding_form(template, "SIGNUP", "SIGNUP"))

    assert reply.status_code == 200
    assert not BizKeyBinding.objects.for_tenant(acme.pk).exists()


def test_a_code_that_is_taken_is_refused_in_words(operator: Client, acme: Tenant, template: Template):
    form = {"code": "WELCOME", "name": "New", "tenant": acme.pk, "channel": "email", "remark": ""}

    reply = operator.post(f"{LIST}add/", form)

    assert reply.status_code == 200
    assert "code" in reply.context["adminform"].form.errors


def test_a_text_of_the_platform_can_be_read_and_not_changed_by_staff(seeded: None, operator: Client):
    text = Translation.objects.filter(template__tenant=None).first()
    assert text is not None

    page = operator.get(editor(text))
    attempts = [operator.post(editor(text), {**TEXT, "do": do}) for do in ("draft", "publish", "withdraw", "republish")]

    assert page.status_code == 200
    assert "Publish</button>" not in page.content.decode()
    assert {reply.status_code for reply in attempts} == {403}
    assert published(text) is not None


def test_the_list_costs_the_same_for_one_template_and_for_many(
    operator: Client, template: Template, django_assert_max_num_queries: Any
):
    for number in range(15):
        other = Template(tenant=template.tenant, code=f"T{number}", name="x")
        other.save()
        publishing.publish(publishing.draft(publishing.translation_of(other, "en"), subject="s", html="<p>x</p>"))

    with django_assert_max_num_queries(12):
        operator.get(LIST)
