"""What a good body becomes: rows, as the record shows them, and an answer that names them."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Attachment, MailServer, Message, Outbox, Submission
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom, stored
from tests.factories import MailServerFactory, make_key, make_template

EMAIL = "/api/v1/email"


def send(api: Api, **changes: Any) -> Any:
    reply = api.post(EMAIL, custom(**changes))
    assert reply.json()["code"] == "S", reply.json()
    return reply.json()["data"]


def the_message() -> Message:
    return Message.across_tenants.get()


def test_the_answer_names_what_was_stored_in_strings(api: Api) -> None:
    data = send(api, outId="order-1")

    assert data == {
        "ids": [str(the_message().pk)],
        "submissionId": str(the_message().submission_id),
        "outId": "order-1",
    }
    assert Outbox.objects.filter(message_id=int(data["ids"][0])).exists()


def test_without_an_out_id_the_server_makes_one(api: Api) -> None:
    assert send(api, outId="")["outId"].startswith("INNER-")


def test_a_shared_mail_is_one_message_to_everybody(api: Api) -> None:
    send(api, toAddress=["ann@example.org", "bob@example.org"], ccAddress=["cc@example.org"])

    assert the_message().to == ["ann@example.org", "bob@example.org"]
    assert the_message().cc == ["cc@example.org"]
    assert the_message().is_batch


def test_batch_false_is_a_message_each_in_the_callers_order(api: Api) -> None:
    recipients = [f"{name}@example.org" for name in ("zoe", "ann", "bob")]

    ids = send(api, toAddress=recipients, batch="false")["ids"]

    by_id = {message.pk: message.to for message in Message.across_tenants.all()}
    assert [by_id[int(id_)] for id_ in ids] == [[recipient] for recipient in recipients]


def test_nested_lists_are_flattened_and_spellings_of_one_mailbox_collapse(api: Api) -> None:
    nested = [["bob@example.org", "ann@example.org"], "BOB@Example.ORG", "bob@example.org", []]

    send(api, toAddress=nested)

    assert the_message().to == ["bob@example.org", "ann@example.org"]


def test_domains_go_in_a_labels(api: Api) -> None:
    send(api, toAddress=["ann@bücher.example"])

    assert the_message().to == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize(("is_html", "column"), [(True, "html"), ("false", "text")])
def test_content_is_html_or_text_as_said(api: Api, is_html: Any, column: str) -> None:
    send(api, html=is_html, content="<p>Hi</p>")

    submission = Submission.across_tenants.get()
    assert getattr(submission, column) == "<p>Hi</p>"
    assert the_message().is_html == (column == "html")


def test_a_key_of_the_tenant_s_own_making_chooses_its_template(api: Api, tenant: Tenant) -> None:
    make_template(tenant, "Order-Shipped", subject="On its way", text="It left.")

    send(api, type="TEMPLATE", bizKey="Order-Shipped", language="en", subject=None, content=None)

    assert (the_message().biz_key, the_message().subject) == ("Order-Shipped", "On its way")


def test_strings_for_scalars_and_enums_in_any_case_are_read(api: Api) -> None:
    send(
        api,
        type={"value": "custom"},
        html="TRUE",
        urgent="true",
        batch="false",
        bizKey="todo_ticket",
        sendUserId="12",
        verificationCodeValidSecond="300",
        receiveObjectType="whatever",
        language={"value": "en", "message": "English"},
    )

    assert the_message().biz_key == "TODO_WORKORDER"
    assert the_message().lane == 0


def test_a_later_time_is_kept_and_the_message_waits(api: Api) -> None:
    later = timezone.localtime().replace(microsecond=0) + timedelta(days=1)

    send(api, expectedSendDate=later.strftime("%Y-%m-%d %H:%M:%S"))

    assert the_message().due_at == later
    assert Outbox.objects.get().due_at == later
    assert Outbox.objects.get().rank is None


def test_a_past_time_means_at_once_and_urgently(api: Api) -> None:
    send(api, expectedSendDate="2020-01-01 00:00:00")

    assert the_message().lane == 0
    assert Outbox.objects.get().rank is not None


def test_times_are_of_the_servers_zone(api: Api, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"

    send(api, expectedSendDate="2026-01-01 08:00:00")

    assert the_message().due_at == datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def test_attachments_are_stored_byte_for_byte(api: Api) -> None:
    data = bytes(range(256))
    folded = "\r\n".join(base64.b64encode(data).decode()[i : i + 76] for i in range(0, 344, 76))

    send(
        api,
        attachments=[
            {"name": "日报.bin", "content": folded},
            {"name": "logo.png", "content": "", "contentType": "image/png", "contentId": "logo@a"},
        ],
    )

    first, second = Attachment.across_tenants.select_related("blob")
    assert (first.name, first.content_type, bytes(first.blob.data)) == ("日报.bin", "application/octet-stream", data)
    assert (second.content_type, second.content_id, bytes(second.blob.data)) == ("image/png", "logo@a", b"")


def test_a_permitted_sender_is_kept(api: Api, server: MailServer) -> None:
    send(api, fromAddress=server.from_address)

    assert Submission.across_tenants.get().sender_address == server.from_address


def test_mistakes_are_told_in_the_contracts_order(api: Api, server: MailServer) -> None:
    """All at once, then one mended after the other (angus.md 3.1)."""
    server.delete()
    body = custom(type="TEMPLATE", bizKey=None, toAddress=None, verificationCode=True, subject="x" * 201)
    mended: list[tuple[dict[str, Any], str | None]] = [
        ({}, "subject"),
        ({"subject": ""}, "xcm.gm.email.receiver.is.missing"),
        ({"receiveObjectType": "USER", "receiveObjectIds": [7]}, "xcm.gm.email.verifyCode.toAddress.is.missing"),
        ({"toAddress": ["ann@example.org"]}, "xcm.gm.template.bizKey.not.null"),
        ({"bizKey": "SIGNUP"}, "xcm.gm.no.sever.available.t"),
        ({"server": ...}, "xcm.gm.no.template.biz.config.t"),
    ]

    told = []
    for changes, _ in mended:
        if changes.pop("server", None):
            MailServerFactory(tenant_id=server.tenant_id)
        body |= changes
        reply = api.post(EMAIL, body).json()
        told.append(reply["data"] or reply["msg"].partition(":")[0])

    assert told == [expected for _, expected in mended]
    assert stored() == (0, 0, 0)


def test_five_hundred_recipients_are_allowed(api: Api) -> None:
    send(api, toAddress=[f"u{n}@example.org" for n in range(500)] + ["u0@example.org"], batch=False)

    assert Message.across_tenants.count() == 500


def test_naming_other_tenants_and_users_in_the_body_changes_nothing(api: Api, tenant: Tenant) -> None:
    send(api, sendTenantId=tenant.pk + 1, sendUserId=99)

    assert (the_message().tenant_id, the_message().user_id) == (tenant.pk, -1)


class TestInner:
    PATH = "/innerapi/v1/email"

    def test_the_user_is_the_bodys(self, api: Api, tenant: Tenant) -> None:
        reply = api.post(self.PATH, custom(sendTenantId=str(tenant.pk), sendUserId=99))

        assert reply.json()["code"] == "S"
        assert the_message().user_id == 99

    @pytest.mark.parametrize("named", [..., None, -1])
    def test_no_tenant_means_the_credentials(self, api: Api, tenant: Tenant, named: Any) -> None:
        assert api.post(self.PATH, custom(sendTenantId=named)).status_code == 200
        assert the_message().tenant_id == tenant.pk

    def test_another_tenant_is_403_fatal_exit(self, api: Api, tenant: Tenant) -> None:
        reply = api.post(self.PATH, custom(sendTenantId=tenant.pk + 1))

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (403, "fatal_exit")
        assert stored() == (0, 0, 0)

    def test_it_needs_its_scope(self, tenant: Tenant, server: MailServer) -> None:
        reply = Api(make_key(tenant, "email.send", "email.read")).post(self.PATH, custom())

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (403, "insufficient_scope")

    def test_it_only_sends(self, api: Api) -> None:
        assert api.get(self.PATH).status_code == 405
