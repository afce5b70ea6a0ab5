"""The templates that come with us: AngusGM's ids, codes, variables and bindings (angus.md 8.3), our words, and the
edits of operators, which no upgrade touches.
"""

import io
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from templates_app import render, seeding
from templates_app.engine import Rendered
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from templates_app.publishing import draft, publish, translation_of, withdraw
from tests.factories import TenantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_email")]

#: Code → ids in Chinese and English, variables as the vendor's callers give them, business keys.
VENDOR: dict[str, tuple[int, int, set[str], set[str]]] = {
    "VERIFICATION_CODE": (1, 1001, {"verificationCode"}, {
        "SIGNUP", "SIGNIN", "PASSWORD_FORGET", "PASSWORD_UPDATE", "SIGN_CANCEL", "MODIFY_EMAIL", "BIND_EMAIL",
        "PAY_PASSWORD_UPDATE",
    }),
    "SYS_EXCEPTION_NOTICE": (5, 1005, {"datetime", "exceptionReason"}, {"SYS_EXCEPTION_NOTICE"}),
    "SYS_RECOVERY_NOTICE": (6, 1006, {"datetime"}, {"SYS_RECOVERY_NOTICE"}),
    "SYS_SECURITY_NOTICE": (7, 1007, {"object"}, {"SYS_SECURITY_NOTICE"}),
    "CHANNEL_TEST": (9, 1009, {"channelType"}, {"CHANNEL_TEST"}),
    "TESTING_EXEC_STARTED": (200, 1200, {"name"}, {"TESTING_EXEC_STARTED"}),
    "TESTING_EXEC_FINISHED": (201, 1201, {"name", "no"}, {"TESTING_EXEC_FINISHED"}),
    "TESTING_EXEC_FAILED": (202, 1202, {"name", "no", "cause"}, {"TESTING_EXEC_FAILED"}),
    "TESTING_REPORTER_SENT": (203, 1203, {"name", "no"}, {"TESTING_REPORTER_SENT"}),
    "TESTING_TASK_OVERDUE": (204, 1204, {"num"}, {"TESTING_TASK_OVERDUE"}),
    "INDICATOR_MODIFY_SUBMIT": (205, 1205, {"fullname", "name"}, {"INDICATOR_MODIFY_SUBMIT"}),
    "INDICATOR_AUDIT_PASSED": (206, 1206, {"name"}, {"INDICATOR_AUDIT_PASSED"}),
    "INDICATOR_AUDIT_FAILED": (207, 1207, {"cause", "name"}, {"INDICATOR_AUDIT_FAILED"}),
}  # fmt: skip
IN_BOTH_LANGUAGES = [(code, language) for code in VENDOR for language in ("zh_CN", "en")]


def read(code: str, language: str, **params: Any) -> Rendered:
    resolved = render.resolve(TenantFactory(), channel="email", code=code, language=language)
    assert resolved.language == language
    resolved.check_params(params, "li.lei@example.com")
    return render.render(resolved.version_id, params)


def translation(code: str, language: str = "en") -> Translation:
    return Translation.objects.get(template__code=code, language=language)


def speaking(code: str) -> TemplateVersion:
    version = translation(code).published
    assert version is not None
    return version


def outcome(code: str, language: str = "en") -> str:
    (found,) = [one.outcome for one in seeding.load() if (one.code, one.language) == (code, language)]
    return found


def test_ids_and_codes_are_the_vendors() -> None:
    ids = {
        code: tuple(Translation.objects.filter(template__code=code).order_by("id").values_list("id", flat=True))
        for code in Template.across_tenants.values_list("code", flat=True)
    }

    assert ids == {code: (chinese, english) for code, (chinese, english, _, _) in VENDOR.items()}


def test_bindings_are_the_vendors_and_the_platforms() -> None:
    bindings = BizKeyBinding.across_tenants.filter(tenant=None, channel="email")

    assert {(each.template.code, each.biz_key) for each in bindings} == {
        (code, biz_key) for code, (_, _, _, biz_keys) in VENDOR.items() for biz_key in biz_keys
    }


def test_only_the_verification_code_carries_one_and_lives_five_minutes() -> None:
    carriers = Template.across_tenants.filter(verification_code=True).values_list("code", "code_validity_s")

    assert list(carriers) == [("VERIFICATION_CODE", 300)]


@pytest.mark.parametrize(("code", "language"), IN_BOTH_LANGUAGES)
def test_a_seed_is_rendered_with_the_vendors_variables_alone(code: str, language: str) -> None:
    params = {name: f"<{name} & co>" for name in VENDOR[code][2]}

    rendered = read(code, language, **params)

    assert rendered.subject
    assert all(value in rendered.text for value in params.values())
    assert all(f"&lt;{name} &amp; co&gt;" in rendered.html for name in params)


@pytest.mark.parametrize(("code", "language"), IN_BOTH_LANGUAGES)
def test_a_seed_needs_no_other_page_and_looks_right_in_the_dark(code: str, language: str) -> None:
    rendered = read(code, language, **dict.fromkeys(VENDOR[code][2], "x"))

    html = rendered.html
    assert f'<html lang="{language.replace("_", "-")}">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<body style="margin: 0;' in html
    assert "http" not in html
    assert "[[" not in html
    assert "<" not in rendered.text


@pytest.mark.parametrize(
    ("language", "with_minutes", "without"),
    [("zh_CN", "在 30 分钟内有效", "短时间内有效"), ("en", "expires after 30 minutes", "only for a short time")],
)
def test_the_code_promises_a_time_only_when_it_is_told_one(language: str, with_minutes: str, without: str) -> None:
    told = read("VERIFICATION_CODE", language, verificationCode="482913", validMinutes=30)
    untold = read("VERIFICATION_CODE", language, verificationCode="482913")

    assert with_minutes in told.html
    assert with_minutes in told.text
    assert without in untold.html
    assert "482913" in untold.text
    assert "482913" not in untold.subject
    assert "分钟" not in untold.text
    assert "minute" not in untold.text


def test_the_english_security_notice_takes_the_variables_of_either_language() -> None:
    as_in_chinese = read("SYS_SECURITY_NOTICE", "en", object="the admin account")
    as_in_english = read("SYS_SECURITY_NOTICE", "en", datetime="18:30", exceptionReason="three failed sign-ins")

    assert "Concerns: the admin account" in as_in_chinese.text
    assert "Time:     18:30\nDetails:  three failed sign-ins" in as_in_english.text
    assert "Concerns" not in as_in_english.html


def test_loading_again_changes_nothing() -> None:
    versions = list(TemplateVersion.objects.order_by("pk").values())

    outcomes = {one.outcome for one in seeding.load()}

    assert outcomes == {seeding.KEPT}
    assert list(TemplateVersion.objects.order_by("pk").values()) == versions


def test_what_an_operator_published_is_kept() -> None:
    edited = publish(draft(translation("CHANNEL_TEST"), subject="Ours", text="ours {{ channelType }}"))

    assert outcome("CHANNEL_TEST") == seeding.KEPT

    assert translation("CHANNEL_TEST").published == edited


def test_what_an_operator_is_still_writing_is_kept() -> None:
    TemplateVersion.objects.filter(translation=translation("CHANNEL_TEST")).update(seed="of an earlier release")
    unfinished = draft(translation("CHANNEL_TEST"), subject="Ours", text="ours")

    assert outcome("CHANNEL_TEST") == seeding.KEPT

    unfinished.refresh_from_db()
    assert (unfinished.source_text, unfinished.published_at) == ("ours", None)


def test_a_text_of_an_earlier_release_is_brought_up_to_date() -> None:
    old = speaking("CHANNEL_TEST")
    TemplateVersion.objects.filter(pk=old.pk).update(seed="of an earlier release")

    assert outcome("CHANNEL_TEST") == seeding.UPDATED

    new = speaking("CHANNEL_TEST")
    assert (new.number, new.source_html) == (2, old.source_html)
    assert outcome("CHANNEL_TEST") == seeding.KEPT


def test_what_an_operator_withdrew_stays_withdrawn() -> None:
    withdraw(translation("CHANNEL_TEST"))
    TemplateVersion.objects.filter(translation=translation("CHANNEL_TEST")).update(seed="of an earlier release")

    assert outcome("CHANNEL_TEST") == seeding.KEPT

    assert translation("CHANNEL_TEST").published is None


def test_what_an_operator_set_on_a_template_is_kept() -> None:
    Template.across_tenants.filter(code="VERIFICATION_CODE").update(code_validity_s=600, name="Ours")

    seeding.load()

    template = Template.across_tenants.get(code="VERIFICATION_CODE")
    assert (template.code_validity_s, template.name) == (600, "Ours")


def test_a_key_that_an_operator_bound_elsewhere_stays_there() -> None:
    ours = Template(code="OURS", name="Ours")
    ours.save()
    BizKeyBinding.across_tenants.filter(biz_key="SIGNUP").update(template=ours)

    seeding.load()

    assert BizKeyBinding.across_tenants.get(biz_key="SIGNUP").template == ours


def test_what_is_missing_is_created_again_under_its_id() -> None:
    gone = translation("CHANNEL_TEST")
    withdraw(gone)
    gone.delete()

    assert outcome("CHANNEL_TEST") == seeding.CREATED

    assert translation("CHANNEL_TEST").pk == 1009


def test_a_tenants_template_of_the_same_code_is_not_touched() -> None:
    tenant = TenantFactory()
    own = Template(tenant=tenant, code="CHANNEL_TEST", name="Ours")
    own.save()
    publish(draft(translation_of(own, "en"), subject="Ours", text="ours"))

    seeding.load()

    assert Template.objects.for_tenant(tenant.pk).count() == 1
    assert TemplateVersion.objects.filter(translation__template=own).count() == 1


def test_translations_made_later_get_ids_that_no_seed_will_take() -> None:
    template = Template(code="OURS", name="Ours")
    template.save()

    assert translation_of(template, "en").pk >= 10_000


@pytest.mark.django_db(transaction=True)
def test_two_loaders_at_once_make_one_of_each() -> None:
    Translation.objects.update(published=None)
    Template.across_tenants.all().delete()

    def load() -> None:
        try:
            seeding.load()
        finally:
            connection.close()

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert TemplateVersion.objects.count() == Translation.objects.exclude(published=None).count() == 2 * len(VENDOR)


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("load_templates", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_says_what_it_did() -> None:
    withdrawn = translation("CHANNEL_TEST")
    withdraw(withdrawn)
    withdrawn.delete()
    seeding.load_sms()

    assert run() == "Templates: 1 created, 0 updated, 53 kept.\n"
    assert run("-v", "0") == ""
    assert "kept     email  CHANNEL_TEST (en)\n" in run("-v", "2")


def test_the_help_of_the_command_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("load_templates", "--help")

    assert "python3 manage.py load_templates " in capsys.readouterr().out
