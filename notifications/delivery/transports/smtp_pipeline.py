"""A window of messages over one connection, in as few round trips as the server allows (RFC 2920).

With PIPELINING an envelope goes out whole, and a body together with the envelope that follows it: one round trip a
message. Without it, one command at a time. Either way at most one body is unjudged at any moment, so a lost connection
leaves at most one message uncertain.
"""

from collections.abc import Sequence

from notifications.delivery.classify import is_route_refusal
from notifications.delivery.transports.failures import RouteFailed
from notifications.delivery.transports.smtp_client import Connection
from notifications.delivery.transports.smtp_replies import Reply
from notifications.delivery.transports.smtp_transaction import END, GROUP, Command, Step, Transaction, prepare
from notifications.delivery.transports.smtp_wire import WireLost
from notifications.parcel import Composed, Outcome
from notifications.states import Verdict

#: Bytes of a body that goes out before the next message is built: two at once would take their memory to save a round
#: trip that is short beside them.
_LARGE = 256 * 1024


class Pipeline:
    """``send`` a window. Where that raises, ``outcomes`` has what is known, and the rest was never tried."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: Its envelope is accepted and its body is due.
        self._granted: Transaction | None = None
        self.outcomes: dict[int, Outcome] = {}

    def send(self, window: Sequence[Composed]) -> None:
        """Raises WireLost and RouteFailed; the connection is then of no more use."""
        for composed in window:
            if self._granted is not None and len(self._granted.body) > _LARGE:
                self._deliver_granted()
            transaction = prepare(composed, self._connection.capabilities)
            if isinstance(transaction, Outcome):
                self.outcomes[composed.message_id] = transaction
            else:
                self._transact(transaction)
        self._deliver_granted()

    def _transact(self, transaction: Transaction) -> None:
        connection = self._connection
        is_pipelining = connection.capabilities.pipelining
        first, *others = transaction.groups(reset=connection.needs_reset, at_once=GROUP if is_pipelining else 1)
        if is_pipelining:
            self._deliver_granted(first)
        else:
            self._deliver_granted()
            self._write(first)
        try:
            self._hear(first, transaction)
            for group in others:
                self._write(group)
                self._hear(group, transaction)
        except WireLost as lost:
            transaction.settle_open(Verdict.LATER, code=lost.code, words=lost.words)
            self._record(transaction)
            raise
        if transaction.is_granted:
            self._granted = transaction
        else:
            # The server keeps the envelope in mind until it is told to forget it.
            connection.needs_reset = True
            self._record(transaction)

    def _write(self, group: Sequence[Command]) -> None:
        command_s = self._connection.timeouts.command_s
        self._connection.wire.write(*(each.line for each in group), timeout_s=command_s, stall_s=command_s)

    def _hear(self, group: Sequence[Command], transaction: Transaction) -> None:
        for command in group:
            reply = self._connection.wire.read_reply(timeout_s=self._connection.timeouts.command_s)
            if reply.code == 421:
                raise WireLost(reply.words, code=421)
            self._take_in(command, reply, transaction)

    def _take_in(self, command: Command, reply: Reply, transaction: Transaction) -> None:
        is_refusal = reply.code >= 400
        consent = 354 if command.step is Step.DATA else 250
        if not is_refusal and reply.code // 100 != consent // 100:
            raise WireLost(f"the server answered {command.step.value} with neither consent nor refusal")
        match command.step:
            case Step.RESET if is_refusal:
                raise WireLost(f"the server refused RSET: {reply.words}")
            case Step.RESET:
                self._connection.needs_reset = False
            case Step.MAIL if is_route_refusal(reply.code):
                raise RouteFailed(f"the server refused to take mail: {reply.code} {reply.words}", code=reply.code)
            case Step.RCPT if is_refusal:
                transaction.refuse(command.recipient, reply)
            case Step.MAIL | Step.DATA if is_refusal:
                transaction.judge(reply)
            case Step.DATA:
                transaction.is_granted = True

    def _deliver_granted(self, following: Sequence[Command] = ()) -> None:
        """Writes the body that is due, if one is, and the commands that follow; takes the verdict on the body."""
        granted, self._granted = self._granted, None
        if granted is None:
            if following:
                self._write(following)
            return
        try:
            self._deliver(granted, following)
        finally:
            self._record(granted)

    def _deliver(self, granted: Transaction, following: Sequence[Command]) -> None:
        wire, timeouts = self._connection.wire, self._connection.timeouts
        # A server may want a body although it refused every recipient (RFC 2920 3.1): it gets an empty one.
        body = granted.body if granted.is_open else b""
        lines = (each.line for each in following)
        try:
            wire.write(body, END, *lines, timeout_s=timeouts.body_s, stall_s=timeouts.command_s)
        except WireLost as lost:
            # Without its end no server takes a body for a message.
            has_end_left = lost.written >= len(body) + len(END)
            granted.settle_open(Verdict.UNCERTAIN if has_end_left else Verdict.LATER, code=None, words=lost.words)
            raise
        try:
            reply = wire.read_reply(timeout_s=timeouts.data_end_s)
            if 300 <= reply.code < 400:
                raise WireLost("the server answered the message with neither consent nor refusal")
        except WireLost as lost:
            granted.settle_open(Verdict.UNCERTAIN, code=None, words=lost.words)
            raise
        granted.judge(reply)
        self._connection.deliveries += 1
        if reply.code == 421:
            raise WireLost(reply.words, code=421)

    def _record(self, transaction: Transaction) -> None:
        self.outcomes[transaction.composed.message_id] = transaction.outcome()
