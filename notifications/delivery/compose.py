"""From a stored message to what a transport sends: rendered texts, sender, recipients still to be reached, ways out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from django.conf import settings

from notifications import routing, unsubscribe, verification
from notifications.contracts import Address, Channel, FileIn
from notifications.delivery import dkim
from notifications.delivery.recipients import FINAL
from notifications.errors import SenderMissing
from notifications.models import MailServer, Message
from notifications.parcel import Composed
from notifications.unsubscribe import Subscription
from templates_app import render
from tenants.identities import DomainKey
from tenants.sealed import unseal_json


@dataclass(frozen=True, slots=True)
class Preview:
    subject: str
    html: str | None
    text: str | None


def compose(
    message: Message,
    server: MailServer,
    files: tuple[FileIn, ...] = (),
    *,
    keys: Mapping[tuple[int, str], DomainKey] = MappingProxyType({}),
) -> Composed:
    """The message as ``server`` would send it, signed where ``keys`` (by tenant and domain) have its sender's.

    ``message.submission`` is loaded already.

    Raises SenderMissing, RenderFailed, SealBroken: this message cannot be sent this way, others may.
    """
    submission = message.submission
    content = _render(message, unseal_json(message.secrets) if message.secrets else {})
    if message.channel == Channel.SMS:
        return _compose_sms(message, server, content.text or "")
    sender = _sender(message, server)
    own_headers: dict[str, str] = {}
    if submission.unsubscribe_footer is not None:
        url = _unsubscribe_link(message)
        content = _with_footer(content, url, submission.unsubscribe_footer)
        own_headers = unsubscribe.header_fields(url)
    return Composed(
        message_id=message.pk,
        rfc_message_id=_rfc_message_id(message),
        mail_from=submission.envelope_from or sender.email,
        rcpt_to=remaining_recipients(message),
        sender=sender,
        to=_named(message, message.to),
        cc=_named(message, message.cc),
        bcc=_named(message, message.bcc),
        subject=routing.prefixed(content.subject, server.subject_prefix),
        html=content.html,
        text=content.text,
        reply_to=tuple(Address(address) for address in submission.reply_to),
        headers=_without(submission.headers, own_headers),
        own_headers=own_headers,
        files=files,
        tag=message.biz_key or message.template_code or "",
        sign=_signer(keys.get((message.tenant_id, sender.email.rpartition("@")[2].lower()))),
    )


def preview(message: Message) -> Preview:
    """What the recipient read or will read, with secrets masked; for the operators' page. Raises RenderFailed."""
    content = _render(message, {verification.VARIABLE: verification.MASK} if message.is_code else {})
    return _with_footer(content, unsubscribe.masked_link(), message.submission.unsubscribe_footer or "")


def _compose_sms(message: Message, server: MailServer, text: str) -> Composed:
    return Composed(
        message_id=message.pk,
        rfc_message_id=_rfc_message_id(message),
        mail_from="",
        rcpt_to=remaining_recipients(message),
        sender=Address(server.from_address),
        to=_named(message, message.to),
        subject="",
        html=None,
        text=text.strip(),
    )


def remaining_recipients(message: Message) -> tuple[str, ...]:
    """Those of To, Cc and Bcc that no earlier attempt has settled for good, each once."""
    settled = {
        address for address, outcome in (message.recipient_outcomes or {}).items() if outcome["verdict"] in FINAL
    }
    everyone = dict.fromkeys([*message.to, *message.cc, *message.bcc])
    return tuple(address for address in everyone if address not in settled)


def _render(message: Message, secrets: dict[str, Any]) -> Preview:
    submission = message.submission
    if message.template_version_id is None:
        return Preview(subject=submission.subject, html=submission.html, text=submission.text)
    rendered = render.render(message.template_version_id, {**(message.params or {}), **secrets})
    subject = submission.subject or rendered.subject
    return Preview(subject=subject, html=rendered.html or None, text=rendered.text or None)


def _unsubscribe_link(message: Message) -> str:
    category, (address, *_) = message.submission.category, message.to
    return unsubscribe.link(Subscription(message.tenant_id, Channel(message.channel), category, address))


def _without(headers: Mapping[str, str], others: Mapping[str, str]) -> Mapping[str, str]:
    names = {name.lower() for name in others}
    return {name: value for name, value in headers.items() if name.lower() not in names} if names else headers


def _with_footer(content: Preview, url: str, language: str) -> Preview:
    """With the sentence about unsubscribing below both texts, where one is wanted."""
    if not language:
        return content
    html, text = content.html, content.text
    return Preview(
        subject=content.subject,
        html=None if html is None else unsubscribe.with_html_footer(html, url, language=language),
        text=None if text is None else unsubscribe.with_text_footer(text, url, language=language),
    )


def _sender(message: Message, server: MailServer) -> Address:
    submission = message.submission
    if submission.sender_address:
        return Address(submission.sender_address, submission.sender_name)
    sender = routing.default_sender(server)
    if sender is None:
        raise SenderMissing(server=server.name)
    return sender


def _signer(key: DomainKey | None) -> Callable[[bytes], bytes] | None:
    return partial(dkim.sign, key=key) if key else None


def _rfc_message_id(message: Message) -> str:
    return message.submission.rfc_message_id or f"<{message.pk}@{settings.MESSAGE_ID_DOMAIN}>"


def _named(message: Message, addresses: Iterable[str]) -> tuple[Address, ...]:
    names = message.names or {}
    return tuple(Address(address, names.get(address, "")) for address in addresses)
