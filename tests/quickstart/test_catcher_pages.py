"""Caught mail in the admin: for superusers, harmless whatever is in it, and absent where no catcher runs."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from config.standalone.pages import PER_PAGE

SCRIPT = "<script>alert(1)</script>"
NAME = "1700000000000000001.1_0.eml"
PAGES = ("", f"{NAME}/", f"{NAME}/html/", f"{NAME}/text/", f"{NAME}/raw/", f"{NAME}/part/1/")
HOSTILE = (
    f"From: {SCRIPT} <a@example.com>\r\nSubject: {SCRIPT}\r\nX-{SCRIPT}: {SCRIPT}\r\n"
    f"Delivered-To: {SCRIPT}@example.com\r\n"
    'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    f"--m\r\nContent-Type: text/plain\r\n\r\n</pre>{SCRIPT}\r\n"
    f"--m\r\nContent-Type: text/html\r\n\r\n{SCRIPT}<img src='http://tracker.example/x'>\r\n"
    f'--m\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="{SCRIPT}.html"\r\n\r\n'
    f"{SCRIPT}\r\n--m--\r\n"
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def maildir(tmp_path: Path, settings: Any) -> Path:
    settings.CATCHER_MAILDIR = str(tmp_path)
    (tmp_path / "new").mkdir()
    return tmp_path


@pytest.fixture
def hostile(maildir: Path) -> None:
    (maildir / "new" / NAME).write_text(HOSTILE, newline="")


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="x"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_strangers_and_ordinary_staff_do_not_see_the_mail_of_all_tenants(hostile: None, page: str):
    staff = Client()
    staff.force_login(get_user_model().objects.create_user("staff", password="x", is_staff=True))

    assert Client().get(f"/admin/catcher/{page}")["Location"].startswith("/admin/login/")
    assert staff.get(f"/admin/catcher/{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_without_a_catcher_there_is_no_page(hostile: None, operator: Client, settings: Any, page: str):
    settings.CATCHER_MAILDIR = ""

    assert operator.get(f"/admin/catcher/{page}").status_code == 404


@pytest.mark.parametrize("page", ["", f"{NAME}/"])
def test_nothing_of_a_mail_becomes_markup_of_the_admin(hostile: None, operator: Client, page: str):
    html = operator.get(f"/admin/catcher/{page}").content.decode()

    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_html_is_framed_without_rights_and_loads_nothing(hostile: None, operator: Client):
    page = operator.get(f"/admin/catcher/{NAME}/").content.decode()
    frame = operator.get(f"/admin/catcher/{NAME}/html/")

    assert page.count("<iframe") == page.count('sandbox=""') == 2
    assert SCRIPT in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert frame["X-Content-Type-Options"] == "nosniff"


def test_the_text_stays_text(hostile: None, operator: Client):
    frame = operator.get(f"/admin/catcher/{NAME}/text/")

    assert "&lt;/pre&gt;&lt;script&gt;" in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(("page", "content"), [("raw/", HOSTILE), ("part/1/", SCRIPT)])
def test_files_are_saved_never_shown(hostile: None, operator: Client, page: str, content: str):
    reply = operator.get(f"/admin/catcher/{NAME}/{page}")

    assert reply.content.decode() == content
    assert reply["Content-Type"] == "application/octet-stream"
    assert reply["Content-Disposition"].startswith("attachment")


def test_the_list_is_newest_first_and_paged(maildir: Path, operator: Client):
    for number in range(PER_PAGE + 1):
        (maildir / "new" / f"{1_700_000_000_000_000_000 + number}.1_0.eml").write_text(
            f"Subject: mail {number}.\r\n\r\nx"
        )

    first, second = (operator.get(f"/admin/catcher/?page={page}").content.decode() for page in (1, 2))

    assert first.index(f"mail {PER_PAGE}.") < first.index("mail 1.")
    assert "mail 0." not in first
    assert "mail 0." in second


def test_an_empty_list_says_what_to_do(maildir: Path, operator: Client):
    assert "Nothing caught yet" in operator.get("/admin/catcher/").content.decode()


def test_a_mail_without_subject_can_be_opened(maildir: Path, operator: Client):
    (maildir / "new" / NAME).write_bytes(b"")

    assert "No subject" in operator.get("/admin/catcher/").content.decode()
    assert operator.get(f"/admin/catcher/{NAME}/").status_code == 200


@pytest.mark.parametrize("page", ["1.eml/", "..%2f..%2flock/", f"{NAME}/part/0/", f"{NAME}/part/9/"])
def test_what_is_not_there_is_not_found(hostile: None, operator: Client, page: str):
    assert operator.get(f"/admin/catcher/{page}").status_code == 404


def test_a_change_cannot_be_asked_for(hostile: None, operator: Client):
    assert operator.post("/admin/catcher/").status_code == 405
