"""Captured SMS in the admin: for superusers, harmless whatever is in them, and absent outside of development."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from config.standalone import captured
from config.standalone.captured_pages import PER_PAGE

PAGE = "/admin/captured-sms/"
SCRIPT = "<script>alert(1)</script>"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DEBUG = True
    settings.SMS_CAPTURE_DIR = tmp_path / "sms"
    settings.SMS_CAPTURE_DIR.mkdir()
    return tmp_path / "sms"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="x"))
    return client


def keep(folder: Path, number: int = 1, **changes: Any) -> Path:
    content = {"to": ["+8613800138000"], "from": "Acme", "text": "Hello", "segments": 1, "message_id": str(number)}
    path = folder / f"17000000000000{number:05d}.{number}.json"
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


def test_the_newest_comes_first_with_its_whole_text(operator: Client, folder: Path) -> None:
    keep(folder, 1, text="The first")
    keep(folder, 2, text="你的验证码是 482913\nsecond line", segments=2)

    page = operator.get(PAGE).content.decode()

    assert page.index("你的验证码是 482913<br>second line") < page.index("The first")
    assert "+8613800138000" in page
    assert "2 captured" in page


def test_what_is_in_an_sms_stays_text(operator: Client, folder: Path) -> None:
    hostile: dict[str, Any] = {"text": SCRIPT, "to": [SCRIPT], "message_id": SCRIPT, "from": SCRIPT}
    keep(folder, **hostile)

    page = operator.get(PAGE).content.decode()

    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(1)") == 4


def test_broken_files_are_no_sms(operator: Client, folder: Path) -> None:
    keep(folder, 1, text="Hello")
    keep(folder, 2).write_bytes(b"\xff{")
    keep(folder, 3).write_text("[]")
    keep(folder, 4, to=[])
    keep(folder, 5, segments="many")
    keep(folder, 6, text="x" * 70_000)
    (folder / "notes.txt").write_text("Hello")
    (folder / "../evil.json").write_text("{}")

    assert operator.get(PAGE).status_code == 200
    assert [sms.message_id for sms in captured.read_all(folder, captured.names(folder))] == ["1"]


def test_pages_are_turned(operator: Client, folder: Path) -> None:
    for number in range(PER_PAGE + 1):
        keep(folder, number, text=f"text {number:03d}")

    assert "text 000" not in operator.get(PAGE).content.decode()
    assert "text 000" in operator.get(PAGE, {"page": 2}).content.decode()


def test_before_the_first_sms_the_page_says_what_to_do(operator: Client, folder: Path) -> None:
    folder.rmdir()

    assert "Nothing captured yet" in operator.get(PAGE).content.decode()


def test_strangers_and_ordinary_staff_do_not_see_the_sms_of_all_tenants(folder: Path) -> None:
    staff = Client()
    staff.force_login(get_user_model().objects.create_user("staff", password="x", is_staff=True))

    assert Client().get(PAGE)["Location"].startswith("/admin/login/")
    assert staff.get(PAGE).status_code == 403


def test_outside_of_development_there_is_no_page(operator: Client, settings: Any) -> None:
    settings.DEBUG = False

    assert operator.get(PAGE).status_code == 404
    assert "Captured SMS" not in operator.get("/admin/").content.decode()
