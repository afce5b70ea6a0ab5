"""How the sink answers: at once as a rule, and in every wrong way on command."""

import asyncio
import socket
import struct

from tests.faults.harness.rules import Rule, Rulebook


class Speaker(asyncio.Protocol):
    """The outgoing half of a connection. While it is paused, nothing that arrives is looked at."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._is_paused = False
        #: How often it had something to say: the client's round trips.
        self.turns = 0

    def _go_on(self) -> None:
        """Looks at what arrived meanwhile."""
        raise NotImplementedError

    def _answer(self, step: str, command: bytes | str, usual: str) -> bool:
        """True when the usual thing happened, or will."""
        text = command if isinstance(command, str) else command.decode("utf-8", "replace")
        rule = self._rules.find(step, text)
        if rule is None:
            self._say(usual)
            return usual[0] in "23"
        return self._obey(rule, usual)

    def _obey(self, rule: Rule, usual: str) -> bool:
        reply = rule.reply or usual
        match rule.do:
            case "reply" if not rule.delay_s:
                self._say(reply)
            case "reply":
                self._later(rule.delay_s, f"{reply}\r\n".encode())
            case "inject":
                self._say(f"{usual}\r\n{rule.reply}")
            case "drip":
                self._drip(f"{reply}\r\n".encode(), rule.delay_s)
            case "silence":
                self._is_paused = True
                if self._transport is not None:
                    self._transport.pause_reading()
            case "endless":
                self._repeat(b"250-and so on\r\n" * 100)
            case "long_line":
                self._later(0, b"250 " + b"x" * 10_000_000)
            case "drop" | "reset":
                self._hang_up(rule)
        return rule.do in ("reply", "inject", "drip") and reply[0] in "23"

    def _say(self, reply: str) -> None:
        self._out.append(f"{reply}\r\n".encode())

    def _flush(self) -> None:
        if self._out and self._transport is not None:
            self.turns += 1
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def _later(self, delay_s: float, data: bytes) -> None:
        self._is_paused = True
        self._flush()
        asyncio.get_running_loop().call_later(delay_s, self._resume, data)

    def _resume(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._is_paused = False
        self._out.append(data)
        self._go_on()

    def _drip(self, data: bytes, delay_s: float) -> None:
        self._is_paused = True
        self._flush()
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data[:1])
        step = (lambda: self._resume(b"")) if len(data) == 1 else (lambda: self._drip(data[1:], delay_s))
        asyncio.get_running_loop().call_later(delay_s, step)

    def _repeat(self, data: bytes) -> None:
        self._is_paused = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            asyncio.get_running_loop().call_later(0.001, self._repeat, data)

    def _hang_up(self, rule: Rule) -> None:
        self._is_paused = True
        self._flush()
        if self._transport is None:
            return
        if rule.do == "reset":
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()
