"""The mail catcher: an SMTP server that accepts everything, delivers nothing and keeps it as ``.eml`` files.

``python -m config.standalone.catcher PORT MAILDIR``. A tool for development: it refuses to start when DEBUG is off, for
in production it would swallow mail.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from config.standalone.ports import HOST

#: A real server stops at about a third of this.
MAX_MESSAGE_BYTES = 100 * 1024 * 1024


class Maildir:
    """Writes messages; a reader sees a file whole or not at all. Names sort by time of arrival."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = itertools.count()
        for folder in ("tmp", "new", "cur"):
            (root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, content: bytes) -> Path:
        name = f"{time.time_ns()}.{os.getpid()}_{next(self._numbers)}"
        unseen, kept = self._root / "tmp" / name, self._root / "new" / f"{name}.eml"
        unseen.write_bytes(content)
        os.replace(unseen, kept)
        return kept


class Handler:
    """What aiosmtpd calls. The envelope is noted at the top of the file, as every delivering server does."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        lines = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
        head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
        content = envelope.original_content
        if content is None:
            return "451 Nothing arrived"
        try:
            kept = self._maildir.add(head + content)
        except OSError as error:
            return f"452 Cannot store the message: {error.strerror}"
        return f"250 Caught as {kept.name}"


async def serve(*, port: int, maildir: Path) -> None:
    """Until SIGTERM or SIGINT."""
    handler = Handler(Maildir(maildir))
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def accept() -> SMTP:
        return SMTP(
            handler,
            enable_SMTPUTF8=True,
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname="catcher.localhost",
            ident="Angarium mail catcher",
            loop=loop,
        )

    server = await loop.create_server(accept, HOST, port)
    print(f"catching on {HOST}:{port} into {maildir}", flush=True)
    await over.wait()
    server.close()


def main() -> None:
    if not settings.DEBUG:
        sys.exit("The mail catcher swallows mail: it starts only when DEBUG is on.")
    port, maildir = sys.argv[1:]
    asyncio.run(serve(port=int(port), maildir=Path(maildir)))


if __name__ == "__main__":
    main()
