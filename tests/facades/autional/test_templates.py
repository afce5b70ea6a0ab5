"""Templates: what is shown of them, and what administrators do to them."""

import json
from typing import Any

import pytest

from notifications.models import Message
from notifications.states import Status
from templates_app.models import Template
from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, Api, end, make_template, refused

ADMIN = "/admin/communication/templates"
NEW = {
    "code": "verify_code",
    "name": "Verification",
    "channel": "email",
    "subject": "Your code, {name}",
    "content": "<p>{{.name}}: {code}</p>",
    "text_content": "{{name}}: {code}",
    "content_type": "html",
    "format": "go-template",
    "variables": ["name", "code"],
    "description": "For people who sign in",
}


def create(api: Api, **changes: Any) -> dict[str, Any]:
    response = api.post(ADMIN, {**NEW, **changes})
    assert response.status_code == 201, response.content
    return response.json()["data"]


def detail(api: Api, id_: str) -> dict[str, Any]:
    return api.get(f"/communication/templates/{id_}").json()["data"]


def codes(api: Api, query: str = "") -> list[str]:
    return [item["code"] for item in api.get(f"/communication/templates{query}").json()["items"]]


def test_a_new_template_is_shown_and_sent(api: Api, tenant: Tenant) -> None:
    made = create(api)

    times = {made.pop("created_at"), made.pop("updated_at")}
    assert len(times) == 1
    assert made == {
        "id": made["id"],
        "tenant_id": f"tnt_{tenant.pk}",
        "code": "verify_code",
        "name": "Verification",
        "channel": "email",
        "subject": "Your code, {name}",
        "content": "<p>{{.name}}: {code}</p>",
        "content_type": "html",
        "variables": ["code", "name"],
        "description": "For people who sign in",
        "is_active": True,
        "version": 1,
        "locale": "en",
    }
    assert detail(api, made["id"])["render_example"] == "<p>[name]: [code]</p>"
    body = {**EMAIL, "template": "verify_code", "variables": {"name": "Ann", "code": "7"}}
    assert api.post("/communication/email", body).json()["data"]["content"] == "<p>Ann: 7</p>"


def test_an_sms_template_is_plain_text(api: Api) -> None:
    made = create(api, channel="sms", content="Code {code}", content_type="text", subject="x")

    assert (made["subject"], made["content"], made["variables"]) == ("", "Code {code}", ["code"])
    assert detail(api, made["id"])["render_example"] == "Code [code]"
    assert refused(api.post(ADMIN, {**NEW, "code": "other", "channel": "sms"})) == (400, 400001)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"code": ""}, (400, 400001)),
        ({"name": None}, (400, 400001)),
        ({"content": ""}, (400, 400001)),
        ({"channel": "push"}, (400, 400001)),
        ({"format": "mustache"}, (400, 400001)),
        ({"variables": "code"}, (400, 400002)),
        ({"content": "{{range .Items}}x{{end}}"}, (400, 400006)),
    ],
    ids=str,
)
def test_a_bad_template_is_refused(api: Api, changes: dict[str, Any], answer: tuple[int, int]) -> None:
    assert refused(api.post(ADMIN, {**NEW, **changes})) == answer
    assert not Template.across_tenants.exists()


def test_a_code_is_taken_once(api: Api) -> None:
    create(api)

    assert refused(api.post(ADMIN, NEW)) == (409, 409003)


def test_an_update_is_partial_and_makes_a_version(api: Api) -> None:
    made = create(api)
    path = f"{ADMIN}/{made['id']}"

    changed = api.call("PUT", path, {"content": "<b>{code}</b>", "name": "New"}).json()["data"]

    assert (changed["version"], changed["name"], changed["subject"]) == (2, "New", made["subject"])
    assert (changed["content"], changed["content_type"]) == ("<b>{code}</b>", "html")
    versions = api.get(f"{path}/versions").json()
    assert [(item["version"], item["content"]) for item in versions["items"]] == [
        (2, "<b>{code}</b>"),
        (1, NEW["content"]),
    ]
    first = versions["items"][1]
    assert (first["template_id"], first["text_content"]) == (made["id"], NEW["text_content"])
    assert json.loads(first["variables"]) == ["code", "name"]
    assert first["id"].startswith("tv_")
    as_text = api.call("PUT", path, {"content_type": "text"}).json()["data"]
    assert (as_text["content_type"], as_text["content"]) == ("text", "<b>{code}</b>")


def test_switched_off_is_not_found_by_sends_and_can_be_switched_on(api: Api) -> None:
    made = create(api)
    path, by_it = f"{ADMIN}/{made['id']}", {**EMAIL, "template": "verify_code", "variables": {"name": "A", "code": "7"}}

    off = api.call("PUT", path, {"is_active": False, "subject": "Changed"}).json()["data"]
    assert (off["is_active"], off["subject"]) == (False, "Changed")
    assert refused(api.post("/communication/email", by_it)) == (404, 404003)
    assert codes(api, "?is_active=true") == []
    assert codes(api, "?is_active=false") == ["verify_code"]

    on = api.call("PUT", path, {"is_active": True}).json()["data"]
    assert (on["is_active"], on["version"]) == (True, 2)
    assert api.post("/communication/email", by_it).status_code == 200


def test_deleting_switches_off_unless_messages_wait(api: Api) -> None:
    made = create(api)
    body = {**EMAIL, "template": "verify_code", "variables": {"name": "A", "code": "7"}}
    sent = api.post("/communication/email", body).json()["data"]["id"]

    assert refused(api.call("DELETE", f"{ADMIN}/{made['id']}")) == (409, 409005)
    end(sent, Status.SENT)
    assert api.call("DELETE", f"{ADMIN}/{made['id']}").json() == {"code": 0, "message": "success"}

    shown = detail(api, made["id"])
    assert (shown["is_active"], shown["content"]) == (False, NEW["content"])
    assert Message.across_tenants.count() == 1


def test_a_preview_tells_part_by_part_what_is_wrong(api: Api) -> None:
    path = f"{ADMIN}/{create(api)['id']}/preview"

    good = api.post(path, {"name": "<Ann>", "code": 7}).json()["data"]
    bad = api.post(path, {"name": "Ann"}).json()["data"]

    assert good == {
        "code": "verify_code",
        "name": "Verification",
        "channel": "email",
        "content_type": "html",
        "subject": {"rendered": "Your code, <Ann>", "error": ""},
        "content": {"rendered": "<p>&lt;Ann&gt;: 7</p>", "error": ""},
        "text_content": {"rendered": "<Ann>: 7", "error": ""},
    }
    assert bad["subject"]["rendered"] == "Your code, Ann"
    assert "'code'" in bad["content"]["error"]
    assert bad["content"]["rendered"] == ""


def test_a_copy_in_another_locale_keeps_its_code(api: Api) -> None:
    made = create(api)
    path = f"{ADMIN}/{made['id']}/clone-to-locale"

    copy = api.post(path, {"target_locale": "zh-CN", "subject": "验证码"}).json()["data"]

    assert (copy["code"], copy["locale"], copy["subject"]) == ("verify_code", "zh-CN", "验证码")
    assert (copy["content"], copy["is_active"]) == (made["content"], True)
    assert copy["id"] != made["id"]
    assert refused(api.post(path, {"target_locale": "zh-CN"})) == (409, 409003)
    assert refused(api.post(path, {})) == (400, 400001)


def test_lists_are_narrowed_and_paged_over_both_channels(api: Api, tenant: Tenant) -> None:
    make_template(tenant, "a_mail")
    make_template(tenant, "b_mail")
    make_template(tenant, "a_text", channel="sms", text="x")

    assert codes(api) == ["a_mail", "b_mail", "a_text"]
    assert codes(api, "?page=2&page_size=2") == ["a_text"]
    assert codes(api, "?channel=sms") == codes(api, "?keyword=TEXT") == ["a_text"]
    assert codes(api, "?channel=push") == []
    assert api.get(ADMIN).json()["total"] == 3
    assert refused(api.get("/communication/templates?is_active=perhaps")) == (400, 400001)
    assert refused(api.get("/communication/templates/tpl_x")) == (404, 404001)


@pytest.mark.usefixtures("seeded")
def test_what_is_available_is_the_closest_language_of_each(api: Api, tenant: Tenant) -> None:
    def available(query: str = "") -> dict[str, dict[str, Any]]:
        body = api.get(f"/communication/templates/available{query}").json()
        return {f"{item['code']} {item['channel']}": item for item in body["items"]}

    chinese, english = available(), available("?locale=en-US")
    code = "SYS_RECOVERY_NOTICE email"
    assert (chinese[code]["locale"], english[code]["locale"]) == ("zh-CN", "en")
    assert (english[code]["source"], english[code]["is_customized"]) == ("platform", False)
    assert set(english[code]) == {
        "code", "name", "channel", "subject", "variables", "locale", "is_active", "source", "is_customized",
    }  # fmt: skip

    listed = api.get("/communication/templates?keyword=SYS_RECOVERY&page_size=100").json()["items"]
    id_ = next(item["id"] for item in listed if item["locale"] == "en" and item["channel"] == "email")
    assert "tenant_id" not in detail(api, id_)
    assert refused(api.call("DELETE", f"{ADMIN}/{id_}")) == (404, 404001)
    changed = api.call("PUT", f"{ADMIN}/{id_}", {"subject": "Ours"}).json()["data"]
    assert (changed["id"], changed["tenant_id"], changed["subject"]) == (id_, f"tnt_{tenant.pk}", "Ours")
    ours = available("?locale=en-US")[code]
    assert (ours["source"], ours["is_customized"], ours["subject"]) == ("tenant", True, "Ours")
