"""The answer to a bulk call, made piece by piece: a hundred thousand logs that differ in id, recipient and status.

What is recorded of the call is its message ids and who was suppressed; from that and the request, which a repeated call
brings again, the same answer is made as often as it is asked for. Pure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from notifications import suppression
from notifications.contracts import Receipt, SuppressionSource
from notifications.facades.autional import ids
from notifications.facades.autional.envelope import OK, moment
from notifications.facades.autional.lists import Page, page_info
from notifications.facades.autional.log_wire import mask
from notifications.facades.autional.wire import Bulk, Refused

#: All items repeat the content; beyond this many characters in total they leave it out.
_MAX_REPEATED = 1_000_000
_PER_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided when the call was accepted."""

    message_ids: tuple[int, ...]
    suppressed: Mapping[str, SuppressionSource]
    accepted_at: str

    @classmethod
    def of(cls, receipt: Receipt, now: datetime) -> "Record":
        return cls(receipt.message_ids, receipt.suppressed, moment(now))

    @classmethod
    def read(cls, raw: bytes) -> "Record":
        told = json.loads(raw)
        suppressed = {address: SuppressionSource(source) for address, source in told["suppressed"].items()}
        return cls(tuple(told["ids"]), suppressed, told["at"])

    def write(self) -> bytes:
        told = {"ids": self.message_ids, "suppressed": dict(self.suppressed), "at": self.accepted_at}
        return json.dumps(told, separators=(",", ":")).encode()


def render(bulk: Bulk, record: Record, shared: Mapping[str, Any]) -> Iterator[bytes]:
    """The whole answer. ``shared`` are the members of a log that are the same for everybody."""
    total = len(bulk.entries)
    if len(shared.get("content", "")) * total > _MAX_REPEATED:
        shared = {name: value for name, value in shared.items() if name != "content"}
    yield f"{_json(OK)[:-1]},{_json('items')}:[".encode()
    items = _items(bulk, record, shared)
    separator = ""
    while chunk := list(islice(items, _PER_CHUNK)):
        yield (separator + ",".join(chunk)).encode()
        separator = ","
    rest = {**page_info(Page(number=1, size=total), total), "timestamp": record.accepted_at}
    yield f"],{_json(rest)[1:]}".encode()


def _items(bulk: Bulk, record: Record, shared: Mapping[str, Any]) -> Iterator[str]:
    times = {"created_at": record.accepted_at, "updated_at": record.accepted_at}
    common = _json({**shared, **times})[1:]
    message_ids = iter(record.message_ids)
    for entry in bulk.entries:
        if isinstance(entry, Refused):
            told = {"recipient": entry.written[:60], "status": "failed", "error": entry.why}
        else:
            told = {"id": ids.show("log", next(message_ids)), "recipient": mask(entry.email), "status": "pending"}
            if source := record.suppressed.get(entry.email):
                told |= {"status": "failed", "error": suppression.explain(source)}
        yield f"{_json(told)[:-1]},{common}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
