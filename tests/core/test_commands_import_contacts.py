"""manage.py import_contacts: what an administrator types, and what is told back."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tenants import contact_import
from tenants.management import files
from tenants.models import Contact
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tenant() -> None:
    TenantFactory(code="acme")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("user_id,email,groups\n1,ann@example.org,5\n2,bob@example.org,\n", encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_contacts", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def complaint(*arguments: object) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert not Contact.across_tenants.exists()
    return str(refused.value)


def test_a_file_is_imported_and_a_second_time_changes_nothing(people: Path) -> None:
    first, _ = run("acme", people)
    second, _ = run("acme", people)

    assert first == "Imported: 2 new, 0 changed, 0 as they were.\n  new: Group 5\n"
    assert second == "Imported: 0 new, 0 changed, 2 as they were.\n"


def test_a_dry_run_says_what_would_happen(people: Path) -> None:
    out, _ = run("acme", people, "--dry-run")

    assert out.startswith("Would import: 2 new, 0 changed, 0 as they were.")
    assert not Contact.across_tenants.exists()


def test_every_wrong_line_is_named_and_nothing_imported(people: Path) -> None:
    people.write_text("email,phone\nnobody,\nann@example.org,\nbob@example.org,13800138000\n", encoding="utf-8")

    assert complaint("acme", people).splitlines() == [
        "line 2, email: 'nobody' is not an e-mail address.",
        "line 4, phone: write the number with its country, for example +8613800138000.",
        "Nothing was imported.",
    ]


def test_a_flood_of_errors_is_cut(people: Path) -> None:
    people.write_text("email\n" + "nobody\n" * 60, encoding="utf-8")

    lines = complaint("acme", people).splitlines()

    assert (len(lines), lines[-2]) == (52, "and 10 more")


def test_what_cannot_be_done_is_said_in_one_line(people: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes(b"email\n\xff")

    assert complaint("nobody", people) == "There is no tenant 'nobody'. Tenants: acme."
    assert complaint("acme", tmp_path / "absent.csv").endswith("absent.csv cannot be read: No such file or directory.")
    assert "not UTF-8" in complaint("acme", tmp_path / "odd.csv")


def test_progress_is_told_only_when_it_takes_long(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_import, "_BATCH", 1)
    _, quick = run("acme", people, "--dry-run")
    monkeypatch.setattr(files, "_PATIENCE_S", 0.0)

    _, slow = run("acme", people, "--dry-run")

    assert quick == ""
    assert "1 of 2 lines" in slow
