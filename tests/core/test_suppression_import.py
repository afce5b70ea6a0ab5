"""A file onto the list of who gets nothing: by the service and by the command; all of it or nothing."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications import suppression, suppression_import
from notifications.contracts import Channel, SuppressionSource
from notifications.models import Suppression
from notifications.suppression import Entry
from notifications.suppression_import import import_suppressions, rehearse_import
from tenants.errors import FileRefused
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

FILE = (
    "address;category;note;expires_at\n"
    "Ann@Example.org;Newsletter;asked by phone;\n"
    "bob@example.org;;;2030-12-31\n"
    "cem@example.org;;;2030-12-31T12:00:00Z\n"
    "ann@example.org;newsletter;again;\n"
)


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory(code="acme")


def stored(tenant: Tenant) -> list[tuple[str, str, str, datetime | None]]:
    rows = Suppression.objects.for_tenant(tenant.pk).filter(source=SuppressionSource.IMPORT).order_by("address")
    return list(rows.values_list("address", "category", "note", "expires_at"))


def test_a_file_says_who_gets_nothing_of_what_and_until_when(tenant: Tenant) -> None:
    told: list[tuple[int, int]] = []

    imported = import_suppressions(
        tenant, Channel.EMAIL, FILE.encode(), progress=lambda done, total: told.append((done, total))
    )

    assert (imported.new, imported.known, told) == (3, 0, [(3, 3)])
    assert stored(tenant) == [
        ("ann@example.org", "newsletter", "again", None),
        # The whole of that day, by the clock of the settings.
        ("bob@example.org", "", "", datetime(2030, 12, 31, 15, 59, 59, 999999, tzinfo=UTC)),
        ("cem@example.org", "", "", datetime(2030, 12, 31, 12, tzinfo=UTC)),
    ]


def test_the_same_file_again_changes_nothing_and_a_rehearsal_neither(tenant: Tenant) -> None:
    rehearsed = rehearse_import(tenant, Channel.EMAIL, FILE.encode())
    assert (rehearsed.new, stored(tenant)) == (3, [])
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("bob@example.org")])

    first = import_suppressions(tenant, Channel.EMAIL, FILE.encode())
    second = import_suppressions(tenant, Channel.EMAIL, FILE.encode())

    assert [(each.new, each.known) for each in (first, second)] == [(2, 1), (0, 3)]
    assert len(stored(tenant)) == 2


def test_numbers_are_kept_in_e164(tenant: Tenant) -> None:
    import_suppressions(tenant, Channel.SMS, b"address\n138 0013 8000\n'+4930901820\n")

    assert [address for address, *_ in stored(tenant)] == ["+4930901820", "+8613800138000"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("nobody,,,", "line 2, address: 'nobody' is not an e-mail address."),
        ("ann@example.org", "line 2: 1 cells where the first line has 4."),
        (f"ann@example.org,{'x' * 61},,", "line 2, category: at most 60 printable characters are allowed."),
        (f"ann@example.org,,{'x' * 501},", "line 2, note: longer than 500 characters."),
        ("ann@example.org,,,soon", "line 2, expires_at: a day is written 2030-12-31, a time 2030-12-31T18:00."),
        ("ann@example.org,,,9999-12-31T23:59:59-12:00", "line 2, expires_at: that is too far away."),
        ("ann@example.org,,,2020-01-01", "line 2, expires_at: that is over already."),
    ],
)
def test_one_wrong_line_and_nothing_is_stored(tenant: Tenant, line: str, complaint: str) -> None:
    data = f"address,category,note,expires_at\n{line}\nbob@example.org,,,\n"

    imported = import_suppressions(tenant, Channel.EMAIL, data.encode())

    assert ([str(error) for error in imported.errors], stored(tenant)) == ([complaint], [])


@pytest.mark.parametrize("data", [b"", b"category\nnewsletter\n", b"email\nann@example.org\n", b"address\n\xff\n"])
def test_a_file_that_is_of_no_use_is_refused(tenant: Tenant, data: bytes) -> None:
    with pytest.raises(FileRefused):
        import_suppressions(tenant, Channel.EMAIL, data)


def test_the_command_reads_a_file_and_names_its_wrong_lines(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression_import, "_BATCH", 1)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(FILE, encoding="utf-8")
    bad.write_text("address\nnobody\n", encoding="utf-8")

    def run(*arguments: object) -> str:
        out = StringIO()
        call_command("import_suppressions", "acme", *map(str, arguments), stdout=out)
        return out.getvalue()

    assert run(good, "--dry-run") == "Would import: 3 new, 0 on the list before.\n"
    assert run(good) == "Imported: 3 new, 0 on the list before.\n"
    assert len(stored(tenant)) == 3
    for arguments, words in [((bad,), "line 2, address"), ((good, "--channel", "sms"), "not a phone number")]:
        with pytest.raises(CommandError, match=words):
            run(*arguments)
