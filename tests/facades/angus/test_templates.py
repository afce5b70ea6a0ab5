"""Templates over HTTP: listed, shown and changed as AngusGM's clients do it."""

from typing import Any

import pytest

from templates_app.models import Template, TemplateVersion
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.facades.angus.template_calls import EN, TEMPLATE, ZH, change, sent, shown
from tests.factories import make_key

pytestmark = pytest.mark.usefixtures("seeded")


class TestListing:
    def codes(self, api: Api, **params: Any) -> list[str]:
        data = api.get(TEMPLATE, params).json()["data"]
        return [f"{each['code']} {each['language']['value']}" for each in data["list"]]

    def filtered(self, api: Api, key: str, op: str, value: str) -> list[str]:
        return self.codes(api, **{"filters[0].key": key, "filters[0].op": op, "filters[0].value": value})

    @pytest.mark.parametrize("path", [TEMPLATE, f"{TEMPLATE}/"])
    def test_both_spellings_of_the_path_list_them(self, api: Api, path: str) -> None:
        data = api.get(path, {"pageSize": 3}).json()["data"]

        assert int(data["total"]) >= 20
        assert [each["id"] for each in data["list"]] == ["1207", "1206", "1205"]

    def test_equality_parameters(self, api: Api) -> None:
        assert self.codes(api, code="CHANNEL_TEST") == ["CHANNEL_TEST en", "CHANNEL_TEST zh_CN"]
        assert self.codes(api, id=ZH) == ["CHANNEL_TEST zh_CN"]
        assert self.codes(api, verificationCode="true", language="en") == ["VERIFICATION_CODE en"]
        assert self.codes(api, subject="Test message") == ["CHANNEL_TEST en"]
        assert self.codes(api, name="Test of a mail server", language="zh_CN") == ["CHANNEL_TEST zh_CN"]
        assert self.codes(api, language="xx") == []

    def test_filters(self, api: Api) -> None:
        assert self.filtered(api, "code", "MATCH_END", "CHANNEL") == ["CHANNEL_TEST en", "CHANNEL_TEST zh_CN"]
        assert self.filtered(api, "subject", "MATCH", "est mess") == ["CHANNEL_TEST en"]
        assert self.filtered(api, "id", "LESS_THAN", "2") == ["VERIFICATION_CODE zh_CN"]
        assert self.filtered(api, "verificationCode", "EQUAL", "TRUE") == [
            "VERIFICATION_CODE en",
            "VERIFICATION_CODE zh_CN",
        ]

    def test_order(self, api: Api) -> None:
        assert self.codes(api, orderBy="id", orderSort="ASC", pageSize=2) == [
            "VERIFICATION_CODE zh_CN",
            "SYS_EXCEPTION_NOTICE zh_CN",
        ]
        assert self.codes(api, orderBy="code", orderSort="ASC", pageSize=1) == ["CHANNEL_TEST zh_CN"]
        assert api.get(TEMPLATE, {"orderBy": "name"}).headers["XC-E-Key"] == "unsupported_order_by"

    def test_sms_templates_are_not_among_them(self, api: Api) -> None:
        shown_codes = {code.split()[0] for code in self.codes(api, pageSize=2000)}

        assert shown_codes <= set(Template.across_tenants.filter(channel="email").values_list("code", flat=True))

    def test_a_page_costs_a_fixed_number_of_queries(self, api: Api, django_assert_num_queries: Any) -> None:
        api.get(TEMPLATE)

        with django_assert_num_queries(5):
            api.get(TEMPLATE, {"pageSize": 20})


class TestShowing:
    def test_a_template_of_the_platform_is_shown_whole(self, api: Api) -> None:
        told = shown(api)

        content = told.pop("content")
        assert content.startswith("<!")
        assert "{{ channelType }}" in content
        assert "{{ channelType }}" in told.pop("text")
        assert told == {
            "id": EN,
            "code": "CHANNEL_TEST",
            "name": "Test of a mail server",
            "subject": "Test message",
            "dialect": "JINJA",
            "verificationCode": False,
            "verificationCodeValidSecond": "-1",
            "remark": "Test message",
            "language": {"value": "en", "message": "English"},
            "version": "1",
            "hasDraft": False,
            "variables": ["channelType"],
            "bizKeys": ["CHANNEL_TEST"],
            "platform": True,
        }

    def test_a_code_template_says_how_long_codes_live(self, api: Api) -> None:
        told = shown(api, "1")

        assert (told["verificationCode"], told["verificationCodeValidSecond"]) == (True, "300")
        assert "SIGNUP" in told["bizKeys"]

    @pytest.mark.parametrize("template_id", ["42", "0", "-1", "x", "9" * 19, "9" * 30])
    def test_what_nobody_has_is_404(self, api: Api, template_id: str) -> None:
        reply = api.get(f"{TEMPLATE}/{template_id}")

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (404, "resource_not_found")
        assert reply.json()["msg"].startswith("EmailTemplate not found")


class TestChanging:
    def test_the_vendors_way_of_writing_is_sent_from_now_on(self, api: Api) -> None:
        reply = change(api, subjectPrefix="Channel test", content="Hello,\nfrom ${channelType}.")

        assert (reply.status_code, reply.json()["data"]) == (200, None)
        rendered = sent(api, channelType="Main <1>")
        assert (rendered.subject, rendered.html, rendered.text) == ("Channel test", "", "Hello,\nfrom Main <1>.")
        told = shown(api)
        assert (told["content"], told["dialect"], told["remark"]) == (
            "Hello,\nfrom ${channelType}.",
            "DOLLAR",
            "Channel test",
        )

    def test_html_gets_a_text_part_of_its_own(self, api: Api) -> None:
        change(api, content="<p>From <b>{{ channelType }}</b></p>")

        rendered = sent(api, channelType="<i>")
        assert "<b>&lt;i&gt;</b>" in rendered.html
        assert rendered.text.strip() == "From <i>"
        assert "text" not in shown(api)

    def test_a_text_part_may_be_written(self, api: Api) -> None:
        change(api, content="<p>{{ channelType }}</p>", text="Plainly {{ channelType }}")

        assert sent(api).text == "Plainly Main"

    def test_parts_in_two_ways_of_writing_are_brought_together(self, api: Api) -> None:
        change(api, subject="About {{ channelType }}")

        change(api, content="<p>${channelType}</p>")

        rendered = sent(api)
        assert (rendered.subject, rendered.html.count("Main")) == ("About Main", 1)
        assert shown(api)["dialect"] == "JINJA"

    def test_what_is_absent_or_null_stays(self, api: Api) -> None:
        before = shown(api)

        change(api, name="Renamed", content=None, subjectPrefix=None, verificationCode=None)

        after = shown(api)
        assert after["name"] == "Renamed"
        assert {**after, "name": before["name"], "platform": True} == before

    def test_an_answer_sent_back_changes_nothing_that_is_read(self, api: Api) -> None:
        before = shown(api)

        assert change(api, **before).status_code == 200

        after = shown(api)
        assert {**after, "platform": True, "version": before["version"]} == before

    def test_flag_and_validity_are_changed(self, api: Api) -> None:
        change(api, "1001", verificationCodeValidSecond="600")
        assert shown(api, "1001")["verificationCodeValidSecond"] == "600"

        change(api, "1001", verificationCodeValidSecond=-1, verificationCode="false")
        told = shown(api, "1001")
        assert (told["verificationCodeValidSecond"], told["verificationCode"]) == ("-1", False)

    def test_a_language_moves_and_a_taken_one_is_409(self, api: Api) -> None:
        assert change(api, language="zh_CN").status_code == 409
        assert change(api, language={"value": "fr"}).status_code == 200

        assert sent(api, language="fr").subject == "Test message"

    @pytest.mark.parametrize(
        ("members", "named"),
        [
            ({"name": "x" * 101}, "name"),
            ({"name": ""}, "name"),
            ({"content": "x" * 200_001}, "content"),
            ({"subjectPrefix": ""}, "subjectPrefix"),
            ({"subjectPrefix": "a\r\nBcc: v@example.org"}, "subjectPrefix"),
            ({"subject": "x" * 401}, "subject"),
            ({"verificationCode": "maybe"}, "verificationCode"),
            ({"verificationCodeValidSecond": 86_401}, "verificationCodeValidSecond"),
            ({"language": "no language!"}, "language"),
            ({"dialect": "PERL"}, "dialect"),
            ({"bizKeys": "SIGNUP"}, "bizKeys"),
            ({"bizKeys": [""]}, "bizKeys"),
            ({"bizKeys": [7]}, "bizKeys"),
            ({"bizKeys": ["KEY"] * 101}, "bizKeys"),
            ({"nonsense": 1}, "nonsense"),
        ],
    )
    def test_what_does_not_fit_is_400_and_named(self, api: Api, members: dict[str, Any], named: str) -> None:
        reply = change(api, **members)

        assert (reply.status_code, reply.json()["code"]) == (400, "E0")
        assert reply.json()["msg"].startswith(f"{named}:")

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            ("<p>\n{% include 'x' %}</p>", "2"),
            ("<p>{{ a.__class__ }}</p>", "1"),
            ("one\ntwo ${a?upper_case}", "2"),
            ("<p>\n\n{{ name", "3"),
        ],
    )
    def test_a_text_that_cannot_be_a_template_is_refused_by_line(self, api: Api, content: str, line: str) -> None:
        versions = TemplateVersion.objects.count()

        reply = change(api, content=content)

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, "param_validation_error")
        assert line in [problem["line"] for problem in reply.json()["data"]["problems"]]
        assert f"Line {line}" in reply.json()["msg"]
        assert TemplateVersion.objects.count() == versions
        assert not Template.across_tenants.filter(tenant__isnull=False).exists()

    def test_writing_needs_its_scope(self, tenant: Tenant, server: Any) -> None:
        reader = Api(make_key(tenant, "email.read", "email.send"))

        assert [change(reader, name="x").status_code, reader.post(TEMPLATE, {}).status_code] == [403, 403]
        assert reader.get(TEMPLATE).status_code == 200
