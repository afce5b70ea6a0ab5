"""SMS templates over HTTP: the platform's under their ids, and the tenant's own in their place."""

from typing import Any

import pytest
from django.core.management import call_command

from notifications.models import Message
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.facades.angus.sms_world import SEND, make_gateway, notice
from tests.factories import TenantFactory, make_key

TEMPLATES = "/api/v1/sms/template"


@pytest.fixture
def api(tenant: Tenant, seeded: None) -> Api:
    make_gateway(tenant)
    return Api(make_key(tenant))


def listed(api: Api, **params: Any) -> list[str]:
    reply = api.get(TEMPLATES, {"pageSize": 100, **params})
    assert reply.status_code == 200, reply.content.decode()
    return [row["id"] for row in reply.json()["data"]["list"]]


def show(api: Api, template_id: int) -> dict[str, Any]:
    data: dict[str, Any] = api.get(f"{TEMPLATES}/{template_id}").json()["data"]
    return data


def test_a_template_reads_as_in_angusgm(api: Api) -> None:
    assert show(api, 3010) == {
        "id": "3010",
        "code": "EVENT_NOTICE",
        "name": "Event",
        "channelId": "-1",
        "content": "Event of {{ date }}: {{ description }}",
        "language": {"value": "en", "message": "English"},
        "verificationCode": False,
        "verificationCodeValidSecond": "-1",
        "version": "1",
        "platform": True,
    }


def test_the_list_begins_with_the_oldest_and_has_no_mail_in_it(api: Api) -> None:
    ids = listed(api)

    assert len(ids) == 28
    assert ids == sorted(ids, key=int)
    assert {int(id_) // 1000 for id_ in ids} == {2, 3}
    assert api.get(f"{TEMPLATES}/").json()["data"]["total"] == "28"


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"code": "VERIFICATION_CODE"}, ["2001", "3001"]),
        ({"code": "VERIFICATION_CODE", "orderSort": "DESC"}, ["3001", "2001"]),
        ({"id": "3001"}, ["3001"]),
        ({"name": "Event", "language": "en"}, ["3010"]),
        ({"thirdCode": "SMS_1"}, []),
        ({"channelId": "1"}, []),
        ({"channelId": "-1", "id": "3001"}, ["3001"]),
        ({"filters[0].key": "id", "filters[0].op": "LESS_THAN", "filters[0].value": "2005"}, ["2001"]),
        ({"code": "EVENT_NOTICE", "orderBy": "createdDate"}, ["2010", "3010"]),
    ],
)
def test_the_list_is_narrowed(api: Api, params: dict[str, str], ids: list[str]) -> None:
    assert listed(api, **params) == ids


def test_a_change_makes_the_platform_s_template_the_tenant_s_own_under_its_id(api: Api) -> None:
    body = {"name": "News", "content": "Acme, ${date}: ${description}", "thirdCode": "SMS_1"}

    assert api.patch(f"{TEMPLATES}/3010", body).status_code == 200

    shown = show(api, 3010)
    assert (shown["name"], shown["content"], shown["thirdCode"], shown["platform"]) == (
        "News",
        "Acme, ${date}: ${description}",
        "SMS_1",
        False,
    )
    assert listed(api, thirdCode="SMS_1") == ["3010"]
    assert show(Api(make_key(TenantFactory())), 3010)["name"] == "Event"
    api.post(SEND, notice())
    assert Message.across_tenants.get().subject == "Acme, Monday: The build has failed."


def test_a_tag_in_a_text_is_text(api: Api) -> None:
    api.patch(f"{TEMPLATES}/3010", {"content": "<b>{{ date }}</b>: {{ description }}"})

    api.post(SEND, notice())

    assert Message.across_tenants.get().subject == "<b>Monday</b>: The build has failed."


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    before = show(api, 3001)

    assert api.patch(f"{TEMPLATES}/3001", before).status_code == 200

    after = show(api, 3001)
    assert after["content"] == before["content"]
    assert after["verificationCodeValidSecond"] == "300"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"content": ""}, 400),
        ({"content": "{% include 'x' %}"}, 400),
        ({"content": "x" * 2001}, 400),
        ({"verificationCodeValidSecond": 1441}, 400),
        ({"thirdCode": "x" * 81}, 400),
        ({"language": "zh_CN"}, 409),
        ({"language": "not a tag"}, 400),
        ({"subject": "SMS have none"}, 400),
    ],
)
def test_a_change_that_cannot_be_is_refused(api: Api, body: dict[str, Any], status: int) -> None:
    assert api.patch(f"{TEMPLATES}/3010", body).status_code == status
    assert show(api, 3010)["platform"] is True


def test_a_template_for_mail_is_none_for_sms(api: Api) -> None:
    reply = api.get(f"{TEMPLATES}/1001")

    assert (reply.status_code, reply.json()["msg"]) == (404, "SmsTemplate not found: [1001]")
    assert api.patch(f"{TEMPLATES}/1001", {"name": "x"}).status_code == 404
    assert api.get("/api/v1/email/template/3010").status_code == 404


def test_templates_ask_for_their_scopes(api: Api, tenant: Tenant) -> None:
    reader, writer = Api(make_key(tenant, "sms.read")), Api(make_key(tenant, "template.write"))

    assert reader.get(f"{TEMPLATES}/3010").status_code == 200
    assert reader.patch(f"{TEMPLATES}/3010", {"name": "x"}).status_code == 403
    assert writer.get(f"{TEMPLATES}/3010").status_code == 403
    assert writer.patch(f"{TEMPLATES}/3010", {"name": "x"}).status_code == 200


def test_an_upgrade_leaves_the_tenant_s_own_alone(api: Api) -> None:
    api.patch(f"{TEMPLATES}/3010", {"content": "Ours {{ date }} {{ description }}"})

    call_command("load_templates", verbosity=0)

    assert show(api, 3010)["content"] == "Ours {{ date }} {{ description }}"
