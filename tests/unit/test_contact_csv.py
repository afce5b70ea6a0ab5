"""Contacts as CSV: hostile files, and cells that come back as they went out (FAULTS S10)."""

import csv
import io
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import contact_csv
from tenants.contact_csv import read, write
from tenants.errors import FileRefused
from tenants.models import Contact
from tenants.sheets import guard, unguard

#: What spreadsheets may run, call or misread.
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://evil.example","x")',
    "'=1",
    "''",
    "=",
]


def only(text: str) -> Any:
    sheet = read(text.encode())
    assert not sheet.errors
    (line,) = sheet.lines
    return line.values


def reasons(text: str) -> list[str]:
    return [str(error) for error in read(text.encode()).errors]


def refusal(data: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        read(data)
    return str(refused.value)


def test_all_columns_are_read() -> None:
    values = only(
        "user_id,name,email,phone,language,policies,depts,groups,is_active\n"
        '7,"Ann, née Lee",Ann@BÜCHER.test,+49 151 2345678,zh_CN,ADMIN AUDIT,1 2,3,no\n'
    )

    assert values == {
        "user_id": 7,
        "name": "Ann, née Lee",
        "email": "Ann@xn--bcher-kva.test",
        "phone": "+491512345678",
        "language": "zh_CN",
        "policies": ["ADMIN", "AUDIT"],
        "depts": [1, 2],
        "groups": [3],
        "is_active": False,
    }


def test_a_column_that_is_not_there_is_not_among_the_values() -> None:
    assert only("email\nann@example.org") == {"email": "ann@example.org"}


def test_empty_cells_clear() -> None:
    assert only("user_id;email;name;policies;is_active\n7;;;;") == {
        "user_id": 7,
        "email": None,
        "name": "",
        "policies": [],
        "is_active": True,
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_what_spreadsheets_write_is_read(delimiter: str, newline: str, bom: str) -> None:
    text = newline.join([f"{bom}User_ID{delimiter} email ", "", f"7{delimiter}ann@example.org", f"{delimiter}", ""])

    assert only(text) == {"user_id": 7, "email": "ann@example.org"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,ann@example.org,Ann", "line 2, user_id: a number of at most 18 digits is expected."),
        ("-1,ann@example.org,Ann", "line 2, user_id: a number of at most 18 digits is expected."),
        ("٣,ann@example.org,Ann", "line 2, user_id: a number of at most 18 digits is expected."),
        ("1,nobody,Ann", "line 2, email: 'nobody' is not an e-mail address."),
        ("1,-oQ@example.org,Ann", "line 2, email: '-oQ@example.org' has characters that addresses may not have."),
        (f"1,ann@example.org,{'x' * 201}", "line 2, name: longer than 200 characters."),
        ('1,ann@example.org,"a\nb"', "line 2, name: line breaks and control characters are not allowed."),
        ("1,ann@example.org,a\0b", "line 2, name: line breaks and control characters are not allowed."),
        ("1,ann@example.org", "line 2: 2 cells where the first line has 3."),
        ("1,ann@example.org,Ann,x", "line 2: 4 cells where the first line has 3."),
        (",,Ann", "line 2: neither user_id nor email is given."),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_number(line: str, reason: str) -> None:
    assert reasons(f"user_id,email,name\n{line}\n") == [reason]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("phone", "13800138000"),
        ("language", "en; DROP"),
        ("policies", "x" * 81),
        ("depts", "one"),
        ("groups", " ".join(map(str, range(51)))),
        ("is_active", "perhaps"),
    ],
)
def test_each_column_has_its_form(column: str, cell: str) -> None:
    (reason,) = reasons(f'email,{column}\nann@example.org,"{cell}"')

    assert reason.startswith(f"line 2, {column}: ")


def test_every_line_that_is_wrong_is_reported_and_the_others_are_read() -> None:
    sheet = read(b"email\nnobody\nann@example.org\n\nnobody else\n")

    assert [error.line for error in sheet.errors] == [2, 5]
    assert [line.number for line in sheet.lines] == [3]


def test_lines_are_counted_as_editors_count_them() -> None:
    sheet = read(b'email,name\n"ann@example.org","Ann"\nnobody,"a\nb"\nnobody,x\n')

    assert [error.line for error in sheet.errors] == [3, 5]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"ann@example.org,Ann\n", "there is no column 'ann@example.org'"),
        (b"email,\n", "there is no column ''"),
        (b"email,email\n", "names a column twice"),
        (b"name\nAnn", "neither user_id nor email"),
        (b"email\n\xff\xfe", "not UTF-8 (line 2)"),
        ("email\nann@example.org".encode("utf-16"), "not UTF-8"),
        (b'email,name\nann@example.org,"Ann\n', "line 2 is not CSV"),
        (b'email,name\nann@example.org,"Ann"x\n', "line 2 is not CSV"),
        (b"email,name\nann@example.org," + b"x" * 200_000, "line 2 is not CSV"),
        (b"PK\x03\x04\x14\x00\x06\x00", "there is no column"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_as_a_whole(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_a_file_over_the_size_limit_is_refused_unread() -> None:
    started = time.thread_time()

    assert "larger than 20 MB" in refusal(b"\xff" * (contact_csv.MAX_BYTES + 1))
    assert time.thread_time() - started < 1


def test_a_file_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_csv, "MAX_ROWS", 2)

    assert "more than 2 lines" in refusal(b"email\na@example.org\nnobody\nc@example.org\n")


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_exported_cell_begins_like_a_formula(cell: str) -> None:
    assert guard(cell).startswith("'")
    assert unguard(guard(cell)) == cell


@given(st.text())
def test_every_cell_comes_back_as_it_went_out(cell: str) -> None:
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize("cell", ["'tis", "O'Neill", "ann@example.org", ""])
def test_cells_that_are_no_formula_are_left_alone(cell: str) -> None:
    assert unguard(cell) == cell


CLEAN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).map(str.strip)


@given(CLEAN, st.integers(0, 10**18 - 1), st.lists(st.from_regex(r"\A[=+@'A-Z-]{1,8}\Z"), unique=True, max_size=3))
def test_an_export_is_imported_as_it_was(name: str, user_id: int, policies: list[str]) -> None:
    contact = Contact(pk=1, user_id=user_id, name=name, phone="+8613800138000", policies=policies)

    text = "".join(write([contact], {1: {"depts": [1, 2]}}))

    values = only(text)
    assert (values["name"], values["user_id"], values["policies"]) == (name, user_id, policies)
    assert (values["phone"], values["email"], values["depts"]) == ("+8613800138000", None, [1, 2])
    assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] in ("=", "+", "-", "@")]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(FileRefused):
        read(b"email,name\n" + data)
