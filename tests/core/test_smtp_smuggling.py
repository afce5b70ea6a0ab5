"""What two different servers make of our bytes: always the messages we meant, one by one (SMTP smuggling, 2023)."""

import asyncio
import random
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.contracts import FileIn
from notifications.delivery.transports import open_session
from notifications.delivery.transports.smtp_transaction import END, stuffed
from notifications.parcel import Composed
from notifications.states import Verdict
from tests.faults.harness.mail import message, smtp_route
from tests.faults.harness.sink import Sink

#: What ends a body, or looks like it to somebody: every mix of line ends and dots, with a second message behind it.
PIECES = [
    "\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r\r\n.\r\n", "\n\r\n.\r\n",
    ".\r\n", "\r\n.", ".", "..", "\r", "\n", "\r\n", "\0", "\0\n.\n", "=_", "=2E", "x" * 997, "x" * 1200, "é", "漢字",
    "MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\n", "QUIT\r\n", "Subject: x\r\n\r\n",
    "--=_alternative", "\r\n--=_alternative--\r\n", "\u2028", "\x85",
]  # fmt: skip


def hostile(number: int) -> Composed:
    rng = random.Random(number)

    def text() -> str:
        return "".join(rng.choices(PIECES, k=rng.randint(0, 12)))

    return message(
        number,
        subject=text(),
        text=rng.choice([None, text()]),
        html=rng.choice([None, text()]),
        headers={"X-Test": text()},
        files=(FileIn(name=text() or "f", data=text().encode(), content_type=text(), content_id=text()),)
        if number % 5 == 0
        else (),
    )


def naive_messages(wire: bytes, end: bytes) -> int:
    """How many messages a server sees that takes ``end`` for the end of a body."""
    return wire.count(end)


@given(st.lists(st.sampled_from([piece.encode() for piece in PIECES]) | st.binary(max_size=20), max_size=30))
@example([])
@example([b"."])
@example([b"\r\n."])
@example([b".\r\n.\r\n."])
def test_any_bytes_end_exactly_once_for_every_reading_of_the_end(pieces: list[bytes]) -> None:
    wire = b"\r\n" + stuffed(b"".join(pieces)) + END

    for end in (b"\r\n.\r\n", b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r"):
        assert naive_messages(wire, end) <= 1
    assert wire.endswith(b"\r\n.\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", wire) is None


@given(st.binary(max_size=200))
def test_a_server_reads_back_what_was_written(body: bytes) -> None:
    body = re.sub(rb"[\r\n]+", b"\r\n", body) + b"\r\n"

    lines = stuffed(body).split(b"\r\n")

    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) == body


def test_our_sink_sees_as_many_messages_as_were_sent() -> None:
    window = [hostile(number) for number in range(3000)]

    with Sink() as sink, open_session(smtp_route(sink.port)) as session:
        outcomes = session.send(window)

    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert sink.message_ids == [f"<{number}@angarium.test>" for number in range(3000)]
    assert {accepted.recipients for accepted in sink.accepted} == {(f"user{n}@example.test",) for n in range(3000)}
    assert {verb for _, verb in sink.steps} <= {"EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT"}


class Recorder:
    def __init__(self) -> None:
        self.envelopes: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
        return "250 ok"


@contextmanager
def aiosmtpd_server(recorder: Recorder) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(recorder, hostname="127.0.0.1", port=port, loop=asyncio.new_event_loop())
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
        controller.loop.close()


def test_another_server_sees_as_many_messages_as_were_sent() -> None:
    recorder = Recorder()

    with aiosmtpd_server(recorder) as port, open_session(smtp_route(port)) as session:
        outcomes = session.send([hostile(number) for number in range(500)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert [(sender, to) for sender, to, _ in recorder.envelopes] == [
        ("shop@example.test", [f"user{number}@example.test"]) for number in range(500)
    ]
