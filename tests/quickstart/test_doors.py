"""A newcomer who speaks another API already: the vendors' own examples against a running instance, down to the mail."""

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002.ses_client import SesClient

from tests.facades.autional.test_send import SEED_BULK, SEED_EMAIL
from tests.facades.works.test_send import EXAMPLE as WORKS_EXAMPLE
from tests.quickstart import runs

TENCENT_EXAMPLE: dict[str, Any] = {
    "FromEmailAddress": "QCLOUDTEAM <noreply@mail.qcloud.com>",
    "ReplyToAddresses": "qcloud@tencent.com",
    "Destination": ["user@example.com"],
    "Template": {"TemplateID": 100091, "TemplateData": '{"code":"1234"}'},
    "Subject": "YourTestSubject",
}


def call(serving: runs.Run, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {serving.summary['api_key']}", "Content-Type": "application/json"}
    return httpx.request(method, serving.summary["base_url"] + path, headers=headers, timeout=20, **options)


def arrived(serving: runs.Run, subject: str, *, to: str) -> EmailMessage:
    """The newest caught mail of that subject to that address, as soon as it is there."""
    found: list[EmailMessage] = []

    def is_there() -> bool:
        mails = [message_from_bytes(content, policy=policy.default) for content in runs.caught(serving.home)]
        found[:] = [mail for mail in mails if mail["Subject"] == subject and to in str(mail["To"])]
        return bool(found)

    runs.wait_for(is_there)
    return found[-1]


def text_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_example_of_works_has_its_recipient_its_text_and_its_file(serving: runs.Run):
    answer = call(serving, "POST", "/v1.0/users/me/mail", content=WORKS_EXAMPLE)

    mail = arrived(serving, "Test", to="admin@example.com")
    (file,) = mail.iter_attachments()
    assert (answer.status_code, answer.content) == (202, b"")
    assert mail["From"] == "admin <office@demo.example>"
    assert text_of(mail, "html").strip() == "Body"
    assert file.get_filename() == "index.html"


def test_an_inline_picture_of_works_is_where_the_text_wants_it(serving: runs.Run):
    picture = {"filename": "dot.png", "fileType": "image/png", "data": "iVBORw0KGgo=", "inline": True, "cid": "dot"}
    body = {"to": "inline@example.com; too@example.com", "subject": "Inline", "body": '<img src="cid:dot">'}

    answer = call(serving, "POST", "/users/me/mail", json=body | {"attachments": [picture]})

    mail = arrived(serving, "Inline", to="too@example.com")
    (part,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert answer.status_code == 202
    assert (part["Content-ID"], part.get_content_disposition()) == ("<dot>", "inline")
    assert 'src="cid:dot"' in text_of(mail, "html")


def test_the_examples_of_autional_are_logged_and_arrive(serving: runs.Run):
    # Without its date, which is long past and means at once.
    mail = call(serving, "POST", "/communication/api/v1/communication/email", json=SEED_EMAIL).json()
    bulk = call(serving, "POST", "/bff/communication-service/api/v1/communication/bulk", json=SEED_BULK).json()

    caught = arrived(serving, str(SEED_EMAIL["subject"]), to="user@example.com")
    assert (mail["code"], mail["data"]["recipient"]) == (0, "u***@example.com")
    assert caught["Cc"] == "admin@example.com"
    assert "Ann" in text_of(caught, "html")
    assert [item["channel"] for item in bulk["items"]] == ["sms", "sms"]
    assert bulk["items"][0]["recipient"] == "138****8000"


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")
def test_the_example_of_tencent_arrives_by_the_vendors_own_client(serving: runs.Run, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    key = serving.summary["tencent"]
    http = HttpProfile(protocol="http", endpoint=serving.summary["base_url"].removeprefix("http://"))
    pair = credential.Credential(key["secret_id"], key["secret_key"])
    client = SesClient(pair, key["region"], ClientProfile(httpProfile=http))

    answer = client.call_json("SendEmail", TENCENT_EXAMPLE)["Response"]

    mail = arrived(serving, "YourTestSubject", to="user@example.com")
    assert answer["MessageId"].startswith("qcloudses-30-")
    assert (mail["From"], mail["Reply-To"]) == ("QCLOUDTEAM <noreply@mail.qcloud.com>", "qcloud@tencent.com")
    assert "Your code is 1234." in text_of(mail, "plain")


def test_one_click_ends_a_newsletter_and_no_receipt(serving: runs.Run):
    reader = "reader@example.com"
    news = {"type": "CUSTOM", "html": False, "content": "News", "verificationCode": False, "toAddress": [reader]}
    call(serving, "POST", "/api/v1/email", json=news | {"subject": "News 1", "unsubscribe": {}})
    mail = arrived(serving, "News 1", to=reader)
    link = re.search(r"<(http[^>]+)>", mail["List-Unsubscribe"])
    assert link is not None

    looked = httpx.get(link[1], timeout=20)
    clicked = httpx.post(link[1], data={"List-Unsubscribe": "One-Click"}, timeout=20)

    second = call(serving, "POST", "/api/v1/email", json=news | {"subject": "News 2", "unsubscribe": {}}).json()
    call(serving, "POST", "/api/v1/email", json=news | {"subject": "Receipt"})
    arrived(serving, "Receipt", to=reader)
    record = call(serving, "GET", f"/api/v1/email/{second['data']['ids'][0]}").json()["data"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (looked.status_code, clicked.status_code) == (200, 200)
    assert (record["sendStatus"]["value"], "unsubscribed" in json.dumps(record)) == ("FAILURE", True)
