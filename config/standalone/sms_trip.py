"""A notice and a verification code by SMS, followed until they are captured, and until the code has been checked."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from config.standalone import captured
from config.standalone.calls import Api, Clock, sent, wait_for
from config.standalone.captured import Sms
from config.standalone.errors import StandaloneError

_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class SmsTrip:
    message_id: str
    recipient: str
    text: str
    #: The one that came with it, when it was one; it has been checked and is used up.
    code: str | None
    accepted_ms: int
    captured_ms: int


def make(base_url: str, *, api_key: str, folder: Path) -> Iterator[SmsTrip]:
    """The notice, then the code. Raises StandaloneError, with what the API said, when one is refused or gets lost."""
    api = Api(base_url, api_key)
    notice = {"date": "today", "description": "Angarium can send SMS as well."}
    yield _make_one(api, folder, {"bizKey": "EVENT_NOTICE", "verificationCode": False, "templateParams": notice})
    yield _make_one(api, folder, {"bizKey": "SIGNIN", "verificationCode": True})


def _make_one(api: Api, folder: Path, body: dict[str, Any]) -> SmsTrip:
    # Another number each time: nobody gets two codes within a minute.
    recipient = f"+86138{secrets.randbelow(100_000_000):08d}"
    clock = Clock()
    reply = api.call("/api/v1/sms/send", {**body, "language": "en", "mobiles": [recipient]})
    accepted_ms = clock.ms()
    path = f"/api/v1/sms/{reply['data']['ids'][0]}"
    sms = wait_for(lambda: _captured(folder, recipient), otherwise=lambda: api.call(path))
    captured_ms = clock.ms()
    record = wait_for(lambda: sent(api.call(path)), otherwise=lambda: api.call(path))
    code = _checked_code(api, body["bizKey"], sms) if body["verificationCode"] else None
    return SmsTrip(
        message_id=record["id"],
        recipient=recipient,
        text=sms.text,
        code=code,
        accepted_ms=accepted_ms,
        captured_ms=captured_ms,
    )


def _captured(folder: Path, recipient: str) -> Sms | None:
    newest = captured.read_all(folder, captured.names(folder)[:10])
    return next((sms for sms in newest if sms.recipient == recipient), None)


def _checked_code(api: Api, biz_key: str, sms: Sms) -> str:
    found = _CODE.search(sms.text)
    if found is None:
        raise StandaloneError(f"There is no code in the SMS: {sms.text}")
    query = {"bizKey": biz_key, "mobile": sms.recipient, "verificationCode": found[0]}
    api.call(f"/api/v1/sms/verificationCode/check?{urlencode(query)}")
    return found[0]
