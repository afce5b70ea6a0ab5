"""The WORKS mail API of version 1.0 ("API 2.0") in our words: ``POST /users/{userId}/mail`` and its folders. Pure.

Source: spec/seeds/works_mail.txt, spec/works.md. Oddities: several addresses are one string, parted by ``;`` (some
clients write ``,``); a subject is cut at 180 characters without a word; Base64 has blanks in it, the vendor's own
example too; a body may be empty; there is no ``from``, the user of the path is the sender and ``userName`` only how it
is shown; members that nobody knows are ignored, as its clients expect.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from notifications import addresses
from notifications.contracts import Address, Content, FileIn, SendRequest
from notifications.errors import TooManyRecipients
from notifications.facades.refusals import BodyUnreadable
from notifications.mailboxes import Folder, Outgoing
from tenants.directory import Mailbox
from tenants.errors import InvalidField

MAX_SUBJECT = 180
MAX_FILE_NAME = 250
#: Of To, Cc and Bcc together; ours, the vendor names none.
MAX_RECIPIENTS = 500
_MAX_USER_NAME = 200
_OCTETS = "application/octet-stream"
#: An empty body becomes a line end in a message anyway.
NO_BODY = "\n"
_BETWEEN_ADDRESSES = re.compile(r"[;,]")
_LINE_BREAK = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
#: RFC 2156 knows three words; mail that is nothing special has none.
_SENSITIVITY = {
    "General": None,
    "Restricted": "Private",
    "Confidential": "Company-Confidential",
    "Non-business": "Personal",
}
SECURITY_LEVELS = tuple(_SENSITIVITY)


def parse_send(data: Any, owner: Mailbox, *, key_id: int | None) -> Outgoing:
    """One send of ``owner``. Raises BodyUnreadable, InvalidField, TooManyRecipients."""
    if not isinstance(data, Mapping):
        raise BodyUnreadable(reason="an object is expected.")
    to, cc, bcc = (_recipients(data, name, is_required=name == "to") for name in ("to", "cc", "bcc"))
    if len(to) + len(cc) + len(bcc) > MAX_RECIPIENTS:
        raise TooManyRecipients(limit=MAX_RECIPIENTS)
    security = _choice(data, "securityLevel", _SENSITIVITY, default=SECURITY_LEVELS[0])
    is_separate = _flag(data, "isSendSeparately", default=False)
    kept = {Folder.SENT: "isSaveSentMail", Folder.TRACKING: "isSaveTracking"}
    folders = frozenset(folder for folder, name in kept.items() if _flag(data, name, default=True))
    request = SendRequest(
        facade="works",
        # Each sees only itself, whichever of the three it was named in.
        recipients=_unique([*to, *cc, *bcc]) if is_separate else to,
        cc=() if is_separate else cc,
        bcc=() if is_separate else bcc,
        content=_content(data),
        sender=Address(owner.email, _line(data, "userName", at_most=_MAX_USER_NAME) or owner.name),
        headers={"Sensitivity": sensitivity} if (sensitivity := _SENSITIVITY[security]) else {},
        files=_files(data),
        is_separate=is_separate,
        user_id=owner.user_id,
        key_id=key_id,
        options={
            "securityLevel": security,
            "isSendSeparately": is_separate,
            **{name: folder in folders for folder, name in kept.items()},
        },
    )
    return Outgoing(request, to=_emails(to), cc=_emails(cc), folders=folders)


def _recipients(data: Mapping[str, Any], name: str, *, is_required: bool) -> tuple[Address, ...]:
    texts = [text.strip() for text in _BETWEEN_ADDRESSES.split(_text(data, name) or "")]
    found = _unique([addresses.parse(text, field=name) for text in texts if text])
    if is_required and not found:
        raise InvalidField(field=name, reason="at least one address is required.")
    return found


def _unique(found: Sequence[Address]) -> tuple[Address, ...]:
    """Each mailbox once, as it was written first."""
    first: dict[str, Address] = {}
    for address in found:
        first.setdefault(addresses.normalise(address.email), address)
    return tuple(first.values())


def _emails(found: Sequence[Address]) -> tuple[str, ...]:
    return tuple(address.email for address in found)


def _content(data: Mapping[str, Any]) -> Content:
    subject = _line(data, "subject")
    if not subject:
        raise InvalidField(field="subject", reason="it is required.")
    kind = _choice(data, "contentType", ("html", "text"), default="html")
    body = _text(data, "body") or NO_BODY
    return Content(subject[:MAX_SUBJECT], **{kind: body})


def _files(data: Mapping[str, Any]) -> tuple[FileIn, ...]:
    items = data.get("attachments")
    if items is None:
        return ()
    if not isinstance(items, list):
        raise InvalidField(field="attachments", reason="an array is expected.")
    return tuple(_file(item, f"attachments[{number}]") for number, item in enumerate(items))


def _file(item: Any, path: str) -> FileIn:
    if not isinstance(item, Mapping):
        raise InvalidField(field=path, reason="an object is expected.")
    name = _line(item, "filename", path=path, at_most=MAX_FILE_NAME)
    if not name:
        raise InvalidField(field=f"{path}.filename", reason="it is required.")
    content_id = _text(item, "cid", path=path)
    is_inline = _flag(item, "inline", default=False, path=path)
    if is_inline and not content_id:
        raise InvalidField(field=f"{path}.cid", reason="an inline image needs one.")
    # What follows the type, as "; charset=utf-8", says nothing about bytes that are sent as they are.
    kind = (_text(item, "fileType", path=path) or _OCTETS).partition(";")[0].strip()
    return FileIn(name, _decoded(item, path), kind, content_id if is_inline else None)


def _decoded(item: Mapping[str, Any], path: str) -> bytes:
    text = _text(item, "data", path=path)
    if not text:
        raise InvalidField(field=f"{path}.data", reason="it is required.")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidField(field=f"{path}.data", reason="this is not Base64.") from error


def _text(data: Mapping[str, Any], name: str, *, path: str = "") -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidField(field=_named(path, name), reason="a string is expected.")
    return value


def _line(data: Mapping[str, Any], name: str, *, path: str = "", at_most: int | None = None) -> str | None:
    """Text that ends up in a header, where a line break would start another."""
    text = _text(data, name, path=path)
    if text and _LINE_BREAK.search(text):
        raise InvalidField(field=_named(path, name), reason="line breaks are not allowed.")
    if text and at_most is not None and len(text) > at_most:
        raise InvalidField(field=_named(path, name), reason=f"at most {at_most} characters are allowed.")
    return text


def _flag(data: Mapping[str, Any], name: str, *, default: bool, path: str = "") -> bool:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InvalidField(field=_named(path, name), reason="true or false is expected.")
    return value


def _choice(data: Mapping[str, Any], name: str, choices: Sequence[str] | Mapping[str, Any], *, default: str) -> str:
    value = _text(data, name)
    if value is None:
        return default
    if value not in choices:
        raise InvalidField(field=name, reason=f"one of {', '.join(choices)} is expected.")
    return value


def _named(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
