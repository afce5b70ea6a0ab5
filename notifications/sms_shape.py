"""What an HTTP gateway wants to be sent and how it answers, as its ``options`` declare it. Pure.

{"url": "https://sms.example.com/v1/messages",
 "headers": {"Authorization": "Bearer {secret.token}"},
 "json": {"to": "{to}", "from": "{sender}", "text": "{text}", "reference": "{message_id}"},
 "id_path": "data.id",
 "error_code_path": "error.code", "error_words_path": "error.message", "errors": {"E17": "never", "E90": "route"}}

Placeholders are filled in where the value is already apart from its surroundings (a member of the JSON, a field of the
form, a segment of the URL), so nothing in a text can break out of its place.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from tenants.errors import InvalidField

_TO = frozenset({"to", "to_digits", "to_national"})
_NAMES = _TO | {"text", "sender", "message_id", "username", "password"}
_CREDENTIAL = "secret."
#: What an error code of the gateway may be declared to mean: refused for good, try later, nothing leaves this way.
MEANINGS = ("never", "later", "route")
_PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_-]+)?)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_FORBIDDEN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class Filled:
    """A request as it goes out."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    #: The body: JSON or a form, or neither.
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    #: HTTP's own login, with the row's user name and password.
    basic_auth: bool = False
    #: Empty: every 2xx.
    success_statuses: Sequence[int] = ()
    #: Where gateways answer 200 to everything: the member that tells, and its values that mean success.
    success_path: str = ""
    success_values: Sequence[str] = ()
    id_path: str = ""
    error_code_path: str = ""
    error_words_path: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    #: The gateway sends a request with the same {message_id} only once.
    is_idempotent: bool = False

    @property
    def secrets(self) -> frozenset[str]:
        """The names of credentials that the request needs."""
        return frozenset(name.removeprefix(_CREDENTIAL) for name in _used(self) if name.startswith(_CREDENTIAL))

    def fill(self, values: Mapping[str, str]) -> Filled:
        """The request for one message. ``values`` has every placeholder's name. Raises KeyError for a missing one."""
        url = _fill(self.url, values, quoted=True)
        if self.query:
            url += ("&" if "?" in url else "?") + urlencode(_fill_all(self.query, values))
        headers = {"Accept": "application/json", **_fill_all(self.headers, values)}
        body = b""
        if self.json is not None:
            body = json.dumps(_fill_json(self.json, values), ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json; charset=utf-8"} | headers
        elif self.form:
            body = urlencode(_fill_all(self.form, values)).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"} | headers
        return Filled(self.method, url, tuple((name, _one_line(value)) for name, value in headers.items()), body)

    def is_success_status(self, status: int) -> bool:
        return status in self.success_statuses if self.success_statuses else 200 <= status < 300


class _Line(serializers.CharField):
    """Text on one line; numbers become text."""

    default_error_messages = {"control": "Control characters are not allowed."}

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if not text.isprintable():
            self.fail("control")
        return text


_TEXTS = serializers.DictField(child=_Line(max_length=2000))
_PATH = _Line(max_length=200)
_MEMBERS: Mapping[str, Any] = {
    "url": _Line(max_length=2000),
    "method": serializers.ChoiceField(["POST", "PUT", "GET"]),
    "headers": _TEXTS,
    "query": _TEXTS,
    "json": serializers.JSONField(),
    "form": _TEXTS,
    "basic_auth": serializers.BooleanField(),
    "success_statuses": serializers.ListField(child=serializers.IntegerField(min_value=200, max_value=299)),
    "success_path": _PATH,
    "success_values": serializers.ListField(child=_PATH),
    "id_path": _PATH,
    "error_code_path": _PATH,
    "error_words_path": _PATH,
    "errors": serializers.DictField(child=serializers.ChoiceField(MEANINGS)),
    "is_idempotent": serializers.BooleanField(),
}


def parse(options: Mapping[str, Any], *, allows_http: bool = False) -> Shape:
    """The shape that ``options`` declare. Raises InvalidField, for "options", with what is wrong."""
    if "url" not in options:
        raise _wrong("'url' is needed.")
    shape = Shape(**{name: _member(name, value) for name, value in options.items()})
    check_url(shape.url, allows_http=allows_http)
    _check_headers(shape.headers)
    if shape.json is not None and shape.form:
        raise _wrong("choose 'json' or 'form' for the body, not both.")
    if bool(shape.success_path) != bool(shape.success_values):
        raise _wrong("'success_path' and 'success_values' go together.")
    used = set(_used(shape))
    surplus = sorted(name for name in used if name not in _NAMES and not name.startswith(_CREDENTIAL))
    if surplus:
        raise _wrong(f"there is no placeholder {{{surplus[0][:40]}}}; known are {', '.join(sorted(_NAMES))}, secret.….")
    if not (used & _TO and "text" in used):
        raise _wrong("the request never mentions {to} or never mentions {text}.")
    return shape


def at(data: Any, path: str) -> str:
    """The value at a path such as ``data.0.id``, as text; empty when there is none."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return ""
    if isinstance(data, bool):
        return str(data).lower()
    return str(data) if path and isinstance(data, str | int | float) else ""


def _member(name: str, value: Any) -> Any:
    if name not in _MEMBERS:
        raise _wrong(f"there is no '{name[:40]}'; known are {', '.join(_MEMBERS)}.")
    try:
        return _MEMBERS[name].run_validation(value)
    except ValidationError as error:
        complaint: Any = error.detail
        while not isinstance(complaint, str):
            complaint = next(iter(complaint.values() if isinstance(complaint, Mapping) else complaint))
        raise _wrong(f"'{name}': {complaint}") from error


def check_url(url: str, *, allows_http: bool) -> None:
    """Raises InvalidField."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong("'url' is malformed.") from error
    if parts.scheme != "https" and not (allows_http and parts.scheme == "http"):
        raise _wrong("'url' begins with https://.")
    if not parts.hostname or port == 0 or "@" in parts.netloc or "{" in parts.netloc or parts.fragment:
        raise _wrong("'url' needs a host, and has no user name, no fragment and no placeholder in the host.")
    if not url.isascii() or " " in url or "\\" in url:
        raise _wrong("'url' has characters that URLs may not have.")


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _FORBIDDEN_HEADERS:
            raise _wrong(f"'{name[:40]}' cannot be set as a header.")
        if not value.isascii() or not value.isprintable() or "{text}" in value:
            raise _wrong(f"the header '{name[:40]}' is ASCII on one line, without {{text}}.")


def _used(shape: Shape) -> Iterator[str]:
    """The names of all placeholders."""
    for text in (shape.url, *shape.headers.values(), *shape.query.values(), *shape.form.values(), *_leaves(shape.json)):
        yield from _PLACEHOLDER.findall(text)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each)


def _fill(text: str, values: Mapping[str, str], *, quoted: bool = False) -> str:
    def value(match: re.Match[str]) -> str:
        return quote(values[match[1]], safe="") if quoted else values[match[1]]

    return _PLACEHOLDER.sub(value, text)


def _fill_all(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: _fill(text, values) for name, text in texts.items()}


def _fill_json(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _fill(value, values)
    if isinstance(value, Mapping):
        return {name: _fill_json(each, values) for name, each in value.items()}
    return [_fill_json(each, values) for each in value] if isinstance(value, list) else value


def _one_line(value: str) -> str:
    return "".join(ch for ch in value if ch.isprintable()).strip()


def _wrong(reason: str) -> InvalidField:
    return InvalidField(field="options", reason=reason)
