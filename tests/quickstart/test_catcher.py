"""The catcher accepts everything, keeps it as it came, and never starts where it could swallow real mail."""

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.standalone.ports import answers, any_free
from tests.quickstart.runs import ROOT, fresh_environment, wait_for


def command(port: int, maildir: Path, *, debug: str) -> tuple[list[str], dict[str, str]]:
    environment = fresh_environment(DEBUG=debug, DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(ROOT))
    return [sys.executable, "-m", "config.standalone.catcher", str(port), str(maildir)], environment


@pytest.fixture(scope="module")
def maildir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catcher")


@pytest.fixture(scope="module")
def port(maildir: Path) -> Iterator[int]:
    number = any_free()
    arguments, environment = command(number, maildir, debug="1")
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(number))
            yield number
        finally:
            process.terminate()


def newest(maildir: Path) -> bytes:
    return max((maildir / "new").glob("*.eml")).read_bytes()


def test_it_keeps_the_message_byte_for_byte_below_its_envelope(port: int, maildir: Path):
    content = b"Subject: dots\r\nX-Raw: \xff\r\n\r\n.\r\n..two\r\n" + b"x" * 900 + b"\r\n"

    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("from@example.com", ["one@example.com", "bcc@example.com"], content)

    envelope = b"Return-Path: <from@example.com>\r\nDelivered-To: one@example.com\r\nDelivered-To: bcc@example.com\r\n"
    assert newest(maildir) == envelope + content


def test_it_takes_addresses_beyond_ascii(port: int, maildir: Path):
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("寄件@例子.测试", ["пример@example.com"], b"Subject: x\r\n\r\nx\r\n", mail_options=["SMTPUTF8"])

    assert newest(maildir).decode().startswith("Return-Path: <寄件@例子.测试>\r\nDelivered-To: пример@example.com\r\n")


def test_it_takes_mail_larger_than_any_real_server_would(port: int, maildir: Path):
    content = b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * 40_000

    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("from@example.com", ["to@example.com"], content)

    assert newest(maildir).endswith(content)


def test_one_connection_may_carry_any_number_of_mails(port: int, maildir: Path):
    before = len(list((maildir / "new").iterdir()))

    with smtplib.SMTP("127.0.0.1", port) as client:
        for _ in range(100):
            client.sendmail("from@example.com", ["to@example.com"], b"Subject: x\r\n\r\nx\r\n")

    assert len(list((maildir / "new").iterdir())) == before + 100


def test_it_refuses_to_start_when_debug_is_off(tmp_path: Path):
    number = any_free()
    arguments, environment = command(number, tmp_path, debug="0")

    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert done.stderr == "The mail catcher swallows mail: it starts only when DEBUG is on.\n"
