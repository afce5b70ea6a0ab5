"""What goes beyond AngusGM: a tenant's own templates, drafts, versions, previews; and the platform's made one's own."""

from typing import Any

import pytest

from templates_app import publishing
from templates_app.models import BizKeyBinding, Template, Translation
from tenants.models import Tenant
from tests.crowd import at_once
from tests.facades.angus.conftest import Api, publish
from tests.facades.angus.template_calls import EN, TEMPLATE, ZH, change, create, sent, shown

pytestmark = pytest.mark.usefixtures("seeded")


class TestMakingThePlatformsOnesOwn:
    def test_the_id_stays_and_the_platforms_text_too(self, api: Api, stranger: Api) -> None:
        change(api, subjectPrefix="Ours")

        told = shown(api)
        assert (told["id"], told["code"], told["subject"], told["platform"]) == (EN, "CHANNEL_TEST", "Ours", False)
        assert (shown(stranger)["subject"], shown(stranger)["platform"]) == ("Test message", True)
        assert (sent(api).subject, sent(stranger).subject) == ("Ours", "Test message")

    def test_every_language_comes_along_so_that_none_is_missed(self, api: Api) -> None:
        change(api, subjectPrefix="Ours")

        assert sent(api, language="zh_CN").subject == "测试邮件"
        assert shown(api, ZH)["platform"] is False

    def test_it_is_listed_once(self, api: Api) -> None:
        before = api.get(TEMPLATE, {"pageSize": 2000}).json()["data"]

        change(api, subjectPrefix="Ours")

        after = api.get(TEMPLATE, {"pageSize": 2000}).json()["data"]
        assert after["total"] == before["total"]
        assert [each["id"] for each in after["list"]] == [each["id"] for each in before["list"]]
        assert api.get(TEMPLATE, {"id": EN}).json()["data"]["list"][0]["subject"] == "Ours"

    def test_its_own_id_is_known_too(self, api: Api) -> None:
        change(api, subjectPrefix="Ours")
        own = Translation.objects.get(template__tenant__isnull=False, language="en")

        assert shown(api, str(own.pk))["id"] == EN
        change(api, str(own.pk), subjectPrefix="Ours still")
        assert sent(api).subject == "Ours still"

    def test_a_language_that_the_platform_adds_later_can_be_made_own_as_well(self, api: Api) -> None:
        change(api, subjectPrefix="Ours")
        platform = Template.across_tenants.get(tenant=None, code="CHANNEL_TEST", channel="email")
        french = publishing.translation_of(platform, "fr")
        publishing.publish(publishing.draft(french, subject="Essai", text="{{ channelType }}"))

        assert change(api, str(french.pk), subjectPrefix="Notre essai").status_code == 200

        assert sent(api, language="fr").subject == "Notre essai"

    @pytest.mark.django_db(transaction=True)
    def test_at_the_same_time_it_happens_once(self, api: Api, tenant: Tenant) -> None:
        replies = at_once(8, lambda number: change(api, subjectPrefix=f"Ours {number}").status_code)

        assert replies == [200] * 8
        assert Template.objects.for_tenant(tenant.pk).count() == 1
        own = Translation.objects.get(template__tenant=tenant, language="en")
        assert [version.number for version in own.versions.order_by("number")] == list(range(1, 10))


class TestCreating:
    def test_a_new_one_is_shown_and_sent(self, api: Api) -> None:
        reply = create(api, name="Order paid", bizKeys=["order_pay_success", "TODO_TICKET"])

        assert reply.status_code == 201
        told = reply.json()["data"]
        assert (told["code"], told["name"], told["version"]) == ("ORDER_PAID", "Order paid", "1")
        assert told["bizKeys"] == ["ORDER_PAY_SUCCESS", "TODO_WORKORDER"]
        assert told["variables"] == ["name", "number"]
        assert sent(api, biz_key="ORDER_PAY_SUCCESS", number="7", name="Ann").subject == "Order 7"
        assert sent(api, biz_key="TODO_TICKET", number="7", name="Ann").subject == "Order 7"

    def test_another_language_of_one_that_is_there(self, api: Api) -> None:
        create(api, bizKeys=["ORDER_PAY_SUCCESS"])

        reply = create(api, language="de", subject="Bestellung {{ number }}", name="Ignored")

        assert reply.status_code == 201
        assert reply.json()["data"]["name"] == "ORDER_PAID"
        assert sent(api, "de", "ORDER_PAY_SUCCESS", number="7", name="Ann").subject == "Bestellung 7"

    def test_the_same_language_again_is_409(self, api: Api) -> None:
        create(api)

        assert create(api).headers["XC-E-Key"] == "resource_already_exists"
        assert create(api, code="CHANNEL_TEST").status_code == 409
        assert Template.across_tenants.filter(code="CHANNEL_TEST", tenant__isnull=False).count() == 0

    def test_a_language_that_the_platform_lacks(self, api: Api) -> None:
        assert create(api, code="CHANNEL_TEST", language="fr", subject="Essai", content="x").status_code == 201

        assert sent(api, language="fr").subject == "Essai"
        assert sent(api, language="en").subject == "Test message"

    def test_keys_move_from_one_template_to_another(self, api: Api, tenant: Tenant) -> None:
        create(api, bizKeys=["ORDER_PAY_SUCCESS", "ORDER_PAY_PENDING"])
        second = create(api, code="OTHER", bizKeys=["ORDER_PAY_SUCCESS"]).json()["data"]

        assert shown(api, second["id"])["bizKeys"] == ["ORDER_PAY_SUCCESS"]
        change(api, second["id"], bizKeys=[])
        assert BizKeyBinding.objects.for_tenant(tenant.pk).get().biz_key == "ORDER_PAY_PENDING"

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"code": ...}, "code"),
            ({"code": "lower"}, "code"),
            ({"code": "A B"}, "code"),
            ({"code": "X" * 81}, "code"),
            ({"language": ...}, "language"),
            ({"language": "nonsense language"}, "language"),
            ({"subject": ...}, "subject"),
            ({"content": ...}, "content"),
        ],
    )
    def test_what_does_not_fit_is_400_and_named(self, api: Api, changes: dict[str, Any], named: str) -> None:
        reply = create(api, **changes)

        assert reply.status_code == 400
        assert reply.json()["msg"].startswith(f"{named}:")
        assert not Template.across_tenants.filter(tenant__isnull=False).exists()

    @pytest.mark.parametrize("content", ["", "  \n", "<p>{{ name</p>"])
    def test_an_empty_or_broken_text_is_refused(self, api: Api, content: str) -> None:
        assert create(api, content=content).json()["data"]["problems"]


class TestVersions:
    def numbers(self, api: Api, template_id: str) -> list[tuple[str, bool, bool]]:
        rows = api.get(f"{TEMPLATE}/{template_id}/version").json()["data"]["list"]
        return [(row["version"], row["current"], row["draft"]) for row in rows]

    def test_a_draft_is_sent_only_once_it_is_published(self, api: Api) -> None:
        saved = api.put(f"{TEMPLATE}/{EN}/draft", {"subject": "Draft for {{ channelType }}"})

        assert saved.json()["data"] == {"version": "2"}
        assert (sent(api).subject, shown(api)["hasDraft"]) == ("Test message", True)
        published = api.post(f"{TEMPLATE}/{EN}/publish", {})
        assert published.json()["data"] == {"version": "2"}
        assert (sent(api).subject, shown(api)["hasDraft"]) == ("Draft for Main", False)

    def test_a_draft_is_continued(self, api: Api) -> None:
        api.put(f"{TEMPLATE}/{EN}/draft", {"subject": "One"})
        api.put(f"{TEMPLATE}/{EN}/draft", {"content": "<p>Two {{ channelType }}</p>"})

        api.post(f"{TEMPLATE}/{EN}/publish", {})

        rendered = sent(api)
        assert rendered.subject == "One"
        assert "Two Main" in rendered.html

    def test_a_change_at_once_leaves_the_open_draft_alone(self, api: Api) -> None:
        api.put(f"{TEMPLATE}/{EN}/draft", {"subject": "Still being written"})

        change(api, subjectPrefix="At once")

        assert sent(api).subject == "At once"
        assert self.numbers(api, EN) == [("3", True, False), ("2", False, True), ("1", False, False)]
        api.post(f"{TEMPLATE}/{EN}/publish", {})
        assert sent(api).subject == "Still being written"

    def test_an_older_version_speaks_again(self, api: Api) -> None:
        change(api, subjectPrefix="Second")

        reply = api.post(f"{TEMPLATE}/{EN}/publish", {"version": "1"})

        assert reply.json()["data"] == {"version": "1"}
        assert sent(api).subject == "Test message"
        assert self.numbers(api, EN) == [("2", False, False), ("1", True, False)]

    def test_a_version_is_shown_whole(self, api: Api) -> None:
        change(api, subjectPrefix="Second", content="Plain ${channelType}")

        told = api.get(f"{TEMPLATE}/{EN}/version/2").json()["data"]

        assert (told["subject"], told["content"], told["dialect"]) == ("Second", "Plain ${channelType}", "DOLLAR")
        assert told["current"] is True
        assert {"createdDate", "publishedDate"} <= set(told)

    @pytest.mark.parametrize("body", [{"version": 99}, {}])
    def test_what_is_not_there_is_not_published(self, api: Api, body: dict[str, Any]) -> None:
        reply = api.post(f"{TEMPLATE}/{EN}/publish", body)

        assert reply.status_code == 404
        assert not Template.across_tenants.filter(tenant__isnull=False).exists()

    @pytest.mark.parametrize("number", ["99", "0", "x"])
    def test_a_version_that_is_not_there_is_404(self, api: Api, number: str) -> None:
        assert api.get(f"{TEMPLATE}/{EN}/version/{number}").status_code == 404

    def test_the_platforms_drafts_are_not_shown(self, api: Api) -> None:
        platform = Translation.objects.get(pk=EN)
        publishing.draft(platform, subject="Secret plans", text="x")

        assert self.numbers(api, EN) == [("1", True, False)]
        assert api.get(f"{TEMPLATE}/{EN}/version/2").status_code == 404
        assert shown(api)["hasDraft"] is False

    def test_a_broken_draft_is_refused_by_line(self, api: Api) -> None:
        reply = api.put(f"{TEMPLATE}/{EN}/draft", {"content": "<p>\n{{ x"})

        assert reply.status_code == 400
        assert reply.json()["data"]["problems"][0]["line"] == "2"


class TestPreviews:
    def preview(self, api: Api, **body: Any) -> Any:
        return api.post(f"{TEMPLATE}/{EN}/preview", body)

    def test_what_is_sent_with_sample_data(self, api: Api) -> None:
        told = self.preview(api, params={"channelType": "<Main>"}).json()["data"]

        assert told["subject"] == "Test message"
        assert "&lt;Main&gt;" in told["html"]
        assert "<Main>" in told["text"]
        assert told["variables"] == ["channelType"]

    def test_a_variable_without_data_shows_its_name(self, api: Api) -> None:
        told = self.preview(api, subject="Hi {{ name }}", content="<p>{{ a }}</p>", params={"name": "Ann"}).json()[
            "data"
        ]

        assert told["subject"] == "Hi Ann"
        assert "[a]" in told["html"]

    def test_nothing_is_stored(self, api: Api) -> None:
        self.preview(api, subject="Hi", content="<p>Other</p>")

        assert shown(api)["subject"] == "Test message"
        assert not Template.across_tenants.filter(tenant__isnull=False).exists()

    def test_another_version(self, api: Api) -> None:
        change(api, subjectPrefix="Second")

        assert self.preview(api, version=1).json()["data"]["subject"] == "Test message"
        assert self.preview(api, version=9).status_code == 404

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"content": "<p>\n{% for x in y %}"}, 400),
            ({"content": "<p>{{ a.b }}</p>", "params": {"a": 1}}, 200),
            ({"content": "<p>{{ 1/0 }}</p>"}, 200),
            ({"params": [1]}, 400),
            (
                {"content": "{% for a in b %}{% for c in b %}x{% endfor %}{% endfor %}", "params": {"b": ["x"] * 1000}},
                200,
            ),
        ],
    )
    def test_what_goes_wrong_is_told_and_never_crashes(self, api: Api, body: dict[str, Any], status: int) -> None:
        reply = self.preview(api, **body)

        assert reply.status_code == status
        assert (reply.json()["code"] != "S") == ("XC-E-Key" in reply.headers)


class TestOwners:
    def test_a_strangers_template_is_not_there(self, api: Api, stranger: Api) -> None:
        own = create(api, bizKeys=["ORDER_PAY_SUCCESS"]).json()["data"]["id"]

        refused = [
            stranger.get(f"{TEMPLATE}/{own}"),
            change(stranger, own, name="x"),
            stranger.put(f"{TEMPLATE}/{own}/draft", {"subject": "x"}),
            stranger.post(f"{TEMPLATE}/{own}/publish", {"version": 1}),
            stranger.post(f"{TEMPLATE}/{own}/preview", {}),
            stranger.get(f"{TEMPLATE}/{own}/version"),
            stranger.get(f"{TEMPLATE}/{own}/version/1"),
        ]

        assert [reply.status_code for reply in refused] == [404] * 7
        assert stranger.get(TEMPLATE, {"code": "ORDER_PAID"}).json()["data"]["total"] == "0"
        assert shown(api, own)["name"] == "ORDER_PAID"

    def test_two_tenants_may_have_the_same_code(self, api: Api, stranger: Api) -> None:
        assert [create(api).status_code, create(stranger).status_code] == [201, 201]

    def test_a_strangers_override_is_not_mixed_up_with_the_platforms(self, api: Api, stranger: Api) -> None:
        change(stranger, subjectPrefix="Theirs")

        assert shown(api)["subject"] == "Test message"
        assert api.get(TEMPLATE, {"code": "CHANNEL_TEST"}).json()["data"]["total"] == "2"


def test_templates_made_elsewhere_are_shown_too(api: Api, tenant: Tenant) -> None:
    publish(tenant, "SYS_RECOVERY_NOTICE", subject="Own words", html="<p>x</p>")

    (row,) = api.get(TEMPLATE, {"code": "SYS_RECOVERY_NOTICE", "language": "en"}).json()["data"]["list"]

    assert (row["id"], row["subject"], row["platform"]) == ("1006", "Own words", False)
