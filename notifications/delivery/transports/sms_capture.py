"""SMS that nobody gets: kept as files for developers to look at. Refuses when DEBUG is off."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from notifications import gateways
from notifications.delivery.transports.failures import RouteFailed, route_failed
from notifications.delivery.transports.route import Route, Timeouts
from notifications.parcel import Composed, Outcome
from notifications.segments import measure
from notifications.states import Verdict


class CaptureSession:
    def __init__(self, route: Route, timeouts: Timeouts) -> None:
        self._route = route

    def send(self, window: Sequence[Composed]) -> list[Outcome]:
        if not settings.DEBUG:
            return route_failed(window, RouteFailed(f"'capture': {gateways.CAPTURES_IN_DEBUG}."))
        try:
            return [self._keep(composed) for composed in window]
        except OSError as error:
            return route_failed(window, RouteFailed(f"The file cannot be written: {error.strerror}", is_passing=True))

    @property
    def is_reusable(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def _keep(self, composed: Composed) -> Outcome:
        text = composed.text or ""
        name = f"{time.time_ns()}.{composed.message_id}.json"
        content = {
            "to": list(composed.rcpt_to),
            "from": composed.sender.email,
            "text": text,
            "segments": measure(text).segments,
            "message_id": str(composed.message_id),
        }
        _write(settings.SMS_CAPTURE_DIR, name, json.dumps(content, ensure_ascii=False, indent=1))
        return Outcome(message_id=composed.message_id, verdict=Verdict.SENT, provider_id=name)


def _write(folder: Path, name: str, content: str) -> None:
    """A reader sees a file whole or not at all. Its name sorts by time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unseen = folder / f".{name}"
    unseen.write_text(content, encoding="utf-8")
    os.replace(unseen, folder / name)
