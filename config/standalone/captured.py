"""The SMS that capturing gateways kept, for the admin and for ``quickstart``. Newest first; a broken file is no SMS."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_NAME = re.compile(r"([0-9]{19})\.[0-9]{1,19}\.json")
_MAX_BYTES = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Sms:
    captured_at: datetime
    recipient: str
    sender: str
    text: str
    segments: int
    message_id: str


def names(folder: Path) -> list[str]:
    try:
        return sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    except FileNotFoundError:
        return []


def read_all(folder: Path, wanted: list[str]) -> Iterator[Sms]:
    """Those of ``wanted`` (from ``names``) that are still there and can be read."""
    for name in wanted:
        match = _NAME.fullmatch(name)
        try:
            if match is None or (folder / name).stat().st_size > _MAX_BYTES:
                continue
            content: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
            yield Sms(
                captured_at=datetime.fromtimestamp(int(match[1]) / 1e9, UTC),
                recipient=_shown(content["to"][0]),
                sender=_shown(content["from"]),
                text=_shown(content["text"]),
                segments=int(content["segments"]),
                message_id=_shown(content["message_id"]),
            )
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            continue


def _shown(text: Any) -> str:
    return _CONTROL.sub(" ", str(text))
