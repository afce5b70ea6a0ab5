"""What quickstart says at the terminal."""

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from config.standalone.home import Home
from config.standalone.sms_trip import SmsTrip
from config.standalone.trip import Trip


class Steps:
    """One line per step: its name as it begins, its time as it ends. Used as a context manager."""

    def __init__(self) -> None:
        self._began: float | None = None

    def begin(self, title: str) -> None:
        self._end()
        self._began = time.monotonic()
        sys.stdout.write(f"  {title:<34}")
        sys.stdout.flush()

    def _end(self) -> None:
        if self._began is not None:
            say(f"{time.monotonic() - self._began:5.1f} s")
            self._began = None

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end()
        else:
            say("")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def trip_lines(trip: Trip) -> str:
    return (
        f"  {trip.language:<6} message {trip.message_id}: accepted after {trip.accepted_ms} ms, "
        f"caught after {trip.caught_ms} ms, on record as sent after {trip.recorded_ms} ms\n"
        f"         {trip.subject}\n"
        f"         {_short(trip.file)}"
    )


def sms_trip_lines(trip: SmsTrip) -> str:
    checked = f"\n         {trip.code} was checked, and is used up" if trip.code else ""
    return (
        f"  SMS    message {trip.message_id} to {trip.recipient}: accepted after {trip.accepted_ms} ms, "
        f"captured after {trip.captured_ms} ms\n"
        f"         {trip.text}{checked}"
    )


def welcome(summary: dict[str, Any], home: Home) -> str:
    """Where everything is, and a line to copy."""
    url, admin, catcher = summary["base_url"], summary["admin"], summary["catcher"]
    body = {
        "type": "CUSTOM",
        "toAddress": ["you@example.com"],
        "subject": "Hello",
        "content": "It works.",
        "html": False,
        "verificationCode": False,
    }
    curl = (
        f"  curl -s {url}/api/v1/email -H 'Content-Type: application/json' \\\n"
        f"    -H 'Authorization: Bearer {summary['api_key']}' \\\n"
        f"    -d {shlex.quote(json.dumps(body))}"
    )
    return "\n".join(
        [
            "",
            "Angarium is running, in development mode and for this machine only:",
            f"  API      {url}/api/v1/email   described at {url}/api/docs/",
            f"  Admin    {admin['url']}   log in as {admin['username']} with {admin['password']}",
            f"  Mail     {url}/admin/catcher/   caught on {catcher['smtp_host']}:{catcher['smtp_port']}",
            f"  SMS      {url}/admin/captured-sms/   captured, never sent",
            f"  Keys     {_short(home.summary_file)}",
            f"  Logs     {_short(home.logs)}",
            "",
            "Send a mail:",
            curl,
            "",
            "Ctrl-C stops everything.",
        ]
    )


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
