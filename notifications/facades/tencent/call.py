"""One request as this API sees it: its common parameters, wherever they travel, and its own, not yet read.

With a v3 signature the common parameters are headers; with v1 they stand in the form or the query among the others
(tencent.md 2.2, 2.3). Order of checks here: size, common parameters that are missing, version, region.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from rest_framework.request import Request

from notifications.facades import multipart
from notifications.facades.body import check_values, parse_json, read_bytes
from notifications.facades.refusals import BodyTooLarge, BodyUnreadable
from notifications.facades.tencent.action import GATEWAY_LIMIT
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.parameters import Record, read, unflatten
from notifications.facades.tencent.signature import Wire

VERSION = "2020-10-02"
#: Of the vendor's two sites; which one a client names makes no difference here.
REGIONS = frozenset({"ap-singapore", "ap-guangzhou", "ap-hongkong"})
FORM_LIMIT = 1024 * 1024
QUERY_LIMIT = 32 * 1024
_FORM, _JSON, _MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
_REQUIRED_V3 = ("Action", "Version", "Timestamp", "Region")
_REQUIRED_V1 = (*_REQUIRED_V3, "Nonce", "SecretId", "Signature")
#: Parameters of every v1 request, which are no action's.
_COMMON_V1 = frozenset((*_REQUIRED_V1, "SignatureMethod", "Token", "Language", "RequestClient"))
_SECONDS = re.compile(r"\d{1,11}", re.ASCII)
_LANGUAGE = re.compile(r"(?:^|&)Language=([^&]*)")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Call:
    wire: Wire
    #: A v3 signature, in headers; else v1, among the parameters.
    is_v3: bool
    #: By the names of v1. Those that are required are there.
    common: Mapping[str, str]
    #: The decoded form or query; None where the parameters are JSON or multipart.
    pairs: Mapping[str, str] | None

    @property
    def action(self) -> str:
        return self.common["Action"]

    @property
    def timestamp(self) -> int:
        """UNIX seconds."""
        return int(self.common["Timestamp"])


def read_call(request: Request) -> Call:
    """Raises TencentError, BodyTooLarge, BodyUnreadable."""
    wire = _wire(request)
    media_type = _media_type(wire)
    pairs = _pairs(wire, media_type)
    is_v3 = _has_headers(wire) or pairs is None
    common = _headers(wire) if is_v3 else {name: value for name, value in (pairs or {}).items() if name in _COMMON_V1}
    _check_common(common, is_v3=is_v3)
    return Call(wire=wire, is_v3=is_v3, common=common, pairs=pairs)


def read_parameters(call: Call, record: Record) -> dict[str, Any]:
    """The action's own parameters, checked. Raises TencentError, BodyUnreadable."""
    if call.pairs is not None:
        own = {name: value for name, value in call.pairs.items() if call.is_v3 or name not in _COMMON_V1}
        return _read(unflatten(own, record), record)
    media_type, options = parse_header_parameters(call.wire.header("content-type"))
    if media_type == _MULTIPART:
        return _read(unflatten(_parts(call.wire.body, options.get("boundary", "")), record), record)
    try:
        value = parse_json(call.wire.body or b"{}")
    except BodyUnreadable as error:
        raise TencentError("InvalidParameter", parameter="the body") from error
    return _read(value, record)


def spoken(language: str) -> str:
    """``zh-CN`` or ``en-US`` in Django's spelling; English where the request names none."""
    return "zh-hans" if language.lower().startswith("zh") else "en"


def language_of(request: HttpRequest) -> str:
    """As far as headers and query tell; known before anything else, since every refusal is a sentence."""
    in_query = _LANGUAGE.search(request.META.get("QUERY_STRING", ""))
    return spoken(request.META.get("HTTP_X_TC_LANGUAGE") or (in_query[1] if in_query else ""))


def _wire(request: Request) -> Wire:
    body = b"" if request.method == "GET" else read_bytes(request, limit_bytes=GATEWAY_LIMIT)
    meta = request.META

    def header(name: str) -> str:
        key = name.upper().replace("-", "_")
        return str(meta.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))

    query = str(meta.get("QUERY_STRING", ""))
    return Wire(method=request.method or "", host=header("host"), query=query, body=body, header=header)


def _media_type(wire: Wire) -> str:
    try:
        return parse_header_parameters(wire.header("content-type"))[0]
    except (ValueError, LookupError) as error:
        raise TencentError("UnsupportedProtocol") from error


def _pairs(wire: Wire, media_type: str) -> Mapping[str, str] | None:
    if wire.method == "GET":
        if len(wire.query) > QUERY_LIMIT:
            raise BodyTooLarge(limit_bytes=QUERY_LIMIT)
        return _decoded(wire.query)
    if media_type == _FORM:
        if len(wire.body) > FORM_LIMIT:
            raise BodyTooLarge(limit_bytes=FORM_LIMIT)
        return _decoded(wire.body.decode("latin-1"))
    if media_type not in (_JSON, _MULTIPART):
        raise TencentError("UnsupportedProtocol")
    return None


def _decoded(text: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
        check_values([part for pair in pairs for part in pair])
    except (UnicodeDecodeError, BodyUnreadable) as error:
        raise TencentError("InvalidParameter", parameter="the query or form") from error
    named: dict[str, str] = {}
    for name, value in pairs:
        if name in named:
            raise TencentError("InvalidParameter", parameter=name[:_SHOWN])
        named[name] = value
    return named


def _parts(body: bytes, boundary: str) -> dict[str, Any]:
    """One part per parameter of the top level; those that are lists or objects are JSON."""
    try:
        parts = multipart.split(body, boundary) if body else ()
        values = {part.name: parse_json(part.data) if part.content_type == _JSON else _text(part) for part in parts}
    except BodyUnreadable as error:
        raise TencentError("InvalidRequest") from error
    if len(values) != len(parts):
        raise TencentError("InvalidRequest")
    return values


def _text(part: multipart.Part) -> str:
    try:
        text = part.data.decode()
    except UnicodeDecodeError as error:
        raise BodyUnreadable(reason="a part is not UTF-8.") from error
    check_values(text)
    return text


def _read(value: Any, record: Record) -> dict[str, Any]:
    found: dict[str, Any] = read(value, record)
    return found


def _has_headers(wire: Wire) -> bool:
    return bool(wire.header("x-tc-action") or wire.header("authorization"))


def _headers(wire: Wire) -> Mapping[str, str]:
    names = ("Action", "Version", "Timestamp", "Region", "Token", "Language")
    return {name: value for name in names if (value := wire.header(f"x-tc-{name.lower()}"))}


def _check_common(common: Mapping[str, str], *, is_v3: bool) -> None:
    prefix = "X-TC-" if is_v3 else ""
    for name in _REQUIRED_V3 if is_v3 else _REQUIRED_V1:
        if not common.get(name):
            raise TencentError("MissingParameter", parameter=f"{prefix}{name}")
    if not _SECONDS.fullmatch(common["Timestamp"]):
        raise TencentError("InvalidParameter", parameter=f"{prefix}Timestamp")
    if common["Version"] != VERSION:
        raise TencentError("NoSuchVersion", version=common["Version"][:_SHOWN])
    if common["Region"] not in REGIONS:
        raise TencentError("UnsupportedRegion", region=common["Region"][:_SHOWN])
