"""The requests that the vendor's page prints (xcan.cloud/en/docs/gm/apis/Email, 2025-06-15), as it prints them.

Changed is only what cannot be meant: "string" where a time or an address of a file belongs, and ids that are nobody's.
"""

import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from notifications import verification
from notifications.models import Attachment, MailServer, Message, Submission
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom
from tests.factories import SenderIdentityFactory
from tests.faults.harness.sink import Sink

EMAIL = "/api/v1/email"
VENDOR = Path(__file__).parent / "vendor"


def printed(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((VENDOR / f"{name}.json").read_text(encoding="utf-8"))
    return body


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def file_url(tmp_path: Path, settings: Settings) -> Iterator[str]:
    (tmp_path / "string").write_bytes(b"a file")
    settings.FETCH_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: _Quiet(*args, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/string"
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_send_email(api: Api, tenant: Tenant, file_url: str) -> None:
    SenderIdentityFactory(tenant=tenant, value="@xcan.cloud")
    body = printed("send")
    body["expectedSendDate"] = "2025-06-15 14:49:56"
    body["attachments"][0]["url"] = file_url

    reply = api.post(EMAIL, body)

    assert (reply.status_code, reply.json()["code"]) == (200, "S"), reply.content.decode()
    message = Message.across_tenants.get()
    assert (message.to, message.cc) == (["user1@xcancloud.com", "user2@xcancloud.com"], ["demo@xcancloud.com"])
    assert (message.biz_key, message.language, message.is_batch, message.is_code) == ("SIGNUP", "zh_CN", True, True)
    assert Submission.across_tenants.get().sender_address == "cloud@xcan.cloud"
    attached = Attachment.across_tenants.select_related("blob").get()
    assert (attached.name, bytes(attached.blob.data)) == ("string", b"a file")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
def test_send_the_test_email_to_server(api: Api, server: MailServer) -> None:
    with Sink() as sink:
        MailServer.across_tenants.update(port=sink.port)

        reply = api.post(f"{EMAIL}/server/test", printed("server_test") | {"serverId": server.pk})

        assert (reply.status_code, reply.json()["code"], reply.json()["data"]) == (200, "S", None)
        assert sink.accepted[0].recipients == ("james@xcan.cloud",)


def test_query_the_list_of_email(api: Api) -> None:
    """Every parameter that the page names, at once."""
    api.post(EMAIL, custom())
    params = {
        "id": 1, "templateCode": "x", "language": "en", "bizKey": "BIND_MOBILE", "outId": "x", "emailType": "TEMPLATE",
        "html": "true", "verificationCode": "true", "batch": "true", "sendTenantId": 1, "sendUserId": 1,
        "urgent": "true", "sendStatus": "PENDING", "expectedSendDate": "2025-06-15T14:49:56",
        "actualSendDate": "2025-06-15T14:49:56", "pageNo": 1, "pageSize": 10, "orderBy": "id", "orderSort": "DESC",
        "filters[0].key": "id", "filters[0].op": "GREATER_THAN", "filters[0].value": "0",
        "filters[1].key": "outId", "filters[1].op": "MATCH", "filters[1].value": "x",
        "filters[2].key": "sendStatus", "filters[2].op": "IN", "filters[2].value": "PENDING,SUCCESS",
        "infoScope": "DETAIL",
    }  # fmt: skip

    assert api.get(EMAIL, params).json()["data"] == {"total": "0", "list": []}


def test_query_the_detail_of_email(api: Api) -> None:
    (message_id,) = api.post(EMAIL, custom()).json()["data"]["ids"]

    assert api.get(f"{EMAIL}/{message_id}").json()["data"]["id"] == message_id


def test_delete_emails(api: Api) -> None:
    (message_id,) = api.post(EMAIL, custom()).json()["data"]["ids"]

    assert api.delete(f"{EMAIL}?ids={message_id}").status_code == 204


def test_check_the_email_verification_code_is_valid(api: Api, tenant: Tenant) -> None:
    issued = verification.issue(tenant.pk, "SIGNUP", ["james@xcan.cloud"], validity=verification.DEFAULT_VALIDITY)
    asked = {"bizKey": "SIGNUP", "email": "james@xcan.cloud", "verificationCode": issued["james@xcan.cloud"]}

    printed_one = api.get(f"{EMAIL}/verificationCode/check", asked | {"verificationCode": "Email verification code."})
    right_one = api.get(f"{EMAIL}/verificationCode/check", asked)

    assert (printed_one.status_code, right_one.status_code) == (400, 200)
