"""Templates by number: made, read, listed, changed, deleted; each fault has the vendor's code."""

import base64
from typing import Any

import pytest

from notifications.facades.tencent import template_actions
from templates_app import own_templates
from templates_app.models import TemplateVersion
from tests.facades.tencent.client import TencentApi, code_of


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def words(name: str = "Welcome", **content: str) -> dict[str, Any]:
    content = content or {"Html": b64("<p>Dear {{name}}</p>")}
    return {"TemplateName": name, "TemplateContent": content}


def make(api: TencentApi, **content: str) -> int:
    number: int = api.call("CreateEmailTemplate", words(**content))["TemplateID"]
    return number


def test_a_template_is_approved_at_once_and_reads_as_it_was_written(api):
    number = make(api, Html=b64("<p>{{ 名字 }} {single} {% x %}</p>"), Text=b64("Dear {{ 名字 }}"))

    found = api.call("GetEmailTemplate", {"TemplateID": number})
    del found["RequestId"]
    assert found == {
        "TemplateContent": {"Html": b64("<p>{{ 名字 }} {single} {% x %}</p>"), "Text": b64("Dear {{ 名字 }}")},
        "TemplateStatus": 0,
        "TemplateName": "Welcome",
    }


def test_an_update_replaces_the_whole_content_and_is_sent_from_then_on(api):
    number = make(api, Html=b64("<p>Old</p>"), Text=b64("Old"))

    assert (
        code_of(api.call("UpdateEmailTemplate", {"TemplateID": number, **words("New", Html=b64("<p>New</p>"))})) == ""
    )

    found = api.call("GetEmailTemplate", {"TemplateID": number})
    assert (found["TemplateName"], found["TemplateStatus"]) == ("New", 0)
    assert found["TemplateContent"] == {"Html": b64("<p>New</p>"), "Text": ""}
    current = TemplateVersion.objects.get(translation=number, number=2)
    assert current.text.strip() == "New"


def test_the_list_shows_the_account_s_own_the_newest_first(api, stranger, seeded):
    numbers = [make(api) for _ in range(3)]
    make(stranger)

    page = api.call("ListEmailTemplates", {"Limit": 2, "Offset": 0})
    rest = api.get("ListEmailTemplates", {"Limit": 2, "Offset": 2})

    assert [row["TemplateID"] for row in page["TemplatesMetadata"] + rest["TemplatesMetadata"]] == numbers[::-1]
    assert page["TotalCount"] == 3
    row = page["TemplatesMetadata"][0]
    assert (row["TemplateName"], row["TemplateStatus"], row["ReviewReason"]) == ("Welcome", 0, "")
    assert row["CreatedTimestamp"] > 1_700_000_000


def test_a_deleted_template_is_gone(api):
    number = make(api)

    assert code_of(api.call("DeleteEmailTemplate", {"TemplateID": number})) == ""

    assert api.call("ListEmailTemplates", {"Limit": 10, "Offset": 0})["TotalCount"] == 0
    again = api.call("DeleteEmailTemplate", {"TemplateID": number})
    assert code_of(again) == "InvalidParameterValue.TemplateNotExist"


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("InvalidParameterValue.TemplateNameIsNULL", words(" ")),
    ("InvalidParameterValue.TemplateNameIllegal", words("x" * 101)),
    ("InvalidParameterValue.TemplateNameIllegal", words("a\nb")),
    ("InvalidParameterValue.TemplateContentIsNULL", {"TemplateName": "x", "TemplateContent": {}}),
    ("InvalidParameterValue.TemplateContentIsNULL", words(Html="", Text=b64(" "))),
    ("InvalidParameterValue.TemplateContentIsWrong", words(Html="<p>plain</p>")),
    ("InvalidParameterValue.TemplateContentIsWrong", words(Text="//79")),
    ("InvalidParameterValue.TemplateContentIsWrong", words(Html=b64("<p>{{ a b }}</p>"))),
    ("FailedOperation.TemplateContentToolarge", words(Html=b64("x" * 200_001))),
    ("MissingParameter", {"TemplateName": "x"}),
    ("InvalidParameter", {"TemplateName": "x", "TemplateContent": "x"}),
    ("UnknownParameter", {"TemplateName": "x", "TemplateContent": {"HTML": "x"}}),
]


@pytest.mark.parametrize(("code", "params"), FAULTS, ids=[code for code, _ in FAULTS])
def test_what_cannot_be_a_template(api, code, params):
    number = make(api)

    assert code_of(api.call("CreateEmailTemplate", params)) == code
    assert code_of(api.call("UpdateEmailTemplate", {"TemplateID": number, **params})) == code

    assert api.call("ListEmailTemplates", {"Limit": 10, "Offset": 0})["TotalCount"] == 1
    assert TemplateVersion.objects.filter(translation=number).count() == 1


def test_exceed_template_limit(api, monkeypatch):
    monkeypatch.setattr(own_templates, "MAX_TEMPLATES", 1)
    make(api)

    assert code_of(api.call("CreateEmailTemplate", words())) == "FailedOperation.ExceedTemplateLimit"


@pytest.mark.parametrize("limit", [0, 101])
def test_invalid_limit(api, limit):
    answer = api.call("ListEmailTemplates", {"Limit": limit, "Offset": 0})

    assert code_of(answer) == "FailedOperation.InvalidLimit"


def test_the_platform_s_templates_are_no_account_s(api, seeded):
    for action, params in (("GetEmailTemplate", {}), ("UpdateEmailTemplate", words()), ("DeleteEmailTemplate", {})):
        answer = api.call(action, {"TemplateID": 1, **params})
        assert code_of(answer) == "InvalidParameterValue.TemplateNotExist"


def test_every_action_that_changes_needs_the_scope_for_it():
    writers = {name for name, action in template_actions.ACTIONS.items() if action.scope == "template.write"}

    assert writers == {"CreateEmailTemplate", "UpdateEmailTemplate", "DeleteEmailTemplate"}
