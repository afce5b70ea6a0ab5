"""SendEmail in our words (tencent.md 3). Pure.

Oddities of the contract:

- ``ReplyToAddresses``, ``Unsubscribe``, ``SmtpHeaders`` and ``TemplateData`` are text: one address, a number, and two
  JSON objects.
- Everybody in ``Destination`` sees everybody; with an offer to unsubscribe each gets a mail of their own. Without a
  ``Destination``, ``Cc`` stands in To; ``Bcc`` alone gets a mail for each, or they would see one another.
- ``TriggerType`` is 0 when it is absent: marketing, which yields to other mail and which people can leave. 1 is mail
  that somebody waits for; a large one lets the rest pass all the same.
- With a ``Template``, ``Simple`` counts for nothing. ``Subject`` may name the template's variables, as ``{{name}}``.
- ``HeaderFrom`` is what the mail shows; ``FromEmailAddress`` is then only where it returns to.

The order of checks, which the vendor does not publish: template, sender, recipients, reply address, headers,
unsubscribe link, files, content. What the house checks follows (``submit``): own content allowed, sender verified,
names of files, variables, quota; at the very end, whether there is anybody who may get it.
"""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifications.addresses import normalise
from notifications.contracts import DEFAULT_CATEGORY, Address, Lane, SendRequest, TemplateChoice
from notifications.facades.tencent import send_parts
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.parameters import ListOf, Record, Text, Whole
from notifications.facades.tencent.send_parts import (
    check_subject,
    filled_subject,
    parse_files,
    parse_headers,
    parse_message_id,
    parse_recipients,
    parse_reply_to,
    parse_sender,
    parse_simple,
    parse_unsubscribe,
    parse_variables,
)

PARAMETERS = Record(
    {
        "FromEmailAddress": Text(),
        "Subject": Text(),
        "Destination": ListOf(Text()),
        "Cc": ListOf(Text()),
        "Bcc": ListOf(Text()),
        "ReplyToAddresses": Text(),
        "Template": send_parts.TEMPLATE,
        "Simple": send_parts.SIMPLE,
        "Attachments": send_parts.ATTACHMENTS,
        "Unsubscribe": Text(),
        "TriggerType": Whole(maximum=1),
        "SmtpMessageId": Text(),
        "SmtpHeaders": Text(),
        "HeaderFrom": Text(),
    },
    required=["FromEmailAddress", "Subject"],
)
MAX_TO, MAX_COPIES = 50, 20
#: Bytes of texts and files from which mail is large, whatever its trigger.
LARGE = 1024 * 1024
_ALPHABET = string.ascii_letters + string.digits
#: In which the vendor writes the time into its ids.
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class _Everybody:
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    is_separate: bool = False


def parse_send(params: dict[str, Any], template: TemplateChoice | None, *, message_id: str) -> SendRequest:
    """The call, translated. ``template``: the one that ``params`` names, without a subject. Raises TencentError."""
    envelope_from = parse_sender(params["FromEmailAddress"])
    shown_from = _shown_from(params, envelope_from)
    everybody = _everybody(params)
    reply_to = parse_reply_to(params.get("ReplyToAddresses", ""))
    headers = parse_headers(params.get("SmtpHeaders", ""))
    rfc_message_id = parse_message_id(params.get("SmtpMessageId", ""))
    unsubscribe = parse_unsubscribe(params.get("Unsubscribe", ""))
    if unsubscribe and any(name.lower().startswith("list-unsubscribe") for name in headers):
        # There can be one only, and ours is signed.
        raise TencentError("InvalidParameterValue", parameter="SmtpHeaders")
    files = parse_files(params.get("Attachments", ()))
    is_trigger = params.get("TriggerType") == 1
    return SendRequest(
        facade="tencent",
        recipients=everybody.to,
        cc=everybody.cc,
        bcc=everybody.bcc,
        is_separate=everybody.is_separate,
        sender=shown_from or envelope_from,
        envelope_from=envelope_from.email if shown_from else None,
        rfc_message_id=rfc_message_id,
        reply_to=reply_to,
        headers=headers,
        files=files,
        **_content(params, template),
        lane=Lane.URGENT if is_trigger and not _is_large(params, len(files)) else Lane.BULK,
        category="" if is_trigger else DEFAULT_CATEGORY,
        unsubscribe=unsubscribe,
        out_id=message_id,
    )


def new_message_id(tenant_id: int, *, now: datetime) -> str:
    """In the vendor's form, one per call: ``qcloudses-30-<account>-date-<time>-<random>1``."""
    token = "".join(secrets.choice(_ALPHABET) for _ in range(11))
    return f"qcloudses-30-{tenant_id}-date-{now.astimezone(_ZONE):%Y%m%d%H%M%S}-{token}1"


def _shown_from(params: dict[str, Any], envelope_from: Address) -> Address | None:
    if not params.get("HeaderFrom", "").strip():
        return None
    shown = parse_sender(params["HeaderFrom"])
    if shown.email.rpartition("@")[2] != envelope_from.email.rpartition("@")[2]:
        raise TencentError("InvalidParameterValue.InvalidEmailIdentity")
    return shown


def _everybody(params: dict[str, Any]) -> _Everybody:
    written = [params.get(name, []) for name in ("Destination", "Cc", "Bcc")]
    if not any(written):
        raise TencentError("InvalidParameterValue.EmailAddressIsNULL")
    if any(len(each) > limit for each, limit in zip(written, (MAX_TO, MAX_COPIES, MAX_COPIES), strict=True)):
        raise TencentError("FailedOperation.TooManyRecipients")
    to, cc, bcc = map(parse_recipients, written)
    if _mailboxes(to) & _mailboxes(bcc):
        raise TencentError("InvalidParameterValue", parameter="Bcc")
    if to:
        return _Everybody(to, cc, bcc)
    return _Everybody(cc, (), bcc) if cc else _Everybody(bcc, (), (), is_separate=True)


def _mailboxes(addresses: Sequence[Address]) -> set[str]:
    return {normalise(address.email) for address in addresses}


def _content(params: dict[str, Any], template: TemplateChoice | None) -> dict[str, Any]:
    subject = params["Subject"]
    if template is not None:
        variables = parse_variables(params["Template"]["TemplateData"])
        choice = TemplateChoice(template.language, code=template.code, subject=filled_subject(subject, variables))
        return {"template": choice, "params": variables}
    if not params.get("Simple"):
        raise TencentError("FailedOperation.MissingEmailContent")
    if not subject.strip():
        raise TencentError("InvalidParameterValue", parameter="Subject")
    return {"content": parse_simple(check_subject(subject), params["Simple"])}


def _is_large(params: dict[str, Any], file_count: int) -> bool:
    # As it was sent, in base64: a rough measure is enough for whose turn it is.
    texts = [*params.get("Simple", {}).values(), *(each.get("Content", "") for each in params.get("Attachments", ()))]
    return sum(map(len, texts)) > LARGE
