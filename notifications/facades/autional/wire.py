"""Autional's words for sending, and ours; pure (autional.md 5-7).

Oddities of the contract:

- The answer to a mail is one log, though ``to`` is a list: one message, whose ``recipient`` is the first, masked.
- ``subject`` is required even beside a template, and then replaces the template's own; ``template`` beats ``content``.
- ``content`` is required in bulk, even beside a template; there ``subject`` is not, and a mail without one goes under
  the tenant's name. Bulk has no ``is_html``: content that begins with a tag is HTML.
- ``send_at`` in the past means now. ``cancel_key`` is a label that a cancel call may repeat, nothing more.
- Clients of either published revision are served: ``cancel_key`` is the older one's, ``list_unsubscribe`` and
  ``purpose`` are the newer one's. Without ``list_unsubscribe`` mail is transactional.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from notifications import addresses, phones
from notifications.contracts import Address, Channel, Content, Lane, SendRequest, TemplateChoice, UnsubscribeOffer
from notifications.errors import RecipientsMissing, TooManyRecipients
from notifications.facades.autional.callers import sending_user_id
from notifications.facades.autional.members import Members
from tenants.auth import Principal
from tenants.errors import InvalidField

FACADE = "autional"
#: Of one mail, To, Cc and Bcc together.
MAX_SHARED = 500
MAX_BULK = 100_000
_MAX_LABEL = 80
_MAX_SUBJECT = 998
_BEGINS_WITH_TAG = re.compile(r"\s*<[A-Za-z!]")


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient of a bulk call that is no address: told in its place, and nobody else's matter."""

    written: str
    why: str


@dataclass(frozen=True, slots=True)
class Bulk:
    request: SendRequest
    #: Everybody once, in the caller's order.
    entries: tuple[Address | Refused, ...]


def parse_email(data: Any, principal: Principal, now: datetime) -> SendRequest:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable, RecipientsMissing, TooManyRecipients."""
    body = Members(data)
    to, cc, bcc = (_mailboxes(body, name) for name in ("to", "cc", "bcc"))
    if not to:
        raise RecipientsMissing
    if len(to) + len(cc) + len(bcc) > MAX_SHARED:
        raise TooManyRecipients(limit=MAX_SHARED)
    subject = body.line("subject", is_required=True, at_most=_MAX_SUBJECT)
    text = body.text("content")
    is_html = bool(body.flag("is_html"))
    template = _template(body, principal, subject)
    return SendRequest(
        facade=FACADE,
        recipients=to,
        cc=cc,
        bcc=bcc,
        template=template,
        content=None if template else _content(subject, text, is_html=is_html),
        is_separate=False,
        unsubscribe=UnsubscribeOffer() if body.flag("list_unsubscribe") else None,
        due_at=_due_at(body, now),
        cancel_key=body.line("cancel_key", at_most=_MAX_LABEL) or None,
        **_common(body, principal),
    )


def parse_sms(data: Any, principal: Principal, now: datetime) -> SendRequest:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = Members(data)
    number = _number(body.line("phone", is_required=True), field="phone")
    template = _template(body, principal)
    return SendRequest(
        facade=FACADE,
        channel=Channel.SMS,
        recipients=(number,),
        template=template,
        content=None if template else Content("", text=body.text("content")),
        due_at=_due_at(body, now),
        cancel_key=body.line("cancel_key", at_most=_MAX_LABEL) or None,
        **_common(body, principal),
    )


def parse_bulk(data: Any, principal: Principal) -> Bulk:
    """Raises InvalidField, FieldUnparsable, BodyUnreadable, RecipientsMissing, TooManyRecipients."""
    body = Members(data)
    channel = Channel(body.choice("channel", tuple(Channel), is_required=True))
    text = body.text("content", is_required=True)
    written = body.texts("recipients")
    if not written:
        raise RecipientsMissing
    if len(written) > MAX_BULK:
        raise TooManyRecipients(limit=MAX_BULK)
    entries = _entries(written, channel)
    recipients = tuple(entry for entry in entries if isinstance(entry, Address))
    if not recipients:
        raise InvalidField(field="recipients", reason=entries[0].why)  # type: ignore[union-attr]
    subject = "" if channel is Channel.SMS else body.line("subject", at_most=_MAX_SUBJECT)
    template = _template(body, principal, subject)
    if template is not None:
        content = None
    elif channel is Channel.SMS:
        content = Content("", text=text)
    else:
        is_html = _BEGINS_WITH_TAG.match(text) is not None
        content = _content(subject or principal.tenant.name, text, is_html=is_html)
    request = SendRequest(
        facade=FACADE,
        channel=channel,
        recipients=recipients,
        template=template,
        content=content,
        lane=Lane.BULK,
        **_common(body, principal),
    )
    return Bulk(request, entries)


def _common(body: Members, principal: Principal) -> dict[str, Any]:
    named = body.line("user_id", at_most=_MAX_LABEL)
    options = {"user_id": named, "purpose": body.line("purpose", at_most=_MAX_LABEL)}
    return {
        "params": body.variables("variables"),
        "user_id": sending_user_id(principal, named),
        "key_id": principal.key_id,
        "options": {name: value for name, value in options.items() if value},
    }


def _template(body: Members, principal: Principal, subject: str = "") -> TemplateChoice | None:
    code = body.line("template", at_most=_MAX_LABEL)
    return TemplateChoice(principal.tenant.default_language, code=code, subject=subject) if code else None


def _content(subject: str, text: str, *, is_html: bool) -> Content:
    return Content(subject, html=text if is_html else None, text=None if is_html else text)


def _due_at(body: Members, now: datetime) -> datetime | None:
    due_at = body.instant("send_at")
    return due_at if due_at is not None and due_at > now else None


def _mailboxes(body: Members, name: str) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(addresses.parse(text, field=name) for text in body.texts(name)))


def _number(text: str, *, field: str) -> Address:
    return phones.parse(text, default_region=settings.SMS_DEFAULT_REGION, field=field)


def _entries(written: list[str], channel: Channel) -> tuple[Address | Refused, ...]:
    parse = partial(_number if channel is Channel.SMS else addresses.parse, field="recipients")
    entries: dict[str, Address | Refused] = {}
    for text in written:
        try:
            address = parse(text)
            entries.setdefault(address.email, address)
        except InvalidField as error:
            entries.setdefault(text, Refused(text, str(error.params["reason"])))
    return tuple(entries.values())
