"""The templates for SMS that come with us: AngusGM's codes, variables and bindings (angus.md 8, 13) in few words."""

import pytest

from notifications.segments import measure
from templates_app import render, seeding
from templates_app.biz_keys import SMS_KEYS
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from templates_app.publishing import draft, publish
from tests.factories import TenantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_sms")]

#: Code → number within each language's series, variables as the vendor's callers give them.
VENDOR: dict[str, tuple[int, set[str]]] = {
    "VERIFICATION_CODE": (1, {"verificationCode"}),
    "SYS_EXCEPTION_NOTICE": (5, {"datetime", "exceptionReason"}),
    "SYS_RECOVERY_NOTICE": (6, {"datetime"}),
    "SYS_SECURITY_NOTICE": (7, {"object"}),
    "CHANNEL_TEST": (9, {"channelType"}),
    "EVENT_NOTICE": (10, {"date", "description"}),
    "TESTING_EXEC_STARTED": (200, {"name"}),
    "TESTING_EXEC_FINISHED": (201, {"name", "no"}),
    "TESTING_EXEC_FAILED": (202, {"name", "no", "cause"}),
    "TESTING_REPORTER_SENT": (203, {"name", "no"}),
    "TESTING_TASK_OVERDUE": (204, {"num"}),
    "INDICATOR_MODIFY_SUBMIT": (205, {"fullname", "name"}),
    "INDICATOR_AUDIT_PASSED": (206, {"name"}),
    "INDICATOR_AUDIT_FAILED": (207, {"cause", "name"}),
}
CODES = {
    "SIGNUP", "SIGNIN", "PASSWORD_FORGET", "PASSWORD_UPDATE", "SIGN_CANCEL", "MODIFY_MOBILE", "BIND_MOBILE",
    "PAY_PASSWORD_UPDATE",
}  # fmt: skip
LANGUAGES = {"zh_CN": 2000, "en": 3000}
IN_BOTH_LANGUAGES = [(code, language) for code in VENDOR for language in LANGUAGES]


def read(code: str, language: str, **params: object) -> str:
    resolved = render.resolve(TenantFactory(), channel="sms", code=code, language=language)
    assert resolved.language == language
    resolved.check_params(params, "+8613800138000")
    return render.render(resolved.version_id, params).text


def test_ids_tell_the_language_and_the_vendors_number() -> None:
    ids = dict(Translation.objects.values_list("id", "template__code"))

    assert ids == {start + number: code for code, (number, _) in VENDOR.items() for start in LANGUAGES.values()}


def test_every_key_of_the_vendors_that_has_a_template_is_bound() -> None:
    bindings = BizKeyBinding.across_tenants.filter(tenant=None, channel="sms")

    bound = {each.biz_key: each.template.code for each in bindings.select_related("template")}
    assert bound == {code: code for code in VENDOR if code != "VERIFICATION_CODE"} | dict.fromkeys(
        CODES, "VERIFICATION_CODE"
    )
    assert set(bound) - set(SMS_KEYS) == {"TESTING_REPORTER_SENT"}


def test_only_the_verification_code_carries_one_and_lives_five_minutes() -> None:
    carriers = Template.across_tenants.filter(verification_code=True).values_list("code", "code_validity_s")

    assert list(carriers) == [("VERIFICATION_CODE", 300)]


@pytest.mark.parametrize(("code", "language"), IN_BOTH_LANGUAGES)
def test_a_seed_says_what_it_is_given_and_fits_into_one_segment(code: str, language: str) -> None:
    params = dict.fromkeys(VENDOR[code][1], "<7&8>")

    text = read(code, language, **params)

    assert text.count("<7&8>") == len(params)
    assert measure(text).segments == 1


@pytest.mark.parametrize(("language", "told"), [("zh_CN", "30 分钟内有效"), ("en", "good for 30 min")])
def test_the_code_promises_a_time_only_when_it_is_told_one(language: str, told: str) -> None:
    assert told in read("VERIFICATION_CODE", language, verificationCode="482913", validMinutes=30)
    assert "min" not in read("VERIFICATION_CODE", language, verificationCode="482913").replace("分钟", "min")


def test_the_english_security_notice_takes_the_variables_of_either_language() -> None:
    assert "admin" in read("SYS_SECURITY_NOTICE", "en", object="admin")
    assert "three failed (18:30)" in read("SYS_SECURITY_NOTICE", "en", datetime="18:30", exceptionReason="three failed")


def test_they_stand_beside_those_for_mail() -> None:
    seeding.load()

    assert Template.across_tenants.filter(code="CHANNEL_TEST").count() == 2
    assert Translation.objects.get(pk=9).template.channel == "email"


def test_loading_again_changes_nothing_and_keeps_what_an_operator_wrote() -> None:
    translation = Translation.objects.get(pk=3009)
    publish(draft(translation, subject="", text="Ours: {{ channelType }}"))
    versions = list(TemplateVersion.objects.order_by("pk").values())

    outcomes = {one.outcome for one in seeding.load_sms()}

    assert outcomes == {seeding.KEPT}
    assert list(TemplateVersion.objects.order_by("pk").values()) == versions
