"""Anymail's backends, made from a route row: which there are, what may be set, and how they reach the network.

Everything is passed to the constructor; no setting of the project is needed or changed.
"""

import json
import pkgutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anymail.backends
import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from django.utils.module_loading import import_string

from notifications.delivery.transports.guarded_requests import PublicAdapter
from notifications.delivery.transports.route import Route, Timeouts
from notifications.networks import leads_inside
from tenants.errors import InvalidField

_NO_SERVICES = frozenset({"base", "base_requests", "console", "test"})
# What Anymail offers besides is left out on purpose: dotted paths of code, dumps of requests with their keys, switches
# that hide refusals.
_OPTIONS = frozenset(
    {
        "api_key",
        "api_token",
        "secret_key",
        "server_token",
        "sender_domain",
        "api_url",
        "region",
        "project_id",
        "subaccount",
        "sandbox_id",
        "message_stream",
        "configuration_set_name",
        "message_tag_name",
        "client_params",
    }
)
_AWS_KEYS = frozenset({"aws_access_key_id", "aws_secret_access_key"})
_AWS_OPTIONS = _AWS_KEYS | {"aws_session_token", "region_name", "endpoint_url"}
#: Of a service's answer. None needs a tenth of it.
_ANSWER_LIMIT = 1024 * 1024


def services() -> list[str]:
    """The names that ``MailServer.service`` may have, sorted: every service this Anymail knows."""
    return sorted({module.name for module in pkgutil.iter_modules(anymail.backends.__path__)} - _NO_SERVICES)


def check_service(service: str, arguments: Mapping[str, Any]) -> None:
    """Judges a row's service and the names of its arguments, options and credentials alike. Raises InvalidField."""
    if service not in services() and service != "test":
        raise InvalidField(field="service", reason=f"'{service}' is none of: {', '.join(services())}.")
    unknown = set(arguments) - _OPTIONS
    if unknown:
        raise InvalidField(field="options", reason=f"'{min(unknown)}' cannot be set.")
    if not _is_url(arguments.get("api_url", "https://default")):
        raise InvalidField(field="options", reason="api_url is not the address of a service.")
    client_params = arguments.get("client_params", {})
    if not isinstance(client_params, Mapping) or set(client_params) - _AWS_OPTIONS:
        raise InvalidField(field="options", reason=f"client_params may hold {', '.join(sorted(_AWS_OPTIONS))}.")


def check_place(service: str, arguments: Mapping[str, Any]) -> None:
    """Judges where a tenant's route would connect to. Raises InvalidField.

    The host's addresses are judged at save and again by the connection (``guarded_requests``).
    """
    url = urlsplit(str(arguments.get("api_url", "")))
    if "api_url" in arguments and (url.scheme != "https" or url.username or leads_inside(url.hostname or "")):
        raise InvalidField(field="options", reason="api_url must be https and on the public internet.")
    params = arguments.get("client_params", {})
    if isinstance(params, Mapping) and "endpoint_url" in params:
        # Amazon's client has a network stack of its own, which nobody guards.
        raise InvalidField(field="options", reason="endpoint_url is for the platform's own routes.")


def open_backend(route: Route, timeouts: Timeouts) -> Any:
    """The service's backend, ready to send. The caller closes it.

    Raises InvalidField and AnymailConfigurationError for what is wrong with the row, SealBroken, and BotoCoreError
    for what Amazon's client finds wrong.
    """
    credentials = json.loads(route.credentials.reveal()) if route.credentials else {}
    if not isinstance(credentials, dict):
        raise InvalidField(field="credentials", reason="a JSON object is needed.")
    arguments = _merged(route.options, credentials)
    check_service(route.service, arguments)
    if route.public_only:
        check_place(route.service, arguments)
    backend_class = import_string(f"anymail.backends.{route.service}.EmailBackend")
    if route.service == "amazon_ses":
        arguments["client_params"] = _aws_params(arguments.get("client_params", {}), route, timeouts)
    if issubclass(backend_class, AnymailRequestsBackend):
        arguments["timeout"] = (timeouts.connect_s, timeouts.command_s)
    backend = backend_class(**arguments)
    backend.open()
    if isinstance(backend, AnymailRequestsBackend):
        # A redirect would carry the service's keys to whom it names.
        backend.session.max_redirects = 0
        if route.public_only:
            backend.session.mount("https://", PublicAdapter())
            # A proxy would look up the name that the tenant chose, and connect behind our back.
            backend.session.trust_env = backend.session.trust_env and "api_url" not in arguments
        backend.session.hooks["response"].append(_read_bounded)
    return backend


def _is_url(value: Any) -> bool:
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _merged(options: Mapping[str, Any], credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Options under credentials; where both have a mapping (client_params) it has the entries of both."""
    return {
        **options,
        **{
            name: {**options[name], **value}
            if isinstance(value, dict) and isinstance(options.get(name), dict)
            else value
            for name, value in credentials.items()
        },
    }


def _aws_params(given: Mapping[str, Any], route: Route, timeouts: Timeouts) -> dict[str, Any]:
    if not route.is_platform and not set(given) >= _AWS_KEYS:
        # Amazon's client would look for keys on this machine, and a tenant would send on the platform's account.
        raise InvalidField(
            field="credentials", reason="client_params needs aws_access_key_id and aws_secret_access_key."
        )
    # Its own retries would send again what may have been accepted.
    config = {
        "connect_timeout": timeouts.connect_s,
        "read_timeout": timeouts.command_s,
        "retries": {"total_max_attempts": 1},
    }
    return {**given, "config": config}


def _read_bounded(response: requests.Response, **_: Any) -> requests.Response:
    """Reads the body where ``requests`` would read one of any size."""
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > _ANSWER_LIMIT:
            response.close()
            raise requests.exceptions.ContentDecodingError("the answer is too long")
    # There is no public way to say "this is the content"; requests 2.x itself sets the same attribute.
    response._content = bytes(body)
    return response
