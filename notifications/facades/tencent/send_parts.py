"""Parts that the actions which send have in common: senders, recipients, contents, files, headers. Pure.

Each raises TencentError with the code that the vendor gives to that fault.
"""

import mimetypes
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from notifications import addresses
from notifications.addresses import normalise
from notifications.contracts import Address, Content, FileIn, UnsubscribeOffer
from notifications.facades.body import check_values, parse_json
from notifications.facades.refusals import BodyUnreadable
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.parameters import ListOf, Record, Text, Whole
from notifications.header_names import check_header
from tenants.errors import InvalidField

TEMPLATE = Record({"TemplateID": Whole(), "TemplateData": Text()}, required=["TemplateID", "TemplateData"])
SIMPLE = Record({"Html": Text(), "Text": Text()})
ATTACHMENTS = ListOf(Record({"FileName": Text(), "Content": Text(), "FileURL": Text()}, required=["FileName"]))

MAX_FILES, MAX_FILE_BYTES, MAX_FILE_NAME = 10, 4 * 1024 * 1024, 255
#: Characters of the JSON of variables: they are stored with every message.
MAX_VARIABLES = 65_535
MAX_SUBJECT, MAX_ALIAS, MAX_HEADERS, MAX_HEADER, MAX_MESSAGE_ID = 998, 200, 50, 2000, 250
#: By the seed's numbering; the vendor's Chinese site has 1 and 2 the other way round.
_LANGUAGES = ("en", "zh-CN", "zh-TW", "es", "fr", "de", "ja", "ko", "ar", "th", "id")
_FOOTERS = {str(number): language for number, language in enumerate(_LANGUAGES, 1)}
_NAMED = re.compile(r"([^<>: ][^<>:]*(?<! )) <([^<> ]+)>")
_MESSAGE_ID = re.compile(r"<?([!#-;=?A-Z\[\]^-~]+@[!#-;=?A-Z\[\]^-~]+)>?", re.ASCII)
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}", re.ASCII)
#: Only what Python itself knows, or a file's type would depend on the machine.
_TYPES = mimetypes.MimeTypes()


def parse_sender(text: str) -> Address:
    """``address`` or ``alias <address>``, with exactly one blank and no colon in the alias."""
    if not text.strip():
        raise TencentError("InvalidParameterValue.EmailAddressIsNULL")
    match = _NAMED.fullmatch(text)
    alias, written = match.groups() if match else ("", text)
    if len(alias) > MAX_ALIAS or not alias.isprintable():
        raise TencentError("FailedOperation.IncorrectSender")
    try:
        return Address(addresses.parse(written).email, alias)
    except InvalidField as error:
        raise TencentError(_what_is_wrong_with(written)) from error


def parse_recipients(written: Sequence[str]) -> tuple[Address, ...]:
    """In the order in which they are written, each mailbox once."""
    found: dict[str, Address] = {}
    for text in written:
        if not text.strip():
            raise TencentError("InvalidParameterValue.EmailAddressIsNULL")
        try:
            address = addresses.parse(text)
        except InvalidField as error:
            raise TencentError("InvalidParameterValue.ReceiverEmailInvalid") from error
        found.setdefault(normalise(address.email), address)
    return tuple(found.values())


def parse_reply_to(text: str) -> tuple[Address, ...]:
    """One address, or none where the text is empty."""
    if not text.strip():
        return ()
    try:
        return (addresses.parse(text),)
    except InvalidField as error:
        raise TencentError("FailedOperation.IncorrectEmail") from error


def parse_unsubscribe(text: str) -> UnsubscribeOffer | None:
    if text in ("", "0"):
        return None
    if text not in _FOOTERS:
        raise TencentError("InvalidParameterValue", parameter="Unsubscribe")
    return UnsubscribeOffer(footer_language=_FOOTERS[text])


def parse_simple(subject: str, simple: Mapping[str, str]) -> Content:
    """Texts in base64. With both, Text is the alternative of the HTML."""
    html, text = (_decode_text(simple[name]) if simple.get(name) else None for name in ("Html", "Text"))
    if html is None and text is None:
        raise TencentError("FailedOperation.MissingEmailContent")
    return Content(subject, html=html, text=text)


def parse_variables(text: str) -> dict[str, Any]:
    """TemplateData: the text of a JSON object. A null value is as good as none."""
    if len(text) > MAX_VARIABLES:
        raise TencentError("FailedOperation.EmailContentToolarge")
    try:
        value = parse_json(text.encode())
    except BodyUnreadable as error:
        raise TencentError("FailedOperation.WrongContentJson") from error
    if not isinstance(value, dict):
        raise TencentError("FailedOperation.WrongContentJson")
    return {name: item for name, item in value.items() if item is not None}


def filled_subject(subject: str, variables: Mapping[str, Any]) -> str:
    """With the values of those variables that it names and that are there; a subject is no template otherwise."""

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1])
        return str(found) if isinstance(found, str | int | float) else match[0]

    return check_subject(_VARIABLE.sub(value, subject))


def check_subject(subject: str) -> str:
    if len(subject) > MAX_SUBJECT:
        raise TencentError("InvalidParameterValue", parameter="Subject")
    return subject


def parse_files(items: Sequence[Mapping[str, str]]) -> tuple[FileIn, ...]:
    if len(items) > MAX_FILES:
        raise TencentError("FailedOperation.TooManyAttachments")
    files = tuple(map(_file, items))
    if sum(len(file.data) for file in files) > MAX_FILE_BYTES:
        raise TencentError("FailedOperation.AttachContentToolarge")
    return files


def parse_headers(text: str) -> dict[str, str]:
    """SmtpHeaders: the text of a JSON object, name → text."""
    if not text.strip():
        return {}
    try:
        headers = parse_json(text.encode())
        if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
            raise TencentError("InvalidParameterValue", parameter="SmtpHeaders")
        for name, value in headers.items():
            check_header(name)
            if not isinstance(value, str) or len(value) > MAX_HEADER or not value.isprintable():
                raise TencentError("InvalidParameterValue", parameter="SmtpHeaders")
    except (BodyUnreadable, InvalidField) as error:
        raise TencentError("InvalidParameterValue", parameter="SmtpHeaders") from error
    return headers


def parse_message_id(text: str) -> str | None:
    """``left@right``, with or without its angle brackets."""
    if not text.strip():
        return None
    match = _MESSAGE_ID.fullmatch(text.strip())
    if match is None or len(text) > MAX_MESSAGE_ID - 2:
        raise TencentError("InvalidParameterValue", parameter="SmtpMessageId")
    return f"<{match[1]}>"


def _what_is_wrong_with(address: str) -> str:
    _, at, domain = address.rpartition("@")
    if not at or " " in address or "<" in address:
        return "FailedOperation.IncorrectSender"
    try:
        addresses.parse_domain(domain)
    except InvalidField:
        return "InvalidParameterValue.InvalidEmailIdentity"
    return "FailedOperation.IncorrectSender"


def _decode_text(text: str) -> str:
    try:
        decoded = _decode(text).decode()
        check_values(decoded)
    except (ValueError, BodyUnreadable) as error:
        raise TencentError("InvalidParameterValue.EmailContentIsWrong") from error
    return decoded


def _file(item: Mapping[str, str]) -> FileIn:
    name = item["FileName"]
    if item.get("FileURL"):
        # The vendor names the parameter and does not offer it.
        raise TencentError("FailedOperation.FileURLNotExist")
    if not 1 <= len(name) <= MAX_FILE_NAME:
        raise TencentError("FailedOperation.InvalidAttachName")
    try:
        data = _decode(item["Content"])
    except (KeyError, ValueError) as error:
        raise TencentError("InvalidParameterValue.AttachContentIsWrong") from error
    content_type, encoding = _TYPES.guess_type(name)
    return FileIn(name, data, "application/octet-stream" if encoding or not content_type else content_type)


def _decode(text: str) -> bytes:
    """Base64, which mail programs break into lines. Raises ValueError."""
    return b64decode("".join(text.split()), validate=True)
