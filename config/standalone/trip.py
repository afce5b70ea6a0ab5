"""Two mails through the HTTP API, in two languages, followed until the catcher has them and the record says so."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.standalone.calls import Api, Clock, sent, wait_for
from config.standalone.mailbox import Mailbox, summarise

LANGUAGES = ("zh_CN", "en")


@dataclass(frozen=True, slots=True)
class Trip:
    language: str
    message_id: str
    subject: str
    file: Path
    #: Since the request: until it was answered, until the catcher had the mail, until the record said so.
    accepted_ms: int
    caught_ms: int
    recorded_ms: int


def request_body(language: str, *, recipient: str) -> dict[str, Any]:
    """A sign-up mail by template, with a verification code that Angarium makes."""
    return {
        "type": "TEMPLATE",
        "bizKey": "SIGNUP",
        "language": language,
        "toAddress": [recipient],
        "verificationCode": True,
        "html": False,
    }


def make(base_url: str, *, api_key: str, maildir: Path) -> Iterator[Trip]:
    """One trip per language. Raises StandaloneError, with what the API said, when a mail is refused or gets lost."""
    for language in LANGUAGES:
        yield _make_one(Api(base_url, api_key), Mailbox(maildir), language)


def _make_one(api: Api, mailbox: Mailbox, language: str) -> Trip:
    recipient = f"ann+{secrets.token_hex(4)}@example.com"
    newest = max(mailbox.names(), default="")
    clock = Clock()
    reply = api.call("/api/v1/email", request_body(language, recipient=recipient))
    accepted_ms = clock.ms()
    path = f"/api/v1/email/{reply['data']['ids'][0]}"
    file = wait_for(lambda: _arrived(mailbox, newest, recipient), otherwise=lambda: api.call(path))
    caught_ms = clock.ms()
    record = wait_for(lambda: sent(api.call(path)), otherwise=lambda: api.call(path))
    return Trip(
        language=language,
        message_id=record["id"],
        subject=summarise(file).subject,
        file=file,
        accepted_ms=accepted_ms,
        caught_ms=caught_ms,
        recorded_ms=clock.ms(),
    )


def _arrived(mailbox: Mailbox, newest: str, recipient: str) -> Path | None:
    for name in mailbox.names():
        if name <= newest:
            return None
        file = mailbox.find(name)
        if file is not None and recipient in summarise(file).recipients:
            return file
    return None
