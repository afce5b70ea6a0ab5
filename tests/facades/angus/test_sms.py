"""SMS over HTTP: what is stored, what comes back, and AngusGM's codes for what goes wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from notifications.facades.angus import errors, sms_errors
from notifications.models import Message, SmsGateway
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom
from tests.facades.angus.sms_world import ANN, BOB, SEND, code, make_gateway, notice, publish_sms
from tests.factories import make_key, send

CHECK = "/api/v1/sms/verificationCode/check"


@pytest.fixture
def gateway(tenant: Tenant) -> Any:
    return make_gateway(tenant)


@pytest.fixture
def api(tenant: Tenant, gateway: Any) -> Api:
    publish_sms(tenant, "EVENT_NOTICE", "{{ date }}: {{ description }}")
    publish_sms(tenant, "SIGNUP", "{{ verificationCode }} is your code")
    publish_sms(tenant, "CHANNEL_TEST", "{{ channelType }} works")
    return Api(make_key(tenant))


def e_key(reply: Any) -> tuple[int, str, str]:
    """Status, code and error key, which stands in the body and in the header."""
    body = reply.json()
    assert reply.headers["XC-E-Key"] == body["ext"]["eKey"]
    return reply.status_code, body["code"], body["ext"]["eKey"]


def check(api: Api, number: str, text: str, *, biz_key: str = "SIGNUP") -> int:
    answer = api.get(CHECK, {"bizKey": biz_key, "mobile": number, "verificationCode": text})
    return int(answer.status_code)


def test_each_number_gets_a_message_and_spellings_of_one_number_a_single_one(api: Api) -> None:
    reply = api.post(SEND, notice(mobiles=["13800138000", "+86 138 0013 8000", 13800138000, BOB]))

    rows = Message.across_tenants.order_by("pk")
    assert reply.json()["data"]["ids"] == [str(row.pk) for row in rows]
    assert [row.to for row in rows] == [[ANN], [BOB]]
    assert {row.subject for row in rows} == {"Monday: The build has failed."}


@pytest.mark.parametrize("mobiles", ["13800138000", {"a": 1}, [["13800138000"]], [True], [None], ["x"] * 501])
def test_what_is_no_list_of_numbers_is_refused(api: Api, mobiles: Any) -> None:
    assert api.post(SEND, notice(mobiles=mobiles)).status_code == 400
    assert not Message.across_tenants.exists()


@pytest.mark.parametrize("params", ["x", ["x"], {f"v{n}": "x" for n in range(51)}, {"v": "x" * 70_000}])
def test_what_is_no_flat_object_of_variables_is_refused(api: Api, params: Any) -> None:
    assert api.post(SEND, notice(templateParams=params)).status_code == 400


def test_a_code_of_the_caller_s_works_once_for_each_number_in_any_case(api: Api) -> None:
    assert api.post(SEND, code(mobiles=[ANN, BOB], templateParams={"verificationCode": "aB12"})).status_code == 200

    assert check(api, ANN, "Ab12") == 200
    assert check(api, BOB, "ab12") == 200
    assert check(api, ANN, "aB12") == 400


def test_a_code_is_for_its_purpose_and_number(api: Api) -> None:
    api.post(SEND, code(templateParams={"verificationCode": "4711"}))

    assert check(api, ANN, "4711", biz_key="SIGNIN") == 400
    assert check(api, BOB, "4711") == 400
    assert check(api, "138 0013 8000", "4711") == 200


def test_a_code_is_shown_nowhere(api: Api) -> None:
    # With letters: four digits alone stand in the number of one message in seven hundred.
    ids = api.post(SEND, code(templateParams={"verificationCode": "xy4711"})).json()["data"]["ids"]

    record = api.get(f"/api/v1/sms/{ids[0]}").content.decode()
    listed = api.get("/api/v1/sms").content.decode()

    assert "xy4711" not in (record + listed).lower()
    shown = json.loads(record)["data"]
    assert shown["inputParam"]["templateParams"]["verificationCode"] == "******"
    assert (shown["content"], shown["verificationCode"]) == ("", True)


def test_another_code_within_a_minute_is_business_as_usual_in_angusgm_s_words(api: Api) -> None:
    api.post(SEND, code())

    reply = api.post(SEND, code())

    assert e_key(reply) == (200, "BSM042", "BSM042")
    assert 0 < int(reply.headers["Retry-After"]) <= 60
    assert Message.across_tenants.count() == 1


def test_without_a_channel_it_is_angusgm_s_own_fault(api: Api, gateway: Any) -> None:
    gateway.delete()

    assert e_key(api.post(SEND, notice())) == (500, "BSM000", "BSM000")


def test_without_a_template_too(api: Api) -> None:
    assert e_key(api.post(SEND, notice(bizKey="LICENSE_SENT"))) == (500, "BSM030", "BSM030")


def test_the_catalogue_differs_from_that_of_mail_only_in_what_is_there() -> None:
    assert set(sms_errors.TABLE) <= set(errors.TABLE)


def test_refusals_are_told_in_chinese_too(api: Api, gateway: Any) -> None:
    gateway.delete()

    assert api.post(f"{SEND}?lang=zh_CN", notice()).json()["msg"] == "没有可用的 SMS 服务器，请先添加或启用一个。"


def test_sms_do_not_go_to_countries_that_are_not_allowed(api: Api, settings: Any) -> None:
    settings.SMS_COUNTRIES = ["CN"]

    reply = api.post(SEND, notice(mobiles=[ANN, BOB]))

    assert e_key(reply) == (400, "E0", "param_validation_error")
    assert "DE" in reply.json()["msg"]


def test_a_repeated_idempotency_key_sends_once(api: Api) -> None:
    first = api.post(SEND, notice(), headers={"Idempotency-Key": "k1"})
    second = api.post(SEND, notice(), headers={"Idempotency-Key": "k1"})

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Message.across_tenants.count() == 1


def test_lists_keep_mail_and_sms_apart(api: Api, tenant: Tenant, server: Any) -> None:
    (mail,) = send(tenant).message_ids
    (sms,) = api.post(SEND, notice(outId="o-1")).json()["data"]["ids"]

    assert [row["id"] for row in api.get("/api/v1/sms").json()["data"]["list"]] == [sms]
    assert [row["id"] for row in api.get("/api/v1/email").json()["data"]["list"]] == [str(mail)]
    assert api.get(f"/api/v1/sms/{mail}").status_code == api.get(f"/api/v1/email/{sms}").status_code == 404
    assert api.delete(f"/api/v1/sms?ids={mail}").status_code == 204
    assert api.delete(f"/api/v1/email?ids={sms}").status_code == 204
    assert Message.across_tenants.count() == 2


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"bizKey": "EVENT_NOTICE"}, 1),
        ({"bizKey": "SIGNIN"}, 0),
        ({"outId": "o-1"}, 1),
        ({"verificationCode": "true"}, 1),
        ({"urgent": "true"}, 1),
        ({"batch": "true"}, 0),
        ({"sendStatus": "PENDING"}, 2),
        ({"sendStatus": "SUCCESS"}, 0),
        ({"templateCode": "SIGNUP", "language": "en"}, 1),
        ({"filters[0].key": "outId", "filters[0].op": "MATCH_END", "filters[0].value": "o-"}, 1),
        ({"orderBy": "actualSendDate", "orderSort": "ASC"}, 2),
    ],
)
def test_the_list_is_narrowed(api: Api, params: dict[str, str], count: int) -> None:
    api.post(SEND, notice(outId="o-1"))
    api.post(SEND, code())

    assert len(api.get("/api/v1/sms", params).json()["data"]["list"]) == count


def test_deleting_what_waits_cancels_it(api: Api) -> None:
    ids = api.post(SEND, notice(mobiles=[ANN, BOB])).json()["data"]["ids"]

    assert api.delete(f"/api/v1/sms?ids={','.join(ids)}").status_code == 204

    assert not Message.across_tenants.exists()


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("sms.send", "POST", SEND),
        ("sms.send", "DELETE", "/api/v1/sms?ids=1"),
        ("sms.read", "GET", "/api/v1/sms"),
        ("sms.read", "GET", "/api/v1/sms/1"),
        ("sms.send", "GET", f"{CHECK}?bizKey=SIGNUP&mobile=13800138000&verificationCode=1"),
        ("sms.read", "GET", "/api/v1/sms/channel"),
        ("sms.read", "GET", "/api/v1/sms/channel/1"),
        ("server.write", "PATCH", "/api/v1/sms/channel"),
        ("server.write", "PATCH", "/api/v1/sms/channel/enabled"),
        ("sms.send", "POST", "/api/v1/sms/channel/test"),
        ("inner_api_trust", "POST", "/innerapi/v1/sms/send"),
        ("inner_api_trust", "GET", f"/innerapi{CHECK.removeprefix('/api')}?bizKey=SIGNUP&mobile=1&verificationCode=1"),
    ],
)
def test_each_endpoint_asks_for_its_scope(api: Api, tenant: Tenant, scope: str, method: str, path: str) -> None:
    every = {"email.send", "email.read", "sms.send", "sms.read", "template.write", "server.write", "inner_api_trust"}
    lacking, having = Api(make_key(tenant, *(every - {scope}))), Api(make_key(tenant, scope))

    statuses = [each.send_raw(path, b"{}", method=method).status_code for each in (lacking, having)]

    assert statuses[0] == 403
    assert statuses[1] != 403


def test_the_secret_of_a_channel_goes_in_and_never_comes_out(api: Api, gateway: Any) -> None:
    body = {"id": gateway.pk, "accessKeyId": "key-8", "accessKeySecret": "s3cret", "thirdChannelNo": "Acme Ltd"}

    assert api.patch("/api/v1/sms/channel", body).status_code == 200

    stored = SmsGateway.across_tenants.get()
    assert stored.password is not None
    assert (stored.password.reveal(), stored.username, stored.from_address) == ("s3cret", "key-8", "Acme Ltd")
    shown = api.get(f"/api/v1/sms/channel/{gateway.pk}")
    assert shown.json()["data"]["accessKeySecret"] == "******"
    assert "s3cret" not in shown.content.decode()


def test_a_mask_or_null_keeps_the_secret(api: Api, gateway: Any) -> None:
    api.patch("/api/v1/sms/channel", {"id": gateway.pk, "accessKeySecret": "s3cret"})

    for kept in ("******", None):
        api.patch("/api/v1/sms/channel", {"id": gateway.pk, "accessKeySecret": kept, "thirdChannelNo": "Acme"})

    stored = SmsGateway.across_tenants.get()
    assert stored.password is not None
    assert stored.password.reveal() == "s3cret"


def test_the_secret_does_not_follow_to_another_address(api: Api, gateway: Any) -> None:
    api.patch("/api/v1/sms/channel", {"id": gateway.pk, "accessKeySecret": "s3cret"})

    reply = api.patch("/api/v1/sms/channel", {"id": gateway.pk, "endpoint": "https://evil.example.com/"})

    assert e_key(reply) == (400, "E0", "param_validation_error")
    assert reply.json()["msg"].startswith("accessKeySecret:")
    assert SmsGateway.across_tenants.get().options["url"] == "https://sms.example.com/v1/messages"


def test_enabling_a_channel_switches_the_other_off(api: Api, tenant: Tenant, gateway: Any) -> None:
    second = make_gateway(tenant, name="Second", enabled=False)

    api.patch("/api/v1/sms/channel/enabled", {"id": second.pk, "enabled": True})

    assert dict(SmsGateway.across_tenants.values_list("name", "enabled")) == {"Main gateway": False, "Second": True}


def test_a_mail_server_is_no_channel(api: Api, server: Any) -> None:
    assert api.get(f"/api/v1/sms/channel/{server.pk}").status_code == 404
    assert api.patch("/api/v1/sms/channel", {"id": server.pk, "accessKeyId": "x"}).status_code == 404
    assert api.patch("/api/v1/sms/channel/enabled", {"id": server.pk, "enabled": False}).status_code == 404


def test_mail_is_sent_without_a_gateway(api: Api, gateway: Any, server: Any) -> None:
    gateway.delete()

    assert api.post("/api/v1/email", custom()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_test_sms_is_sent_at_once_through_exactly_this_channel(
    api: Api, tenant: Tenant, settings: Any, tmp_path: Path
) -> None:
    settings.DEBUG, settings.SMS_CAPTURE_DIR = True, tmp_path
    second = make_gateway(tenant, name="Second", kind="capture", options={}, enabled=False)

    reply = api.post("/api/v1/sms/channel/test", {"channelId": str(second.pk), "mobiles": ["13800138000"]})

    assert (reply.status_code, reply.json()["code"]) == (200, "S")
    (kept,) = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert (kept["to"], kept["text"]) == ([ANN], "Second works")
    message = Message.across_tenants.get()
    assert (message.status, message.biz_key, message.segments) == ("SENT", "CHANNEL_TEST", 1)


@pytest.mark.django_db(transaction=True)
def test_a_test_sms_that_is_refused_says_so_in_the_gateway_s_words(api: Api, tenant: Tenant, settings: Any) -> None:
    settings.ALLOW_PRIVATE_SERVERS = False
    shape = {"url": "https://127.0.0.1:9/", "json": {"to": "{to}", "text": "{text}"}}
    broken = make_gateway(tenant, name="Second", options=shape, enabled=False)

    reply = api.post("/api/v1/sms/channel/test", {"channelId": broken.pk, "mobiles": [ANN]})

    assert e_key(reply) == (200, "BSM043", "BSM043")
    assert "127.0.0.1 is not on the public internet" in reply.json()["msg"]
    assert Message.across_tenants.get().status == "FAILED"


def test_the_examples_of_the_schema_are_accepted(api: Api, tenant: Tenant) -> None:
    schema = json.loads(api.client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).content)
    content = schema["paths"][SEND]["post"]["requestBody"]["content"]["application/json"]
    publish_sms(tenant, "SIGNIN", "{{ verificationCode }}")

    replies = [api.post(SEND, example["value"]) for example in content["examples"].values()]

    assert [reply.status_code for reply in replies] == [200, 200]
