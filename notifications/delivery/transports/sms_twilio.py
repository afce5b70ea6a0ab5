"""SMS through Twilio with its own SDK (``pip install twilio``), whose requests go over our bounded connection.

``username`` is the account SID, or the SID of an API key beside ``{"account_sid": …}``; ``password`` the token or the
key's secret; the sender is a number, a name, or the SID of a messaging service.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http.response import Response
from twilio.rest import Client

from notifications import gateways
from notifications.delivery.classify import clean_words, http_retry_after, http_verdict
from notifications.delivery.transports.bounded_http import Answer
from notifications.delivery.transports.failures import RouteFailed
from notifications.delivery.transports.sms_session import GatewaySession
from notifications.parcel import Composed, Outcome
from notifications.sms_shape import Filled
from notifications.states import Verdict

#: Errors that mean the account or its sender, not this message (https://www.twilio.com/docs/api/errors).
_ACCOUNT = frozenset({20003, 20005, 20008, 20404, 21212, 21603, 21606, 21611, 21659, 21660, 21701, 21703, 21704})


class TwilioSession(GatewaySession):
    _answer: Answer | None = None

    def prepare(self) -> None:
        if not self.route.username or self.route.password is None:
            raise RouteFailed("Twilio needs the account's SID and its token.")
        gateways.check_api_url(self.route.options, is_platform=self.route.is_platform)
        self._client = Client(
            self.route.username,
            self.route.password.reveal(),
            account_sid=self.route.options.get("account_sid") or None,
            http_client=self,
        )

    def send_one(self, composed: Composed) -> Outcome:
        (number,) = composed.rcpt_to
        sender = composed.sender.email
        way = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
        try:
            made = self._client.messages.create(to=number, body=composed.text, **way)
        except TwilioException as error:
            return self._refused(composed, error)
        except ValueError:
            # It said yes in words that the SDK does not understand.
            return self._outcome(composed, Verdict.UNCERTAIN, "Twilio's answer is not JSON.")
        return Outcome(
            message_id=composed.message_id, verdict=Verdict.SENT, code=201, provider_id=str(made.sid or "")[:255]
        )

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: Any,
    ) -> Response:
        """What the SDK calls. Raises RouteFailed, Silence."""
        login = base64.b64encode(":".join(auth or ()).encode()).decode()
        lines = {**(headers or {}), "Authorization": f"Basic {login}"}
        lines.pop("User-Agent", None)
        body = urlencode(data or {}).encode()
        self._answer = self.call(Filled(method, self._rebased(url), tuple(lines.items()), body))
        return Response(self._answer.status, self._answer.body.decode("utf-8", "replace"), self._answer.headers)

    def _rebased(self, url: str) -> str:
        """At another address where the row names one: Twilio's own, or a service that speaks like it."""
        base = str(self.route.options.get("api_url") or "").rstrip("/")
        return f"{base}{urlsplit(url).path}" if base else url

    def _refused(self, composed: Composed, error: Any) -> Outcome:
        """Raises RouteFailed for what is about us, not about this message."""
        code = getattr(error, "code", None)
        words = clean_words(f"{code or ''} {getattr(error, 'msg', None) or error}")
        status = self._answer.status if self._answer else 0
        if code in _ACCOUNT or status == 401:
            raise RouteFailed(words, code=status)
        return self._outcome(composed, Verdict.UNCERTAIN if status == 504 else http_verdict(status), words)

    def _outcome(self, composed: Composed, verdict: Verdict, words: str) -> Outcome:
        answer = self._answer
        wait = http_retry_after(answer.headers.get("retry-after", ""), now=datetime.now(UTC)) if answer else None
        return Outcome(
            message_id=composed.message_id,
            verdict=verdict,
            code=answer.status if answer else None,
            words=words,
            retry_after=wait,
        )
