"""One message as SMTP sees it: whom to ask for, the commands, the bytes, what became of each recipient. Pure."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from notifications.contracts import Address
from notifications.delivery import mime
from notifications.delivery.classify import queue_id, smtp_verdict, sum_up
from notifications.delivery.transports.smtp_client import Capabilities
from notifications.delivery.transports.smtp_replies import Reply
from notifications.parcel import Composed, Outcome, RecipientOutcome
from notifications.states import Verdict
from tenants.errors import DomainError, SealBroken

#: Ends a body; alone it is an empty one.
END = b".\r\n"
#: Commands written before their replies are read. More could fill both directions' buffers, and both sides would wait.
GROUP = 100

_NEWLINE = re.compile(rb"\r\n|\r|\n")
# Last line of defence; addresses are judged where they come in. Nothing here can end the command or the path.
_PATH = re.compile(r"[^\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]{1,254}")


class Step(Enum):
    RESET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"


@dataclass(frozen=True, slots=True)
class Command:
    step: Step
    line: bytes
    recipient: str = ""


@dataclass(slots=True)
class Transaction:
    composed: Composed
    #: Recipients to ask the server for.
    recipients: tuple[str, ...]
    #: Dot-stuffed, without END.
    body: bytes
    mail: bytes
    #: What is settled: the refusals, until the body is judged.
    settled: dict[str, RecipientOutcome] = field(default_factory=dict)
    #: The server asked for the body.
    is_granted: bool = False
    began: float = field(default_factory=time.monotonic)

    def groups(self, *, reset: bool, at_once: int) -> Iterator[list[Command]]:
        """The envelope in groups that go out together; DATA comes last, as RFC 2920 3.1 demands."""
        commands = [Command(Step.RESET, b"RSET\r\n")] if reset else []
        commands.append(Command(Step.MAIL, self.mail))
        commands += [Command(Step.RCPT, f"RCPT TO:<{to}>\r\n".encode(), to) for to in self.recipients]
        commands.append(Command(Step.DATA, b"DATA\r\n"))
        for start in range(0, len(commands), at_once):
            yield commands[start : start + at_once]

    @property
    def is_open(self) -> bool:
        """Somebody is still to be reached by the body."""
        return any(to not in self.settled for to in self.recipients)

    def refuse(self, recipient: str, reply: Reply) -> None:
        """One recipient, unless a reply before decided for all."""
        verdict = smtp_verdict(reply.code, reply.words)
        self.settled.setdefault(recipient, RecipientOutcome(verdict, reply.code, reply.words))

    def settle_open(self, verdict: Verdict, *, code: int | None, words: str) -> None:
        """For every recipient that nothing is known of yet."""
        for recipient in self.recipients:
            self.settled.setdefault(recipient, RecipientOutcome(verdict, code, words))

    def judge(self, reply: Reply) -> None:
        """The reply to the body, or one that stands for it, decides for all recipients that are still open."""
        self.settle_open(smtp_verdict(reply.code, reply.words), code=reply.code, words=reply.words)

    def outcome(self) -> Outcome:
        """Call it when every recipient is settled."""
        in_order = {to: self.settled[to] for to in dict.fromkeys(self.composed.rcpt_to)}
        outcome = sum_up(self.composed.message_id, in_order, duration_ms=round((time.monotonic() - self.began) * 1000))
        sent = next((each for each in in_order.values() if each.verdict is Verdict.SENT), None)
        return replace(outcome, provider_id=queue_id(sent.words)) if sent else outcome


def prepare(composed: Composed, offered: Capabilities) -> Transaction | Outcome:
    """The transaction, or at once the outcome of a message that this server cannot take, or that cannot be signed.

    Without SMTPUTF8 nobody can be reached at an address with a non-ASCII local part (RFC 6531 3.4): such recipients
    are refused, and left out of the headers that the others get. An address is never rewritten into another mailbox.
    """
    refused = {to: problem for to in composed.rcpt_to if (problem := _problem(to, offered))}
    own = _problem(composed.mail_from, offered) if composed.mail_from else None
    own = own or _problem(composed.sender.email, offered)
    if own or len(refused) == len(set(composed.rcpt_to)):
        return _never(composed, {to: own or refused[to] for to in composed.rcpt_to})
    try:
        message = mime.build(composed if offered.smtputf8 else _without_utf8(composed))
        body = stuffed(composed.sign(message) if composed.sign else message)
    except SealBroken as error:
        # The operators' to mend. Unsigned it could be refused for good, so it is kept until then.
        return Outcome(message_id=composed.message_id, verdict=Verdict.LATER, words=str(error), is_attempt=False)
    except DomainError as error:
        return _never(composed, dict.fromkeys(composed.rcpt_to, str(error)))
    if 0 < offered.size_limit < len(body):
        words = f"The message has {len(body)} bytes; the server takes at most {offered.size_limit}."
        return _never(composed, dict.fromkeys(composed.rcpt_to, words))
    return Transaction(
        composed=composed,
        recipients=tuple(to for to in dict.fromkeys(composed.rcpt_to) if to not in refused),
        body=body,
        mail=_mail(composed, size=len(body), offered=offered),
        settled={to: RecipientOutcome(Verdict.NEVER, None, problem) for to, problem in refused.items()},
    )


def stuffed(message: bytes) -> bytes:
    """``message`` as DATA carries it: CRLF is the only line end, no line can be taken for the last (RFC 5321 4.5.2).

    A bare CR or LF would let some servers see a second message in a body ("SMTP smuggling", 2023).
    """
    if not message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r"):
        message = _NEWLINE.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..")


def _problem(address: str, offered: Capabilities) -> str | None:
    if not _PATH.fullmatch(address):
        return "This address has characters that no mail address may have."
    if not address.isascii() and not offered.smtputf8:
        return "The mail server does not support internationalised addresses (SMTPUTF8), which this recipient needs."
    return None


def _never(composed: Composed, problems: dict[str, str]) -> Outcome:
    refusals = {to: RecipientOutcome(Verdict.NEVER, None, words) for to, words in problems.items()}
    return sum_up(composed.message_id, refusals)


def _without_utf8(composed: Composed) -> Composed:
    def ascii_only(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        return tuple(each for each in addresses if each.email.isascii())

    everyone = (*composed.to, *composed.cc, *composed.reply_to)
    if all(each.email.isascii() for each in everyone):
        return composed
    return replace(
        composed,
        to=ascii_only(composed.to),
        cc=ascii_only(composed.cc),
        reply_to=ascii_only(composed.reply_to),
    )


def _mail(composed: Composed, *, size: int, offered: Capabilities) -> bytes:
    line = f"MAIL FROM:<{composed.mail_from}>"
    if offered.size:
        line += f" SIZE={size}"
    if offered.smtputf8 and not _is_ascii(composed):
        line += " BODY=8BITMIME SMTPUTF8" if offered.eight_bit else " SMTPUTF8"
    return f"{line}\r\n".encode()


def _is_ascii(composed: Composed) -> bool:
    written = (composed.sender, *composed.to, *composed.cc, *composed.reply_to)
    return all(map(str.isascii, (composed.mail_from, *composed.rcpt_to, *(each.email for each in written))))
