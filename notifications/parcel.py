"""What travels between compose, the transports and settle: a composed message in, an outcome out. Frozen and pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from notifications.contracts import Address, FileIn
from notifications.states import Verdict


@dataclass(frozen=True, slots=True)
class Composed:
    """One message ready for any transport: the envelope (``mail_from``, ``rcpt_to``) and what is written in it.

    All addresses are validated and already in the form that goes on the wire (A-labels for domains). ``rcpt_to`` holds
    only recipients still to be reached: those that an earlier attempt delivered to are in ``to``/``cc`` but not here.
    """

    message_id: int
    #: The Message-ID header with its angle brackets; the same over all attempts.
    rfc_message_id: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    sender: Address
    to: tuple[Address, ...]
    subject: str
    html: str | None
    text: str | None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Headers of this message alone, where ``headers`` are those of all messages of a call. They win.
    own_headers: Mapping[str, str] = field(default_factory=dict)
    files: tuple[FileIn, ...] = ()
    #: A label for the statistics of e-mail services, such as the business key; empty: none.
    tag: str = ""
    #: What the finished bytes go through last, in the name of the sender's domain; None: nobody signs for it.
    sign: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    verdict: Verdict
    #: SMTP or HTTP status, None when there was no reply.
    code: int | None
    #: The server's own words, for a human.
    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt at one message came to. ``verdict`` speaks for the whole message."""

    message_id: int
    verdict: Verdict
    code: int | None = None
    words: str = ""
    #: Only the recipients whose outcome differs from ``verdict``; empty when all fared alike.
    recipients: Mapping[str, RecipientOutcome] = field(default_factory=dict)
    #: The provider's id of the message, where it gave one.
    provider_id: str = ""
    #: How long the server asked us to wait, where it did.
    retry_after: timedelta | None = None
    #: False: nothing was tried (no route, route failed before this message), so no attempt is counted.
    is_attempt: bool = True
    #: The route itself is at fault (connection, authentication): the rest of the batch need not try it.
    is_route_failure: bool = False
    duration_ms: int = 0
    #: The operators' hold that keeps the message back.
    hold_id: int | None = None
