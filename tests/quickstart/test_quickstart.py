"""The promise of the first command: from nothing to a delivered mail, whatever became of the last run."""

import os
import re
import signal
import stat
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.quickstart import runs


def test_a_run_from_nothing_delivers_a_mail_in_each_language_and_leaves_nothing_running(first: runs.Run):
    mails = [message_from_bytes(content, policy=policy.default) for content in runs.caught(first.home)[:2]]

    assert ["验证码" in mail["Subject"] for mail in mails] == [True, False]
    assert all(mail["Delivered-To"] == mail["To"] for mail in mails)
    assert "zh_CN" in first.output
    assert first.output.count("on record as sent after") == 2


def test_it_captures_a_notice_and_a_code_by_sms_and_has_the_code_checked(first: runs.Run):
    assert len(re.findall(r"SMS    message \d+ to \+\d+: accepted after \d+ ms, captured after", first.output)) == 2
    assert re.search(r"\d{6} was checked, and is used up", first.output)


def test_the_summary_names_everything_and_only_its_owner_can_read_it(serving: runs.Run):
    summary = serving.summary

    assert {
        *(
            "base_url",
            "admin",
            "tenant_id",
            "api_key",
            "inner_api_key",
            "other_tenant",
            "tencent",
            "works",
            "catcher",
            "database_url",
            "pids",
        )
    } <= set(summary)
    assert set(summary["pids"]) == {"supervisor", "postgres", "catcher", "web", "worker", "beat"}
    assert summary["tenant_id"] != summary["other_tenant"]["tenant_id"]
    for file in ("quickstart.json", "instance.env"):
        assert stat.S_IMODE((serving.home / file).stat().st_mode) == 0o600


def test_a_second_run_keeps_what_the_first_one_made(first: runs.Run, serving: runs.Run):
    kept = ("api_key", "inner_api_key", "tenant_id", "other_tenant", "tencent")

    assert [serving.summary[name] for name in kept] == [first.final[name] for name in kept]
    assert serving.summary["admin"]["password"] == first.final["admin"]["password"]
    assert len(runs.caught(serving.home)) >= 4


def test_management_commands_find_the_instance_that_runs(serving: runs.Run):
    done = subprocess.run(
        [sys.executable, str(runs.ROOT / "manage.py"), "migrate", "--check"],
        env=runs.fresh_environment(ANGARIUM_HOME=str(serving.home)),
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


def test_one_home_serves_one_instance(serving: runs.Run):
    second = runs.start(serving.home)

    assert second.wait() == 1
    assert f"process {serving.process.pid}" in second.output
    assert second.output.count("\n") == 1


def test_a_taken_port_is_named_on_one_line(tmp_path: Path, serving: runs.Run):
    port = serving.summary["base_url"].rpartition(":")[2]

    run = runs.start(tmp_path / "home", "--port", port)

    assert run.wait() == 1
    assert (
        run.output == f"CommandError: Port {port} is taken. Stop what listens there, or choose another with --port.\n"
    )


@pytest.mark.parametrize("ports", [("--port", "70000"), ("--smtp-port", "x"), ("--port", "999", "--smtp-port", "999")])
def test_ports_that_make_no_sense_are_refused_without_a_traceback(tmp_path: Path, ports: tuple[str, ...]):
    run = runs.start(tmp_path / "home", *ports)

    assert run.wait() != 0
    assert "Traceback" not in run.output
    assert "port" in run.output.splitlines()[-1]


def test_a_worker_that_dies_is_started_again(serving: runs.Run):
    killed = serving.summary["pids"]["worker"]

    os.kill(killed, signal.SIGKILL)

    runs.wait_for(lambda: serving.summary["pids"]["worker"] != killed)
    assert "worker stopped and was started again" in serving.output


def test_the_run_after_a_killed_one_works_and_leaves_other_instances_alone(
    killed: runs.Run, recovered: runs.Run, serving: runs.Run
):
    orphans = [pid for name, pid in killed.final["pids"].items() if Path(f"/proc/{pid}").exists()]

    assert orphans == []
    assert len(runs.caught(recovered.home)) == 4
    with urlopen(f"{serving.summary['base_url']}/admin/login/", timeout=10) as reply:
        assert reply.status == 200


def test_an_interrupt_stops_every_process(recovered: runs.Run):
    code = recovered.stop()

    assert code == 0
    assert recovered.summary["pids"] == {}
    assert runs.processes_of(recovered.home) == []


def test_an_interrupt_before_it_serves_is_no_success(tmp_path: Path):
    run = runs.start(tmp_path / "home", "--once")
    runs.wait_for(lambda: "PostgreSQL" in run.output)

    run.process.send_signal(signal.SIGINT)

    assert run.wait() == 130
    runs.wait_for(lambda: runs.processes_of(run.home) == [], timeout_s=10)


def test_an_interrupt_that_python_drops_is_raised_again():
    lines = [
        "import os, signal, time",
        "from config.management.commands import quickstart",
        "quickstart.heed_interrupts()",
        "class Fading:",
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT)",
        "Fading()",
        "print('dropped', flush=True)",
        "time.sleep(20)",
    ]

    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=runs.ROOT, capture_output=True, timeout=30)

    assert b"dropped" in done.stdout
    assert done.stderr.endswith(b"KeyboardInterrupt\n")
    assert done.returncode != 0
