"""A local instance: the processes it consists of, their settings, and when each of them is ready."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Any

from config.env import ROOT
from config.standalone import postgres
from config.standalone.descent import end_with_parent
from config.standalone.errors import StandaloneError
from config.standalone.home import Home, new_secrets
from config.standalone.ports import HOST, answers
from config.standalone.postgres import Postgres
from config.standalone.processes import Child


@dataclass(frozen=True, slots=True)
class Instance:
    home: Home
    port: int
    smtp_port: int
    database: Postgres
    #: What ``instance.env`` holds.
    settings: dict[str, str]

    @property
    def base_url(self) -> str:
        return self.settings["BASE_URL"]

    @property
    def env(self) -> dict[str, str]:
        """For its processes: they belong to this instance, whatever the caller's environment names."""
        inherited = {name: value for name, value in os.environ.items() if name != "GUNICORN_CMD_ARGS"}
        ours = {
            "ANGARIUM_HOME": str(self.home.root),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        return inherited | self.settings | ours

    def prepare(self, earlier: dict[str, Any], *, on_step: Callable[[str], None]) -> dict[str, Any]:
        """Brings the database up to date and returns what it holds (see prepare.py). Raises StandaloneError."""
        log, last = self.home.log("prepare"), ""
        with log.open("w") as errors, self._preparation(errors) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(earlier))
            process.stdin.close()
            for line in process.stdout:
                last = line.strip()
                if not last.startswith("{"):
                    on_step(last)
        if process.returncode != 0:
            words = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise StandaloneError(f"The database could not be prepared: {' '.join(words)}\n  (see {log})")
        rows: dict[str, Any] = json.loads(last)
        return rows

    def _preparation(self, errors: IO[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "config.standalone.prepare", str(self.smtp_port)],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            preexec_fn=end_with_parent(),
        )

    def catcher(self) -> Child:
        module = ["-m", "config.standalone.catcher", str(self.smtp_port), str(self.home.maildir)]
        return replace(self._python("catcher", module, is_ready=lambda pid: answers(self.smtp_port)), is_needed=True)

    def web(self) -> Child:
        server = [
            "-m",
            "gunicorn",
            "config.wsgi:application",
            "--bind",
            f"{HOST}:{self.port}",
            "--preload",
            "--no-control-socket",
            # One of the APIs takes whole mails by GET.
            "--limit-request-line",
            "0",
        ]
        size = ["--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--access-logfile", "-"]
        return self._python("web", [*server, *size], is_ready=lambda pid: _replies(self.port))

    def worker(self) -> Child:
        quiet = ["--without-mingle", "--without-gossip", "--without-heartbeat"]
        return self._celery("worker", ["--concurrency", "2", *quiet], ready_words=" ready.")

    def beat(self) -> Child:
        # django-celery-beat (2.9) queries in its signal handler: asked within a query, it waits for itself for ever.
        return replace(self._celery("beat", ["--pidfile", ""], ready_words="beat: Starting..."), stop_timeout_s=1)

    def _celery(self, name: str, options: list[str], *, ready_words: str) -> Child:
        app = ["-m", "celery", "--app", "config.celery:app", name, "--loglevel", "INFO"]
        log = self.home.log(name)
        return self._python(name, [*app, *options], is_ready=lambda pid: ready_words in log.read_text(errors="replace"))

    def _python(self, name: str, arguments: list[str], *, is_ready: Callable[[int], bool]) -> Child:
        return Child(name=name, command=[sys.executable, *arguments], env=self.env, is_ready=is_ready)


def resolve(home: Home, *, port: int, smtp_port: int) -> Instance:
    """The instance of this home, with the secrets and the database of its last run. Raises StandaloneError."""
    earlier = home.read_env()
    database = postgres.resolve(home.postgres, earlier_url=earlier.get("DATABASE_URL"))
    settings = {
        "DATABASE_URL": database.url,
        **{name: earlier.get(name) or value for name, value in new_secrets().items()},
        "CELERY_BROKER_URL": "filesystem://localhost",
        "BROKER_DIR": str(home.root / "broker"),
        "CATCHER_MAILDIR": str(home.maildir),
        "SMS_CAPTURE_DIR": str(home.sms),
        "STATIC_ROOT": str(home.root / "static"),
        "DEBUG": "1",
        "BASE_URL": f"http://{HOST}:{port}",
    }
    return Instance(home, port=port, smtp_port=smtp_port, database=database, settings=settings)


def _replies(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/admin/login/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
