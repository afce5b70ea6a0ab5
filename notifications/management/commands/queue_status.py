"""Shows the queue as it is now."""

import json
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications import queue
from notifications.delivery import health
from notifications.delivery.health import Condition
from notifications.management import tables
from notifications.queue import Line, Snapshot

EXAMPLES = """Examples:
  how much waits, where, and how fast it leaves:
    manage.py queue_status
  the same, again every two seconds, until Ctrl-C:
    manage.py queue_status --watch 2
  for a script; the oldest ready urgent message, in seconds:
    manage.py queue_status --json | jq '.lanes[] | select(.name == "urgent") | .oldest_s'

ready could leave now; waiting is scheduled or between two attempts; held waits for an operator (manage.py release);
leased is in the hands of a worker. oldest is for how long the oldest ready message has been due.
"""

_HEADER = ("", " depth", " ready", " waiting", " held", " leased", " oldest", " attempts/min")


class Command(BaseCommand):
    help = "Shows what waits in the queue, per lane, tenant and route, and how fast it leaves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="refresh every so many seconds")
        parser.add_argument("--json", action="store_true", help="machine-readable; with --watch a line per look")
        parser.add_argument("--top", type=int, default=20, metavar="N", help="tenants and routes shown (default: 20)")

    def handle(self, *, watch: float | None, top: int, **options: Any) -> None:
        if watch is not None and watch < 0.1:
            raise CommandError("--watch takes a number of seconds, at least 0.1.")
        if watch is None:
            self._show(as_json=options["json"], top=top)
            return
        try:
            while True:
                if not options["json"] and self.stdout.isatty():
                    self.stdout.write("\x1b[2J\x1b[H", ending="")
                self._show(as_json=options["json"], top=top)
                self.stdout.flush()
                time.sleep(watch)
        except KeyboardInterrupt:
            return

    def _show(self, *, as_json: bool, top: int) -> None:
        snapshot = queue.look()
        conditions = health.observe([line.id for line in snapshot.routes if line.id])
        if as_json:
            self.stdout.write(json.dumps(_plain(snapshot, conditions)))
        else:
            self.stdout.write("\n".join(_text(snapshot, conditions, top)))


def _text(snapshot: Snapshot, conditions: Mapping[int, Condition], top: int) -> Iterator[str]:
    yield from tables.lines(("Lane", *_HEADER[1:]), map(_cells, snapshot.lanes))
    for title, lines in (("Tenant", snapshot.tenants), ("Route", snapshot.routes)):
        if not lines:
            continue
        yield ""
        yield from tables.lines((title, *_HEADER[1:]), map(_cells, lines[:top]))
        if len(lines) > top:
            yield f"and {len(lines) - top} more"
    for line in snapshot.routes:
        if line.id is not None and (condition := conditions.get(line.id)):
            yield f"\n{line.name}: {_in_words(condition)}"
    if snapshot.is_capped:
        yield f"\nThere is more: only the oldest {queue.LIMIT:,} messages are counted."


def _cells(line: Line) -> Sequence[str]:
    figures = line.figures
    oldest = tables.span(figures.oldest.total_seconds() if figures.oldest is not None else None)
    counts = (figures.depth, figures.ready, figures.waiting, figures.held, figures.leased)
    return (line.name, *map(str, counts), oldest, f"{figures.attempts_per_minute:.1f}")


def _in_words(condition: Condition) -> str:
    state = "rests" if condition.is_resting else "awaits a trial" if condition.needs_trial else "failed lately"
    return f"{state} after {condition.failures} failures in a row: {condition.words}"


def _plain(snapshot: Snapshot, conditions: Mapping[int, Condition]) -> dict[str, Any]:
    resting = {id_ for id_, condition in conditions.items() if condition.is_resting}
    routes = [_plain_line(line) | {"is_resting": line.id in resting} for line in snapshot.routes]
    return {
        "lanes": [_plain_line(line) for line in snapshot.lanes],
        "tenants": [_plain_line(line) for line in snapshot.tenants],
        "routes": routes,
        "is_capped": snapshot.is_capped,
    }


def _plain_line(line: Line) -> dict[str, Any]:
    figures = asdict(line.figures)
    oldest = figures.pop("oldest")
    age = None if oldest is None else round(oldest.total_seconds(), 3)
    return {"id": line.id, "name": line.name, "depth": line.figures.depth, **figures, "oldest_s": age}
