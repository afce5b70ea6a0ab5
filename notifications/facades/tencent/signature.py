"""Tencent Cloud's two signatures, verified (tencent.md 2.4 to 2.6). Pure: no Django, no clock, no database.

What clients do differently from the document, and is accepted:

- The document says that header values are lower-cased; the SDKs sign them as they send them. Both verify.
- The Node SDK signs the host without its port, and names as service the text before the first dot of its endpoint.
- The path is "/" in every signature, whatever was requested.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

ALGORITHM = "TC3-HMAC-SHA256"
#: Seconds by which a client's clock may differ from ours, either way.
WINDOW_S = 300
#: Sent as ``X-TC-Content-SHA256`` where the body is not part of the signature; it is then what is hashed.
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=([^/,\s]+)/(\d{{4}}-\d\d-\d\d)/([^/,\s]+)/tc3_request *, *"
    r"SignedHeaders=([A-Za-z0-9;_-]+) *, *Signature=([^,\s]+)",
    re.ASCII,
)
_MUST_BE_SIGNED = {"content-type", "host"}
_V1_METHODS = {"": "sha1", "HmacSHA1": "sha1", "HmacSHA256": "sha256"}


@dataclass(frozen=True, slots=True)
class Authorization:
    """The header of that name, taken apart."""

    secret_id: str
    #: ``YYYY-MM-DD``, UTC.
    date: str
    service: str
    #: As written: names separated by semicolons.
    signed_headers: str
    signature: str


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as it came, before anybody decoded or normalised anything."""

    method: str
    #: The Host header.
    host: str
    #: Without the question mark; "" where there is none.
    query: str
    body: bytes
    #: The value of a header by its lower-case name; "" where it was not sent.
    header: Callable[[str], str]


def parse_authorization(text: str) -> Authorization | None:
    """None for what is not of the standard form, or leaves the host or the content type unsigned."""
    match = _AUTHORIZATION.fullmatch(text)
    if match is None:
        return None
    authorization = Authorization(*match.groups())
    names = authorization.signed_headers.split(";")
    return authorization if set(names) >= _MUST_BE_SIGNED and len(names) == len(set(names)) else None


def is_fresh(timestamp: int, *, now: datetime) -> bool:
    return abs(now.timestamp() - timestamp) <= WINDOW_S


def verify_v3(authorization: Authorization, secret_key: str, wire: Wire, *, timestamp: int) -> bool:
    """TC3-HMAC-SHA256. ``timestamp`` is UNIX seconds, not thousands of years away."""
    if authorization.date != datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d"):
        return False
    signing_key = _signing_key(secret_key, authorization)
    return any(
        hmac.compare_digest(
            _sign_v3(signing_key, authorization, timestamp, canonical), authorization.signature.encode()
        )
        for canonical in _canonical_requests(authorization.signed_headers, wire)
    )


def verify_v1(parameters: Mapping[str, str], secret_key: str, *, method: str, host: str) -> bool:
    """HmacSHA256 or HmacSHA1, over the decoded parameters of a form or a query."""
    digest = _V1_METHODS.get(parameters.get("SignatureMethod", ""))
    if digest is None:
        return False
    return any(
        hmac.compare_digest(
            b64encode(hmac.digest(secret_key.encode(), _canonical_v1(parameters, method, name), digest)),
            parameters.get("Signature", "").encode(),
        )
        for name in _host_names(host)
    )


def _canonical_requests(signed_headers: str, wire: Wire) -> Iterator[bytes]:
    """All that a client may have meant."""
    payload = UNSIGNED_PAYLOAD.encode() if wire.header("x-tc-content-sha256") == UNSIGNED_PAYLOAD else wire.body
    payload_hash = sha256(payload).hexdigest()
    for host in _host_names(wire.host):
        headers = [(name, host if name == "host" else wire.header(name)) for name in sorted(signed_headers.split(";"))]
        as_sent = "".join(f"{name}:{value}\n" for name, value in headers)
        for written in dict.fromkeys((as_sent, as_sent.lower())):
            yield "\n".join((wire.method, "/", wire.query, written, signed_headers, payload_hash)).encode()


def _sign_v3(signing_key: bytes, authorization: Authorization, timestamp: int, canonical: bytes) -> bytes:
    scope = f"{authorization.date}/{authorization.service}/tc3_request"
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical).hexdigest()}"
    return hmac.digest(signing_key, text.encode(), sha256).hex().encode()


def _signing_key(secret_key: str, authorization: Authorization) -> bytes:
    key = f"TC3{secret_key}".encode()
    for part in (authorization.date, authorization.service, "tc3_request"):
        key = hmac.digest(key, part.encode(), sha256)
    return key


def _canonical_v1(parameters: Mapping[str, str], method: str, host: str) -> bytes:
    # The Python SDK signs names with "." for "_"; no parameter of this service has one.
    named = {name.replace("_", "."): value for name, value in parameters.items() if name != "Signature"}
    pairs = "&".join(f"{name}={named[name]}" for name in sorted(named))
    return f"{method}{host}/?{pairs}".encode()


def _host_names(host: str) -> list[str]:
    """As sent, and without the port."""
    bare = re.sub(r":\d+$", "", host)
    return [host] if bare == host else [host, bare]
