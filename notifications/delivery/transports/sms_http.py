"""SMS through a gateway that speaks HTTP in the shape its row declares (see ``sms_shape``)."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notifications import phones
from notifications.delivery.classify import clean_words, http_retry_after, http_verdict, is_credential_refusal
from notifications.delivery.transports.bounded_http import Answer
from notifications.delivery.transports.failures import RouteFailed
from notifications.delivery.transports.route import Route
from notifications.delivery.transports.sms_session import GatewaySession, Silence
from notifications.parcel import Composed, Outcome
from notifications.sms_shape import Filled, Shape, at, parse
from notifications.states import Verdict
from tenants.errors import InvalidField

#: Beside the named credentials.
_NOT_REPEATED = frozenset({"text", "password"})


class HttpSession(GatewaySession):
    def prepare(self) -> None:
        self._shape = parse(self.route.options, allows_http=self.is_trusted)
        self._own = _own_values(self.route, self._shape)

    def send_one(self, composed: Composed) -> Outcome:
        values = {**self._own, **_message_values(composed)}
        try:
            answer = self.call(_request(self._shape, values))
        except Silence as silence:
            if not self._shape.is_idempotent:
                raise
            return Outcome(message_id=composed.message_id, verdict=Verdict.LATER, words=str(silence))
        told = [value for name, value in values.items() if value and (name in _NOT_REPEATED or "." in name)]
        return _judge(self._shape, answer, composed.message_id, told=told)


def _judge(shape: Shape, answer: Answer, message_id: int, *, told: Sequence[str]) -> Outcome:
    """Raises RouteFailed for an answer that is about us, not about this message."""
    data = _json(answer.body)
    code = at(data, shape.error_code_path)
    words = _words(shape, data, answer, code, told)
    wait = http_retry_after(answer.headers.get("retry-after", ""), now=datetime.now(UTC))
    outcome = Outcome(message_id=message_id, verdict=Verdict.LATER, code=answer.status, words=words, retry_after=wait)
    meaning = shape.errors.get(code)
    if meaning == "route" or (meaning is None and is_credential_refusal(answer.status, words)):
        raise RouteFailed(words, code=answer.status)
    if meaning is not None:
        return replace(outcome, verdict=Verdict.NEVER if meaning == "never" else Verdict.LATER)
    if shape.is_success_status(answer.status):
        return _judge_success(shape, data, outcome)
    if answer.status == 504 and not shape.is_idempotent:
        # A proxy that gave up waiting does not know what became of the request (RFC 9110 15.6.5).
        return replace(outcome, verdict=Verdict.UNCERTAIN)
    verdict = http_verdict(answer.status)
    # A 2xx that is not declared a success says that something else happened.
    return replace(outcome, verdict=Verdict.LATER if verdict is Verdict.SENT else verdict)


def _judge_success(shape: Shape, data: Any, outcome: Outcome) -> Outcome:
    said = at(data, shape.success_path)
    if not shape.success_path or said in shape.success_values:
        return replace(outcome, verdict=Verdict.SENT, words="", provider_id=at(data, shape.id_path)[:255])
    # It refused in a code that nobody declared, or it said yes in words that nobody understands.
    return replace(outcome, verdict=Verdict.LATER if said else Verdict.UNCERTAIN)


def _words(shape: Shape, data: Any, answer: Answer, code: str, told: Sequence[str]) -> str:
    """What the gateway said, without what we told it: gateways like to repeat the text, and it may hold a code."""
    said = at(data, shape.error_words_path) or answer.body.decode("utf-8", "replace")
    for secret in told:
        for written in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            said = said.replace(written, "…")
    return clean_words(": ".join(part for part in (f"HTTP {answer.status}", code, said) if part))


def _request(shape: Shape, values: Mapping[str, str]) -> Filled:
    request = shape.fill(values)
    if not shape.basic_auth:
        return request
    login = base64.b64encode(f"{values['username']}:{values['password']}".encode()).decode()
    return replace(request, headers=(*request.headers, ("Authorization", f"Basic {login}")))


def _own_values(route: Route, shape: Shape) -> dict[str, str]:
    """What the row itself fills in. Raises SealBroken, and InvalidField for a credential that is not there."""
    credentials = json.loads(route.credentials.reveal()) if route.credentials else {}
    missing = sorted(shape.secrets - set(credentials))
    if missing:
        raise InvalidField(field="credentials", reason=f"there is no '{missing[0]}' among them.")
    return {
        "username": route.username,
        "password": route.password.reveal() if route.password else "",
        **{f"secret.{name}": str(credentials[name]) for name in shape.secrets},
    }


def _message_values(composed: Composed) -> dict[str, str]:
    (number,) = composed.rcpt_to
    return {
        "to": number,
        "to_digits": number.removeprefix("+"),
        "to_national": phones.national(number),
        "text": composed.text or "",
        "sender": composed.sender.email,
        "message_id": str(composed.message_id),
    }


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
