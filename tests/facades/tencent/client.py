"""Calls as the vendor's SDKs make them: signed by code of its own, apart from what it tests."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

HOST = "ses.example.com"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class TencentApi:
    """Speaks for the holder of one key. Each method returns what stands in ``Response``."""

    def __init__(self, secret_id: str, secret_key: str, *, region: str = "ap-singapore") -> None:
        self.secret_id, self.secret_key, self.region = secret_id, secret_key, region
        self.client = Client(raise_request_exception=False)

    def call(self, action: str, params: Any = None, **changes: Any) -> dict[str, Any]:
        """TC3, POST, JSON."""
        return response_of(self.send(action, json.dumps(params or {}).encode(), **changes))

    def get(self, action: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """TC3, GET."""
        return response_of(self.send(action, b"", query=urlencode(flatten(params or {})), method="GET"))

    def form(
        self, action: str, params: Mapping[str, Any] | None = None, *, signed: str = "HmacSHA1", method: str = "POST"
    ) -> dict[str, Any]:
        """v1, by form or query."""
        pairs = self.signed_pairs(action, flatten(params or {}), signed=signed, method=method)
        if method == "GET":
            return response_of(self.client.get("/", pairs, headers={"host": HOST, "content-type": FORM}))
        return response_of(
            self.client.generic("POST", "/", urlencode(pairs), content_type=FORM, headers={"host": HOST})
        )

    def send(
        self,
        action: str,
        body: bytes,
        *,
        query: str = "",
        method: str = "POST",
        content_type: str = "",
        path: str = "/",
        at: int | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> HttpResponse:
        """The whole answer. ``headers`` are changed after signing; None takes one away."""
        content_type = content_type or (FORM if method == "GET" else JSON)
        timestamp = now() if at is None else at
        sent: dict[str, str | None] = {
            "host": HOST,
            "content-type": content_type,
            "authorization": self.authorization(method, query, body, content_type=content_type, timestamp=timestamp),
            "x-tc-action": action,
            "x-tc-version": "2020-10-02",
            "x-tc-timestamp": str(timestamp),
            "x-tc-region": self.region,
            **(headers or {}),
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        answer: Any = self.client.generic(method, f"{path}?{query}" if query else path, body, headers=kept)
        return answer

    def authorization(
        self, method: str, query: str, body: bytes, *, content_type: str, timestamp: int, host: str = HOST
    ) -> str:
        date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
        canonical = f"{method}\n/\n{query}\ncontent-type:{content_type}\nhost:{host}\n\ncontent-type;host\n{_sha(body)}"
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/ses/tc3_request\n{_sha(canonical.encode())}"
        key = f"TC3{self.secret_key}".encode()
        for part in (date, "ses", "tc3_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        credential = f"{self.secret_id}/{date}/ses/tc3_request"
        return f"TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host, Signature={signature}"

    def signed_pairs(
        self, action: str, flat: Mapping[str, Any], *, signed: str = "HmacSHA1", method: str = "POST"
    ) -> dict[str, str]:
        pairs = {name: str(value) for name, value in flat.items()}
        pairs |= {
            "Action": action,
            "Version": "2020-10-02",
            "Timestamp": str(now()),
            "Nonce": str(random.randint(1, 2**63)),
            "Region": self.region,
            "SecretId": self.secret_id,
            "SignatureMethod": signed,
        }
        text = f"{method}{HOST}/?" + "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))
        digest = {"HmacSHA1": "sha1", "HmacSHA256": "sha256"}[signed]
        mac = hmac.digest(self.secret_key.encode(), text.encode(), digest)
        return {**pairs, "Signature": base64.b64encode(mac).decode()}


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """As the SDKs do it: ``Destination.0``, ``Template.TemplateID``."""
    if isinstance(value, Mapping):
        steps: Any = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return {prefix: value}
    return {
        name: leaf
        for step, item in steps
        for name, leaf in flatten(item, f"{prefix}.{step}" if prefix else str(step)).items()
    }


def response_of(answer: Any) -> dict[str, Any]:
    """What every answer of this API is, or the test fails."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert int(answer.get("Content-Length", len(answer.content))) == len(answer.content)
    body = json.loads(answer.content)
    assert list(body) == ["Response"]
    assert len(body["Response"]["RequestId"]) == 36
    found: dict[str, Any] = body["Response"]
    return found


def code_of(response: Mapping[str, Any]) -> str:
    """The error's code; "" on success."""
    code: str = response.get("Error", {}).get("Code", "")
    return code


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
