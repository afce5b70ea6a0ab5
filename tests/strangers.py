"""What a stranger tries at each route of the APIs, with the owner's ids, and gets nothing (see ``test_tenancy``)."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from notifications import verification
from notifications.models import MailServer, Message, VerificationCode
from templates_app import publishing
from templates_app.models import BizKeyBinding, Template, TemplateVersion
from tests.factories import ContactFactory, ContactGroupFactory, MailServerFactory, join, make_key, send


class Stranger:
    """A tenant with a key that may do everything, and the id of a message that is somebody else's."""

    def __init__(self) -> None:
        server = MailServerFactory()
        self.owner, self.server_id = server.tenant, server.pk
        self.message_id = send(self.owner, "ann@example.org", out_id="order-1", cancel_key="campaign").message_ids[0]
        own = MailServerFactory()
        self.tenant, self.own_server_id = own.tenant, own.pk
        self.client = Client(headers={"Authorization": f"Bearer {make_key(self.tenant)}"})

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(path)
        return answer.status_code, answer.json()

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = self.client.post(path, body, content_type="application/json")
        return answer.status_code, answer.json()

    def cannot_change_the_server(self, method: str, path: str, body: dict[str, Any]) -> None:
        before = MailServer.across_tenants.get(pk=self.server_id)
        answer = self.client.generic(
            method, path, json.dumps({**body, "id": self.server_id}), content_type="application/json"
        )
        assert answer.status_code == 404
        assert MailServer.across_tenants.get(pk=self.server_id).modified_at == before.modified_at

    def foreign_template(self) -> int:
        """The id of a published template of the owner's."""
        template = Template(tenant=self.owner, code="WELCOME", name="Welcome")
        template.save()
        translation = publishing.translation_of(template, "en")
        publishing.publish(publishing.draft(translation, subject="Welcome", text="Hello"))
        return translation.pk

    def on_the_template(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """The status of a call about it; it is as it was."""
        template_id = self.foreign_template()
        answer = self.client.generic(
            method, f"/api/v1/email/template/{template_id}{path}", json.dumps(body), content_type="application/json"
        )
        version = TemplateVersion.objects.get()
        assert (version.source_subject, version.translation.template.name) == ("Welcome", "Welcome")
        return answer.status_code

    def sees_nothing_in(self, path: str) -> None:
        status, answer = self.get(path)
        assert (status, answer["data"]) == (200, {"total": "0", "list": []})


def list_emails(stranger: Stranger) -> None:
    stranger.sees_nothing_in("/api/v1/email")
    stranger.sees_nothing_in(f"/api/v1/email?id={stranger.message_id}")
    stranger.sees_nothing_in(f"/api/v1/email?sendTenantId={stranger.owner.pk}")
    stranger.sees_nothing_in("/api/v1/email?outId=order-1")


def read_email(stranger: Stranger) -> None:
    status, answer = stranger.get(f"/api/v1/email/{stranger.message_id}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def send_email(stranger: Stranger) -> None:
    before = Message.objects.for_tenant(stranger.owner.pk).count()
    body = {"type": "CUSTOM", "subject": "Hi", "content": "x", "html": False, "verificationCode": False}
    body |= {"toAddress": ["bob@example.org"], "sendTenantId": stranger.owner.pk}
    stranger.post("/api/v1/email", body)
    assert Message.objects.for_tenant(stranger.owner.pk).count() == before
    send_to_contacts(stranger)


def send_email_for_another_tenant(stranger: Stranger) -> None:
    body = {"type": "CUSTOM", "subject": "Hi", "content": "x", "html": False, "verificationCode": False}
    body |= {"toAddress": ["bob@example.org"], "sendTenantId": str(stranger.owner.pk)}
    status, _ = stranger.post("/innerapi/v1/email", body)
    assert status == 403
    assert Message.objects.for_tenant(stranger.owner.pk).count() == 1


def delete_emails(stranger: Stranger) -> None:
    answer = stranger.client.delete(f"/api/v1/email?ids={stranger.message_id}")
    assert answer.status_code == 204
    assert Message.objects.for_tenant(stranger.owner.pk).count() == 1


def check_a_code(stranger: Stranger) -> None:
    _check_a_code(stranger, "/api/v1/email/verificationCode/check")


def check_a_code_for_a_service(stranger: Stranger) -> None:
    _check_a_code(stranger, "/innerapi/v1/email/verificationCode/check")


def _check_a_code(stranger: Stranger, path: str) -> None:
    issued = verification.issue(
        stranger.owner.pk, "SIGNUP", ["ann@example.org"], validity=verification.DEFAULT_VALIDITY
    )
    status, _ = stranger.get(f"{path}?bizKey=SIGNUP&email=ann@example.org&verificationCode={issued['ann@example.org']}")
    assert status == 400
    assert VerificationCode.objects.for_tenant(stranger.owner.pk).get().attempts_left == verification.ATTEMPTS


def send_to_contacts(stranger: Stranger) -> None:
    """Whoever sends to everybody, or by the owner's numbers, reaches nobody of the owner's."""
    contact = ContactFactory(tenant=stranger.owner, user_id=7, policies=["ADMIN"])
    join(ContactGroupFactory(tenant=stranger.owner, kind="DEPT", number=7), contact)
    join(ContactGroupFactory(tenant=stranger.owner, kind="GROUP", number=7), contact)
    body = {"type": "CUSTOM", "subject": "Hi", "content": "x", "html": False, "verificationCode": False}
    body |= {"receiveObjectIds": [7], "receivePolicyCodes": ["ADMIN"]}
    kinds = ("ALL", "TENANT", "DEPT", "GROUP", "USER", "POLICY", "TO_POLICY")
    answers = [stranger.post("/api/v1/email", body | {"receiveObjectType": kind}) for kind in kinds]
    answers.append(
        stranger.post("/api/v1/email", body | {"receiveObjectType": "TENANT", "receiveObjectIds": [stranger.owner.pk]})
    )
    assert {(status, answer["ext"]["eKey"]) for status, answer in answers} == {(400, "protocol_error")}
    assert not Message.objects.for_tenant(stranger.tenant.pk).filter(to__contains=[contact.email]).exists()


def cancel_emails(stranger: Stranger) -> None:
    status, answer = stranger.post("/api/v1/email/cancel", {"ids": [stranger.message_id]})
    assert (status, answer["data"]["list"][0]["result"]) == (200, "NOT_FOUND")
    for wish in ({"outId": "order-1"}, {"cancelKey": "campaign"}):
        status, answer = stranger.post("/api/v1/email/cancel", wish)
        assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")
    assert Message.objects.for_tenant(stranger.owner.pk).get().status == "PENDING"


def reschedule_email(stranger: Stranger) -> None:
    answer = stranger.client.patch(
        f"/api/v1/email/{stranger.message_id}",
        {"expectedSendDate": "2020-01-01 00:00:00"},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["ext"]["eKey"]) == (404, "resource_not_found")
    assert Message.objects.for_tenant(stranger.owner.pk).get().due_at is None


def list_servers(stranger: Stranger) -> None:
    _, answer = stranger.get("/api/v1/email/server")
    assert [int(each["id"]) for each in answer["data"]["list"]] == [stranger.own_server_id]
    stranger.sees_nothing_in(f"/api/v1/email/server?id={stranger.server_id}")


def read_server(stranger: Stranger) -> None:
    status, answer = stranger.get(f"/api/v1/email/server/{stranger.server_id}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def add_server(stranger: Stranger) -> None:
    body = {"name": "Mine", "protocol": "SMTP", "host": "smtp.example.com", "port": 465}
    stranger.post("/api/v1/email/server", body)
    assert MailServer.objects.for_tenant(stranger.owner.pk).count() == 1


def replace_server(stranger: Stranger) -> None:
    body = {"name": "Mine", "protocol": "SMTP", "host": "smtp.example.com", "port": 465}
    stranger.cannot_change_the_server("PUT", "/api/v1/email/server", body)


def change_server(stranger: Stranger) -> None:
    stranger.cannot_change_the_server("PATCH", "/api/v1/email/server", {"host": "evil.example.com"})


def switch_server(stranger: Stranger) -> None:
    stranger.cannot_change_the_server("PATCH", "/api/v1/email/server/enabled", {"enabled": False})


def delete_server(stranger: Stranger) -> None:
    assert stranger.client.delete(f"/api/v1/email/server?ids={stranger.server_id}").status_code == 204
    assert MailServer.objects.for_tenant(stranger.owner.pk).count() == 1


def check_servers(stranger: Stranger) -> None:
    MailServer.objects.for_tenant(stranger.tenant.pk).delete()
    assert stranger.get("/api/v1/email/server/check")[0] == 400


def try_server(stranger: Stranger) -> None:
    body = {"serverId": stranger.server_id, "toAddress": ["ann@example.org"]}
    assert stranger.post("/api/v1/email/server/test", body)[0] == 404
    assert Message.across_tenants.count() == 1


def list_templates(stranger: Stranger) -> None:
    template_id = stranger.foreign_template()
    stranger.sees_nothing_in("/api/v1/email/template")
    stranger.sees_nothing_in(f"/api/v1/email/template?id={template_id}")


def create_template(stranger: Stranger) -> None:
    stranger.foreign_template()
    body = {"code": "WELCOME", "language": "en", "subject": "x", "content": "x", "bizKeys": ["SIGNUP"]}
    assert stranger.post("/api/v1/email/template", body)[0] == 201
    assert TemplateVersion.objects.filter(translation__template__tenant=stranger.owner).count() == 1
    assert not BizKeyBinding.objects.for_tenant(stranger.owner.pk).exists()


def read_template(stranger: Stranger) -> None:
    assert stranger.on_the_template("GET", "") == 404


def change_template(stranger: Stranger) -> None:
    assert stranger.on_the_template("PATCH", "", {"name": "x", "content": "x"}) == 404


def draft_template(stranger: Stranger) -> None:
    assert stranger.on_the_template("PUT", "/draft", {"content": "x"}) == 404


def publish_template(stranger: Stranger) -> None:
    assert stranger.on_the_template("POST", "/publish", {"version": 1}) == 404


def preview_template(stranger: Stranger) -> None:
    assert stranger.on_the_template("POST", "/preview", {}) == 404


def list_versions(stranger: Stranger) -> None:
    assert stranger.on_the_template("GET", "/version") == 404


def read_version(stranger: Stranger) -> None:
    assert stranger.on_the_template("GET", "/version/1") == 404


_ANGUS: dict[tuple[str, str], Callable[[Stranger], None]] = {
    ("GET", "api/v1/email"): list_emails,
    ("POST", "api/v1/email"): send_email,
    ("DELETE", "api/v1/email"): delete_emails,
    ("GET", "api/v1/email/<str:message_id>"): read_email,
    ("PATCH", "api/v1/email/<str:message_id>"): reschedule_email,
    ("POST", "api/v1/email/cancel"): cancel_emails,
    ("GET", "api/v1/email/verificationCode/check"): check_a_code,
    ("GET", "api/v1/email/server"): list_servers,
    ("POST", "api/v1/email/server"): add_server,
    ("PUT", "api/v1/email/server"): replace_server,
    ("PATCH", "api/v1/email/server"): change_server,
    ("DELETE", "api/v1/email/server"): delete_server,
    ("PATCH", "api/v1/email/server/enabled"): switch_server,
    ("GET", "api/v1/email/server/check"): check_servers,
    ("POST", "api/v1/email/server/test"): try_server,
    ("GET", "api/v1/email/server/<str:server_id>"): read_server,
    ("GET", "api/v1/email/template"): list_templates,
    ("POST", "api/v1/email/template"): create_template,
    ("GET", "api/v1/email/template/<str:template_id>"): read_template,
    ("PATCH", "api/v1/email/template/<str:template_id>"): change_template,
    ("PUT", "api/v1/email/template/<str:template_id>/draft"): draft_template,
    ("POST", "api/v1/email/template/<str:template_id>/publish"): publish_template,
    ("POST", "api/v1/email/template/<str:template_id>/preview"): preview_template,
    ("GET", "api/v1/email/template/<str:template_id>/version"): list_versions,
    ("GET", "api/v1/email/template/<str:template_id>/version/<str:number>"): read_version,
    ("POST", "innerapi/v1/email"): send_email_for_another_tenant,
    ("GET", "innerapi/v1/email/verificationCode/check"): check_a_code_for_a_service,
}
#: AngusGM's routes are there with and without a slash at the end.
CASES = {(method, path + slash): case for (method, path), case in _ANGUS.items() for slash in ("", "/")}
