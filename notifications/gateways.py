"""What a gateway for SMS must have, by its kind, before it is stored. Asked by ``servers``, and again by workers."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from notifications import sms_shape
from notifications.models import MailServer
from notifications.models.route import Protocol, ServerKind
from tenants.errors import InvalidField

CAPTURES_IN_DEBUG = "it captures SMS instead of sending them, so it is there only while DEBUG is on"
TWILIO_MISSING = "the package 'twilio' is not installed; install it (pip install 'twilio>=9') where the workers run"


class Place(NamedTuple):
    """Whom a gateway or a mail server shows its secrets to, and which."""

    shown_to: tuple[str, ...]
    password: str | None
    credentials: str | None


def check(gateway: MailServer) -> None:
    """Raises InvalidField."""
    if not gateway.from_address.isprintable():
        raise InvalidField(field="from_address", reason="the sender is a number or a name on one line")
    match gateway.kind:
        case ServerKind.CAPTURE:
            if not settings.DEBUG:
                raise InvalidField(field="kind", reason=CAPTURES_IN_DEBUG)
        case ServerKind.TWILIO:
            _check_twilio(gateway)
            check_api_url(gateway.options, is_platform=gateway.tenant_id is None)
        case ServerKind.HTTP:
            sms_shape.parse(gateway.options, allows_http=is_trusted(is_platform=gateway.tenant_id is None))


def is_trusted(*, is_platform: bool) -> bool:
    """May it use plain http and addresses inside our own network? Tenants may not reach behind our walls."""
    return is_platform or settings.ALLOW_PRIVATE_SERVERS


def check_api_url(options: Mapping[str, Any], *, is_platform: bool) -> None:
    """The address of a service that speaks like Twilio, where one is named. Raises InvalidField."""
    if url := options.get("api_url"):
        sms_shape.check_url(str(url), allows_http=is_trusted(is_platform=is_platform))


def place_of(gateway: MailServer) -> Place:
    url = str(gateway.options.get("url") or gateway.options.get("api_url") or "")
    # An account is part of how a gateway is addressed; at a mail server any account's password goes to the same host.
    account = gateway.username if gateway.protocol == Protocol.SMS else ""
    password, credentials = gateway.password, gateway.credentials
    return Place(
        shown_to=(gateway.kind, urlsplit(url).netloc.lower(), gateway.service, gateway.host.lower(), account),
        password=password.token if password else None,
        credentials=credentials.token if credentials else None,
    )


def check_move(before: Place, gateway: MailServer) -> None:
    """Whoever may edit a row could otherwise have its secrets sent to a host of their own. Raises InvalidField."""
    after = place_of(gateway)
    if after.shown_to == before.shown_to:
        return
    for name, kept in (("password", before.password), ("credentials", before.credentials)):
        if kept is not None and getattr(after, name) == kept:
            raise InvalidField(field=name, reason="the address or the account changed; enter the secret again")


def _check_twilio(gateway: MailServer) -> None:
    if find_spec("twilio") is None:
        raise InvalidField(field="kind", reason=TWILIO_MISSING)
    if not gateway.username.startswith(("AC", "SK")):
        raise InvalidField(field="username", reason="this is the account SID (AC…) or an API key's SID (SK…)")
    if gateway.username.startswith("SK") and not str(gateway.options.get("account_sid", "")).startswith("AC"):
        raise InvalidField(field="options", reason='an API key needs {"account_sid": "AC…"}')
    if not gateway.from_address:
        raise InvalidField(field="from_address", reason="a number, a sender name or a messaging service (MG…)")
