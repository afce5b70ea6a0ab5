"""The sink: a recording SMTP server in a thread of the test, or a process of its own.

    python -m tests.faults.harness.sink --port 0 --record accepted.jsonl --rules '[{"step": "DOT", "do": "drop"}]'

prints "listening PORT" and appends one JSON line per accepted message (message_id, mail_from, recipients, size,
connection). Several processes may append to one file. It is made to count drains: some 10,000 messages a second.
"""

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.harness.conversation import Accepted, Conversation, Manners
from tests.faults.harness.rules import Rule, Rulebook, from_json

__all__ = ["Accepted", "Sink"]


class Sink:
    """Listens on 127.0.0.1 while its context lasts. ``manners`` are the fields of Manners."""

    def __init__(
        self, rules: Iterable[Rule] = (), *, port: int = 0, implicit_tls: ssl.SSLContext | None = None, **manners: Any
    ) -> None:
        self.port = port
        #: Every message that was accepted, in order.
        self.accepted: list[Accepted] = []
        #: Every step that was reached: (connection number, verb). "DOT" comes after the message is accepted.
        self.steps: list[tuple[int, str]] = []
        self.connections = 0
        self._rules = Rulebook(rules)
        self._manners = Manners(**manners)
        self._implicit_tls = implicit_tls
        self._conversations: set[Conversation] = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="sink", daemon=True)
        self._is_listening = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._is_listening.wait(10):
            raise RuntimeError("the sink does not listen")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def message_ids(self) -> list[str]:
        return [each.message_id for each in self.accepted]

    @property
    def turns(self) -> int:
        """Round trips that its clients made."""
        return sum(conversation.turns for conversation in self._conversations)

    def obey(self, rules: Iterable[Rule]) -> None:
        """Other rules from now on."""
        self._rules = Rulebook(rules)

    def wait_for(self, count: int, *, timeout_s: float = 10.0) -> None:
        """Until so many messages are accepted. Raises TimeoutError."""
        self._wait(lambda: len(self.accepted) >= count, f"{count} messages", timeout_s)

    def wait_for_step(self, verb: str, *, count: int = 1, timeout_s: float = 10.0) -> None:
        """Until the step was reached so often, such as "RCPT" or "DOT". Raises TimeoutError."""
        self._wait(lambda: sum(step == verb for _, step in self.steps) >= count, f"{count} times {verb}", timeout_s)

    def _wait(self, is_so: Callable[[], bool], what: str, timeout_s: float) -> None:
        with self._changed:
            if not self._changed.wait_for(is_so, timeout=timeout_s):
                raise TimeoutError(f"the sink waited {timeout_s:g} s for {what}; it has {len(self.accepted)} messages")

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(
                self._loop.create_server(self._greet, "127.0.0.1", self.port, ssl=self._implicit_tls, backlog=512)
            )
            self.port = server.sockets[0].getsockname()[1]
            self._is_listening.set()
            self._loop.run_forever()
            server.close()
            for conversation in self._conversations:
                conversation.close()
            # Transports close in a later round of the loop.
            self._loop.run_until_complete(asyncio.sleep(0.01))
        finally:
            self._loop.close()

    def _greet(self) -> Conversation:
        self.connections += 1
        conversation = Conversation(
            self.connections,
            manners=self._manners,
            rules=self._rules,
            on_step=self._on_step,
            on_accept=self._on_accept,
        )
        self._conversations.add(conversation)
        return conversation

    def _on_step(self, connection: int, verb: str) -> None:
        with self._changed:
            self.steps.append((connection, verb))
            self._changed.notify_all()

    def _on_accept(self, accepted: Accepted) -> None:
        with self._changed:
            self.accepted.append(accepted)
            self._changed.notify_all()


class _Recorder(Sink):
    """Keeps no bodies: writes a line per message, whole lines even when several processes share the file."""

    def __init__(self, record: Path, rules: Iterable[Rule], **options: Any) -> None:
        super().__init__(rules, **options)
        self._file = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _on_accept(self, accepted: Accepted) -> None:
        line = {
            "message_id": accepted.message_id,
            "mail_from": accepted.mail_from,
            "recipients": accepted.recipients,
            "size": len(accepted.data),
            "connection": accepted.connection,
            "at": time.time(),
        }
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def _on_step(self, connection: int, verb: str) -> None:
        pass


def read_record(path: Path) -> list[dict[str, Any]]:
    """What a recording process has written so far; an unfinished last line is left for later."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="sink")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--rules", default="[]", help="JSON, see rules.py")
    parser.add_argument("--no-pipelining", action="store_true")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    rules = from_json(options.rules)
    with _Recorder(options.record, rules, port=options.port, pipelining=not options.no_pipelining) as sink:
        sys.stdout.write(f"listening {sink.port}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
