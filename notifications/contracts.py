"""The words everybody speaks: what a facade hands to ``submit``, and what it gets back. Frozen, pure, no Django.

Foreign spellings end in a facade's ``wire.py``; from here on there is one vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from tenants.audience import Audience


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Lane(IntEnum):
    """Lower leaves first. A lane is a class of urgency, never a tenant's rank."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class Address:
    #: For SMS: the telephone number in E.164.
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The caller's own words. At least one of ``html`` and ``text`` is given; an SMS is ``text`` alone."""

    subject: str
    html: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """By business key, or by template code where the caller names the template itself; one of them is given."""

    language: str
    biz_key: str | None = None
    code: str | None = None
    #: Replaces the template's subject when not empty.
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FileIn:
    name: str
    data: bytes
    content_type: str = "application/octet-stream"
    #: Content-ID without angle brackets, for inline images; None for an ordinary attachment.
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class FileAt:
    """A file that we are to fetch, at accept."""

    name: str
    url: str
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class CodeWish:
    """Ask for a verification code per recipient. ``validity`` None: what the template says."""

    validity: timedelta | None = None
    #: All recipients get the same one: ``code`` where the caller brings it.
    is_shared: bool = False
    code: str | None = None


#: The category of mail that offers to unsubscribe and names none.
DEFAULT_CATEGORY = "newsletter"


@dataclass(frozen=True, slots=True)
class UnsubscribeOffer:
    """Every message tells its recipient how to leave its category: List-Unsubscribe (RFC 2369) in one click (RFC 8058).

    So each recipient gets a message of its own, whatever ``is_separate`` says.
    """

    #: Of the sentence below the mail (BCP 47, for example "zh-CN"); None: headers only.
    footer_language: str | None = None


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One API call, translated. ``recipients`` are unique, in the caller's order; without any, ``audience`` counts."""

    facade: str
    recipients: tuple[Address, ...]
    template: TemplateChoice | None = None
    content: Content | None = None
    #: People of the tenant's directory, looked up when the request is accepted.
    audience: Audience | None = None
    channel: Channel = Channel.EMAIL
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    #: Variables for every recipient.
    params: Mapping[str, Any] = field(default_factory=dict)
    #: Variables per recipient, by address as written in ``recipients``; they win over ``params``.
    params_by_recipient: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sender: Address | None = None
    #: Where refused mail returns to, if that is not ``sender``: the envelope's MAIL FROM.
    envelope_from: str | None = None
    #: The caller's own Message-ID, in its angle brackets; None: each message gets one made of its id.
    rfc_message_id: str | None = None
    reply_to: tuple[Address, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    #: In the caller's order; those given by address are fetched before anything is stored.
    files: tuple[FileIn | FileAt, ...] = ()
    #: True: one message per recipient. False: one message with all of them in To, or several where they are too many.
    is_separate: bool = True
    #: Codes leave in the urgent lane whatever is said here.
    lane: Lane = Lane.NORMAL
    code: CodeWish | None = None
    #: What kind of mail it is, where people can leave one kind and keep another: "newsletter". Empty: transactional,
    #: which nothing stops but a suppression of the address as a whole.
    category: str = ""
    unsubscribe: UnsubscribeOffer | None = None
    #: Labels for the record where no template is chosen by them.
    biz_key: str | None = None
    language: str | None = None
    out_id: str | None = None
    #: Under which the caller may stop what still waits of this call and others.
    cancel_key: str | None = None
    #: Not before; None or past: at once.
    due_at: datetime | None = None
    #: Not after; a message still unsent then ends EXPIRED.
    expires_at: datetime | None = None
    #: The caller's user, as far as the credential or a trusted body says; -1 nobody in particular.
    user_id: int = -1
    key_id: int | None = None
    #: Facade-specific facts kept on the submission and never interpreted by the core.
    options: Mapping[str, Any] = field(default_factory=dict)


class SuppressionSource(StrEnum):
    """Why an address gets nothing."""

    MANUAL = "manual"
    IMPORT = "import"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is committed in PostgreSQL: one id per message, in the order of the recipients."""

    submission_id: int
    out_id: str
    message_ids: tuple[int, ...]
    #: Recipients that get nothing, by address as written in the request, Cc and Bcc too. They are on record as such.
    suppressed: Mapping[str, SuppressionSource] = field(default_factory=dict)
