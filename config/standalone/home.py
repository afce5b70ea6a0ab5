"""The home of a local instance: where its files lie, what it remembers between runs, and that it runs only once."""

import base64
import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from config.standalone.errors import StandaloneError


@dataclass(frozen=True, slots=True)
class Home:
    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @property
    def maildir(self) -> Path:
        return self.root / "maildir"

    @property
    def sms(self) -> Path:
        """Where the capturing gateway keeps what it is given."""
        return self.root / "sms"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def children(self) -> Path:
        """Which processes were started last, so that a run whose supervisor was killed can be tidied up."""
        return self.root / "children.json"

    @property
    def env_file(self) -> Path:
        """What ``config/env.py`` reads, so that management commands work beside the instance."""
        return self.root / "instance.env"

    @property
    def summary_file(self) -> Path:
        """Addresses, keys and process ids of the instance, for scripts."""
        return self.root / "quickstart.json"

    def claim(self) -> IO[str]:
        """Makes the home and takes it until the returned file is closed or this process ends, however it ends.

        Raises StandaloneError when another process holds it, or when it cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.logs.mkdir(exist_ok=True)
            lock = (self.root / "lock").open("a+")
        except OSError as error:
            raise StandaloneError(
                f"{self.root} cannot be used as a home: {error.strerror}. Choose another: --home."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise StandaloneError(
                f"An instance is running in {self.root} (process {holder}). Stop it, or choose another --home."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def read_env(self) -> dict[str, str]:
        """The variables of the last run; empty before the first."""
        if not self.env_file.is_file():
            return {}
        pairs = (line.split("=", 1) for line in self.env_file.read_text().splitlines() if "=" in line)
        return {name: value.strip("'") for name, value in pairs}

    def write_env(self, variables: dict[str, str]) -> None:
        write_private(self.env_file, "".join(f"{name}='{value}'\n" for name, value in variables.items()))

    def read_summary(self) -> dict[str, Any]:
        """What the last run wrote; empty before the first, or when it cannot be read."""
        try:
            summary: dict[str, Any] = json.loads(self.summary_file.read_text())
        except (OSError, ValueError):
            return {}
        return summary

    def write_summary(self, summary: dict[str, Any]) -> None:
        write_private(self.summary_file, json.dumps(summary, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step; nobody but its owner can read it, not even for a moment."""
    unseen = path.with_name(f".{path.name}.{os.getpid()}")
    unseen.unlink(missing_ok=True)
    with open(os.open(unseen, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unseen.replace(path)


def new_secrets() -> dict[str, str]:
    """A SECRET_KEY and a Fernet key, as settings take them."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
