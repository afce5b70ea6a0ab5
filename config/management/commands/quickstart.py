"""Sets up a whole instance on this machine, proves with a real mail that it works, and serves until Ctrl-C."""

import os
import signal
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from config.env import home as default_home
from config.standalone import instance, sms_trip, trip
from config.standalone.errors import StandaloneError
from config.standalone.home import Home
from config.standalone.instance import Instance
from config.standalone.ports import HOST, any_free, check_free
from config.standalone.processes import Processes, stop_leftovers
from config.standalone.report import Steps, say, sms_trip_lines, trip_lines, welcome

EXAMPLES = """Examples:
  set up, send a mail, serve until Ctrl-C:
    python3 manage.py quickstart
  only prove that it works, on ports that are free:
    python3 manage.py quickstart --once --port 0 --smtp-port 0
  a second instance beside the first:
    python3 manage.py quickstart --home /tmp/second --port 8001 --smtp-port 2526
"""


class Command(BaseCommand):
    help = "Starts Angarium with a PostgreSQL and a mail catcher of its own; no other service is needed."
    # There may be no database yet to check.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--once", action="store_true", help="stop when the mails have arrived")
        parser.add_argument("--port", type=_port, default=8000, help="of the web server (default: 8000; 0: any)")
        parser.add_argument("--smtp-port", type=_port, default=2525, help="of the mail catcher (default: 2525; 0: any)")
        parser.add_argument("--home", type=Path, default=default_home(), help="where all state lies (default: .local)")

    def handle(self, *, once: bool, port: int, smtp_port: int, home: Path, **_: Any) -> None:
        heed_interrupts()
        try:
            _run(Home(home.resolve()), port=port, smtp_port=smtp_port, is_once=once)
        except (StandaloneError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            ignore_interrupts()
            raise CommandError("Interrupted before it was ready.", returncode=130) from error


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"'{text}' is no port; choose 1 to 65535, or 0 for any that is free")
    return int(text)


def heed_interrupts() -> None:
    """From now on each signal to end raises KeyboardInterrupt, until ``ignore_interrupts``."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    signal.signal(signal.SIGALRM, _interrupt)


def ignore_interrupts() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    # Python drops what is raised in a finaliser or in a hook around a fork, so it is raised again until it is heeded.
    signal.setitimer(signal.ITIMER_REAL, 1)
    raise KeyboardInterrupt


def _run(home: Home, *, port: int, smtp_port: int, is_once: bool) -> None:
    if port == smtp_port != 0:
        raise StandaloneError("The web server and the mail catcher need a port each: --port, --smtp-port.")
    with home.claim():
        for name in stop_leftovers(home.children):
            say(f"  stopped {name}, left over from a run that was killed")
        check_free(port, option="--port")
        check_free(smtp_port, option="--smtp-port")
        this = instance.resolve(home, port=port or any_free(), smtp_port=smtp_port or any_free())
        processes = Processes(logs=home.logs, record=home.children)
        summary = home.read_summary()
        try:
            summary = _start(this, processes, summary)
            say("")
            for made in trip.make(this.base_url, api_key=summary["api_key"], maildir=home.maildir):
                say(trip_lines(made))
            for sent in sms_trip.make(this.base_url, api_key=summary["api_key"], folder=home.sms):
                say(sms_trip_lines(sent))
            if not is_once:
                say(welcome(summary, home))
                with suppress(KeyboardInterrupt):
                    _serve(this, processes, summary)
        finally:
            _stop(processes)
            home.write_summary(summary | {"pids": {}})


def _start(this: Instance, processes: Processes, earlier: dict[str, Any]) -> dict[str, Any]:
    """Everything up, and its summary written."""
    home = this.home
    with Steps() as steps:
        steps.begin("PostgreSQL")
        # First: without the password that is written here, the files made next would be of no use.
        home.write_env(this.settings)
        this.database.evict()
        this.database.initialise(log=home.log("initdb"))
        processes.start(this.database.child())
        processes.start(this.catcher())
        processes.wait_ready("postgres", "catcher")
        steps.begin("Django")
        rows = this.prepare(earlier, on_step=steps.begin)
        steps.begin("web server, worker, scheduler")
        for child in (this.web(), this.worker(), this.beat()):
            processes.start(child)
        processes.wait_ready("web", "worker", "beat")
    summary = rows | {
        "base_url": this.base_url,
        "admin": {"url": f"{this.base_url}/admin/"} | rows["admin"],
        "catcher": {"smtp_host": HOST, "smtp_port": this.smtp_port, "maildir": str(home.maildir)},
        "database_url": this.database.url,
    }
    _write_summary(this, processes, summary)
    return summary


def _serve(this: Instance, processes: Processes, summary: dict[str, Any]) -> None:
    for name in processes.watch():
        say(f"{name} stopped and was started again (see {processes.log_path(name)})")
        _write_summary(this, processes, summary)


def _write_summary(this: Instance, processes: Processes, summary: dict[str, Any]) -> None:
    this.home.write_summary(summary | {"pids": {"supervisor": os.getpid(), **processes.pids}})


def _stop(processes: Processes) -> None:
    # A second Ctrl-C must not leave half of them running; stopping is bounded anyway.
    ignore_interrupts()
    say("")
    with Steps() as steps:
        steps.begin("stopping")
        processes.stop()
