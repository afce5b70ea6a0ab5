"""What a stranger tries at each SMS route, with the owner's ids, and gets nothing (see ``test_tenancy``)."""

from collections.abc import Callable

from notifications import verification
from notifications.contracts import Channel, Content
from notifications.models import Message, SmsGateway, VerificationCode
from templates_app import publishing
from templates_app.models import Template, TemplateVersion
from tenants.models import Tenant
from tests.factories import SmsGatewayFactory, send
from tests.strangers import Stranger

NUMBER = "+8613800138000"
_SHAPE = {"url": "https://sms.example.com/v1", "json": {"to": "{to}", "text": "{text}"}}


def _gateways(stranger: Stranger) -> tuple[int, int]:
    """The owner's and the stranger's."""
    owners = SmsGatewayFactory(tenant=stranger.owner, kind="http", options=_SHAPE, username="owner")
    return owners.pk, SmsGatewayFactory(tenant=stranger.tenant, kind="http", options=_SHAPE).pk


def _sms_id(stranger: Stranger) -> int:
    """Of an SMS of the owner's."""
    _gateways(stranger)
    content = Content(subject="", text="Hello")
    return send(stranger.owner, NUMBER, channel=Channel.SMS, content=content, out_id="sms-1").message_ids[0]


def list_sms(stranger: Stranger) -> None:
    id_ = _sms_id(stranger)
    stranger.sees_nothing_in("/api/v1/sms")
    stranger.sees_nothing_in(f"/api/v1/sms?id={id_}")
    stranger.sees_nothing_in(f"/api/v1/sms?sendTenantId={stranger.owner.pk}")
    stranger.sees_nothing_in("/api/v1/sms?outId=sms-1")


def read_sms(stranger: Stranger) -> None:
    status, answer = stranger.get(f"/api/v1/sms/{_sms_id(stranger)}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def delete_sms(stranger: Stranger) -> None:
    id_ = _sms_id(stranger)
    assert stranger.client.delete(f"/api/v1/sms?ids={id_}").status_code == 204
    assert Message.objects.for_tenant(stranger.owner.pk).filter(pk=id_).exists()


def send_sms(stranger: Stranger) -> None:
    _send_sms(stranger, "/api/v1/sms/send")


def send_sms_as_a_service(stranger: Stranger) -> None:
    _send_sms(stranger, "/innerapi/v1/sms/send")


def _send_sms(stranger: Stranger, path: str) -> None:
    """Through the owner's gateway: the stranger has none."""
    SmsGatewayFactory(tenant=stranger.owner)
    body = {"bizKey": "CHANNEL_TEST", "mobiles": [NUMBER], "verificationCode": False}
    status, answer = stranger.post(path, body)
    assert (status, answer["code"]) == (500, "BSM000")
    assert not Message.across_tenants.filter(channel="sms").exists()


def check_code(stranger: Stranger) -> None:
    _check_code(stranger, "/api/v1/sms/verificationCode/check")


def check_code_as_a_service(stranger: Stranger) -> None:
    _check_code(stranger, "/innerapi/v1/sms/verificationCode/check")


def _check_code(stranger: Stranger, path: str) -> None:
    issued = verification.issue(stranger.owner.pk, "SIGNUP", [NUMBER], validity=verification.DEFAULT_VALIDITY)
    number = NUMBER.replace("+", "%2B")
    status, _ = stranger.get(f"{path}?bizKey=SIGNUP&mobile={number}&verificationCode={issued[NUMBER]}")
    assert status == 400
    assert VerificationCode.objects.for_tenant(stranger.owner.pk).get().attempts_left == verification.ATTEMPTS


def list_channels(stranger: Stranger) -> None:
    _, own = _gateways(stranger)
    _, answer = stranger.get("/api/v1/sms/channel")
    assert [int(each["id"]) for each in answer["data"]["list"]] == [own]


def read_channel(stranger: Stranger) -> None:
    owners, _ = _gateways(stranger)
    status, answer = stranger.get(f"/api/v1/sms/channel/{owners}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def change_channel(stranger: Stranger) -> None:
    owners, _ = _gateways(stranger)
    body = {"id": owners, "accessKeyId": "stranger"}
    assert stranger.client.patch("/api/v1/sms/channel", body, content_type="application/json").status_code == 404
    assert SmsGateway.objects.for_tenant(stranger.owner.pk).get().username == "owner"


def switch_channel(stranger: Stranger) -> None:
    owners, _ = _gateways(stranger)
    body = {"id": owners, "enabled": False}
    path = "/api/v1/sms/channel/enabled"
    assert stranger.client.patch(path, body, content_type="application/json").status_code == 404
    assert SmsGateway.objects.for_tenant(stranger.owner.pk).get().enabled


def try_channel(stranger: Stranger) -> None:
    owners, _ = _gateways(stranger)
    body = {"channelId": owners, "mobiles": [NUMBER]}
    assert stranger.post("/api/v1/sms/channel/test", body)[0] == 404
    assert not Message.across_tenants.filter(channel="sms").exists()


def list_templates(stranger: Stranger) -> None:
    make_template(stranger.owner)
    stranger.sees_nothing_in("/api/v1/sms/template")


def read_template(stranger: Stranger) -> None:
    status, answer = stranger.get(f"/api/v1/sms/template/{make_template(stranger.owner)}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def change_template(stranger: Stranger) -> None:
    path = f"/api/v1/sms/template/{make_template(stranger.owner)}"
    assert stranger.client.patch(path, {"content": "Mine"}, content_type="application/json").status_code == 404
    assert TemplateVersion.objects.get().source_text == "Theirs"


def make_template(tenant: Tenant) -> int:
    template = Template.across_tenants.create(tenant=tenant, channel="sms", code="OURS", name="Ours")
    translation = publishing.translation_of(template, "en")
    publishing.publish(publishing.draft(translation, subject="", text="Theirs"))
    return translation.pk


_SMS: dict[tuple[str, str], Callable[[Stranger], None]] = {
    ("GET", "api/v1/sms"): list_sms,
    ("DELETE", "api/v1/sms"): delete_sms,
    ("POST", "api/v1/sms/send"): send_sms,
    ("GET", "api/v1/sms/verificationCode/check"): check_code,
    ("GET", "api/v1/sms/channel"): list_channels,
    ("PATCH", "api/v1/sms/channel"): change_channel,
    ("PATCH", "api/v1/sms/channel/enabled"): switch_channel,
    ("POST", "api/v1/sms/channel/test"): try_channel,
    ("GET", "api/v1/sms/channel/<str:channel_id>"): read_channel,
    ("GET", "api/v1/sms/template"): list_templates,
    ("GET", "api/v1/sms/template/<str:template_id>"): read_template,
    ("PATCH", "api/v1/sms/template/<str:template_id>"): change_template,
    ("GET", "api/v1/sms/<str:message_id>"): read_sms,
    ("POST", "innerapi/v1/sms/send"): send_sms_as_a_service,
    ("GET", "innerapi/v1/sms/verificationCode/check"): check_code_as_a_service,
}
CASES = {(method, path + slash): case for (method, path), case in _SMS.items() for slash in ("", "/")}
