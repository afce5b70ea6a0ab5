"""What a newcomer does next: send with the printed key, find the mail in the catcher and its record in the API."""

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx

from tests.quickstart import runs

PDF = b"%PDF-1.7\n\x00\xff binary \r\n.\r\n end"


def send(serving: runs.Run, **body: Any) -> str:
    """The id of the one message that was accepted."""
    answer = _call(serving, "POST", "/api/v1/email", json=body)
    assert answer["code"] == "S", answer
    (message_id,) = answer["data"]["ids"]
    return str(message_id)


def caught(serving: runs.Run, message_id: str) -> EmailMessage:
    """The received bytes of that message, parsed."""
    found: list[EmailMessage] = []

    def is_there() -> bool:
        mails = [message_from_bytes(content, policy=policy.default) for content in runs.caught(serving.home)]
        found[:] = [mail for mail in mails if str(mail["Message-ID"]).startswith(f"<{message_id}@")]
        return bool(found)

    runs.wait_for(is_there)
    return found[0]


def status(serving: runs.Run, message_id: str) -> str:
    page = _call(serving, "GET", "/api/v1/email", params={"id": message_id})
    (record,) = page["data"]["list"]
    return str(record["sendStatus"]["value"])


def _call(serving: runs.Run, method: str, path: str, **options: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {serving.summary['api_key']}"}
    answer = httpx.request(method, serving.summary["base_url"] + path, headers=headers, timeout=20, **options)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_code_for_signing_up_arrives_and_is_on_record(serving: runs.Run):
    wish = {"type": "TEMPLATE", "bizKey": "SIGNUP", "language": "en", "verificationCode": True, "html": True}

    id_ = send(serving, **wish, toAddress=["newcomer@example.com"])

    mail = caught(serving, id_)
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert re.search(r"\b\d{6}\b", text.get_content())
    assert re.search(r">\d{6}<", html.get_content())
    runs.wait_for(lambda: status(serving, id_) == "SUCCESS")


def test_own_content_with_a_file_and_a_subject_beyond_ascii_arrives_intact(serving: runs.Run):
    subject = "发票 Rechnung № 7 für Ænn 🎉"
    file = {"name": "发票 №7.pdf", "content": base64.b64encode(PDF).decode(), "contentType": "application/pdf"}
    wish = {"type": "CUSTOM", "subject": subject, "html": False, "content": "Zeile 1\n.\nZeile 3 – Ende"}

    id_ = send(serving, **wish, verificationCode=False, toAddress=["newcomer@example.com"], attachments=[file])

    mail = caught(serving, id_)
    body = mail.get_body(("plain",))
    (attached,) = mail.iter_attachments()
    assert body is not None
    assert mail["Subject"] == subject
    assert body.get_content().splitlines() == ["Zeile 1", ".", "Zeile 3 – Ende"]
    assert (attached.get_filename(), attached.get_content_type()) == ("发票 №7.pdf", "application/pdf")
    assert attached.get_payload(decode=True) == PDF
    runs.wait_for(lambda: status(serving, id_) == "SUCCESS")
