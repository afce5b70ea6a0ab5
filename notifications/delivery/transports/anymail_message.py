"""A composed message as Anymail takes it, without anything the service at hand could not express."""

from collections.abc import Sequence
from email.encoders import encode_base64
from email.mime.base import MIMEBase

from anymail.message import AnymailMessage

from notifications.contracts import Address, FileIn
from notifications.delivery.mime_headers import one_line
from notifications.delivery.mime_parts import content_id, content_type
from notifications.header_names import check_header
from notifications.parcel import Composed

#: Services that accept our Message-ID. Others set their own and refuse, ignore or charge for one of ours.
_KEEP_MESSAGE_ID = frozenset({"amazon_ses", "mailgun", "mandrill", "postmark", "sendgrid", "test"})
_NO_METADATA = frozenset({"mailersend", "postal"})


def to_anymail(composed: Composed, service: str) -> AnymailMessage:
    """Addressed to ``rcpt_to`` only: a service sends to whom it sees in the headers.

    Raises InvalidField for a header that may not be set.
    """
    to, cc, bcc = _still_due(composed)
    message = AnymailMessage(
        subject=one_line(composed.subject),
        from_email=_formatted(composed.sender),
        to=list(map(_formatted, to)),
        cc=list(map(_formatted, cc)),
        bcc=list(map(_formatted, bcc)),
        reply_to=[_formatted(each) for each in composed.reply_to],
        headers=_headers(composed, service),
    )
    if composed.html is None:
        message.body = composed.text or ""
    elif composed.text is None:
        message.body = composed.html
        message.content_subtype = "html"
    else:
        message.body = composed.text
        message.attach_alternative(composed.html, "text/html")
    for file in composed.files:
        message.attach(_attachment(file))
    if service not in _NO_METADATA:
        message.metadata = {"message_id": str(composed.message_id)}
    if composed.tag:
        message.tags = [composed.tag]
    return message


def addressed(composed: Composed) -> frozenset[str]:
    """Whom of ``rcpt_to`` the message goes to this time."""
    return frozenset(each.email for field in _still_due(composed) for each in field)


def _still_due(composed: Composed) -> tuple[Sequence[Address], Sequence[Address], Sequence[Address]]:
    """To, Cc and Bcc of those in ``rcpt_to``. Services want a To: the next best move up when none is left in it.

    Of hidden recipients only one may, because whoever shares the message with it would see it. The others wait.
    """
    due = set(composed.rcpt_to)
    to, cc, bcc = ([each for each in field if each.email in due] for field in (composed.to, composed.cc, composed.bcc))
    if to:
        return to, cc, bcc
    return (cc, [], bcc) if cc else (bcc[:1], [], [])


def _headers(composed: Composed, service: str) -> dict[str, str]:
    headers = {}
    for name, value in composed.headers.items():
        check_header(name)
        headers[name] = one_line(str(value))
    headers |= composed.own_headers
    if service in _KEEP_MESSAGE_ID:
        headers["Message-ID"] = composed.rfc_message_id
    if service == "postmark":
        # Without it Postmark replaces the Message-ID (postmarkapp.com/support/article/1072).
        headers["X-PM-KeepID"] = "true"
    return headers


def _formatted(address: Address) -> str:
    """For Anymail's parser, which takes names as they are but for quotes and backslashes."""
    name = one_line(address.name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{address.email}>' if name else address.email


def _attachment(file: FileIn) -> MIMEBase:
    part = MIMEBase(*_kind(file).split("/", 1))
    part.set_payload(file.data)
    encode_base64(part)
    cid = content_id(file)
    part.add_header("Content-Disposition", "inline" if cid else "attachment", filename=one_line(file.name))
    if cid:
        part.add_header("Content-ID", f"<{cid}>")
    return part


def _kind(file: FileIn) -> str:
    """Anymail decodes text files as UTF-8 and has no way out when they are not."""
    kind = content_type(file)
    if not kind.startswith("text/"):
        return kind
    try:
        file.data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return kind
