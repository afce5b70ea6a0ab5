"""multipart/form-data taken apart: what real clients write, and everything that must not pass for it."""

import time
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.facades import multipart
from notifications.facades.multipart import Part, split
from notifications.facades.refusals import BodyUnreadable


def part(*headers: str, data: bytes = b"x") -> bytes:
    return b"--b\r\n" + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + data + b"\r\n"


def form(name: str, data: bytes = b"x") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', data=data)


def only(raw: bytes) -> Part:
    (found,) = split(raw, "b")
    return found


def refusal(raw: bytes, boundary: str = "b") -> str:
    with pytest.raises(BodyUnreadable) as refused:
        split(raw, boundary)
    return str(refused.value.params["reason"])


def test_parts_come_in_their_order_with_their_headers() -> None:
    raw = (
        b"--b\r\n"
        b'Content-Disposition: form-data; name="body"\r\n'
        b"Content-Type: application/json; charset=utf-8\r\n"
        b"\r\n"
        b"{}\r\n"
        b"--b\r\n"
        b'content-disposition: form-data; name="logo"; filename="Logo.png"\r\n'
        b"content-type: image/png\r\n"
        b"CONTENT-ID: <Logo@x>\r\n"
        b"\r\n"
        b"\x89PNG\r\n\r\n--\r\n"
        b"--b--\r\n"
    )

    assert split(raw, "b") == (
        Part("body", None, "application/json", None, b"{}"),
        Part("logo", "Logo.png", "image/png", "Logo@x", b"\x89PNG\r\n\r\n--"),
    )


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ('filename="a.txt"', "a.txt"),
        ("filename=a.txt", "a.txt"),
        ('filename="résumé 简历.pdf"', "résumé 简历.pdf"),
        ("filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        ('filename="a \\"b\\"; c.txt"', 'a "b"; c.txt'),
        ('filename=""', ""),
    ],
)
def test_file_names_are_read_as_clients_write_them(parameter: str, name: str) -> None:
    raw = part(f'Content-Disposition: form-data; name="f"; {parameter}') + b"--b--"

    assert only(raw).file_name == name


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\n", b"--", b"-b", b"\r\n--", b"\r\n--c\r\n", b"\0" * 10, b"x--b"])
def test_the_bytes_of_a_part_are_what_stands_between_the_breaks(data: bytes) -> None:
    assert only(form("f", data) + b"--b--").data == data


def test_an_empty_part_may_leave_out_its_own_break() -> None:
    assert only(b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n--b--').data == b""


def test_what_stands_before_and_after_is_ignored() -> None:
    assert only(b"preamble\r\n" + form("f") + b"--b--\r\nepilogue").name == "f"


def test_blanks_may_follow_the_boundary() -> None:
    assert only(form("f").replace(b"--b\r\n", b"--b \t\r\n", 1) + b"--b--").name == "f"


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_body_that_breaks_off_is_never_taken_for_a_whole_one(cut: int) -> None:
    raw = form("f", b"12345") + b"--b--"

    assert refusal(raw[:-cut])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "the boundary that its Content-Type names"),
        (b"{}", "the boundary that its Content-Type names"),
        (b"\n--b--", "the boundary that its Content-Type names"),
        (b"--b", "ended early"),
        (b"--b\r\n", "ended early"),
        (form("f", b"x\r\n--bx\r\ny") + b"--b--", "holds the boundary"),
        (b"--b\r\nx\r\n--b--", "no headers"),
        (part("no header") + b"--b--", "a header that is none"),
        (part(" folded: x") + b"--b--", "a header that is none"),
        (part("Content-Type: text/plain") + b"--b--", "no 'Content-Disposition: form-data'"),
        (part("Content-Disposition: form-data") + b"--b--", "no 'Content-Disposition: form-data'"),
        (part('Content-Disposition: attachment; name="f"') + b"--b--", "no 'Content-Disposition: form-data'"),
        (part("X: " + "x" * 9000) + b"--b--", "no headers, or too many"),
        (b"--b\r\nX: \xff\r\n\r\nx\r\n--b--", "not UTF-8"),
        (part("Content-Disposition: form-data; name*=nonsense''f") + b"--b--", "an encoded name"),
        (
            part('Content-Disposition: form-data; name="f"', "Content-Transfer-Encoding: base64") + b"--b--",
            "Content-Transfer-Encoding",
        ),
        (form("f") * (multipart.MAX_PARTS + 1) + b"--b--", "more than 32 parts"),
    ],
)
def test_what_is_no_form_is_refused_in_words(raw: bytes, words: str) -> None:
    assert words in refusal(raw)


@pytest.mark.parametrize("boundary", ["", " ", "x" * 71, "b ", "é", "b\r\n", 'b"'])
def test_a_boundary_has_its_form(boundary: str) -> None:
    assert "no valid boundary" in refusal(b"--b--", boundary)


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1), st.binary()), max_size=5
    )
)
def test_what_a_client_writes_comes_back(files: list[tuple[str, bytes]]) -> None:
    request = httpx.Request("POST", "http://x", files=[("f", (name, data)) for name, data in files] or {"f": b"x"})
    boundary = request.headers["Content-Type"].partition("boundary=")[2]

    found = split(request.read(), boundary)

    assert [file.data for file in found] == ([data for _, data in files] or [b"x"])


@given(st.binary())
def test_any_bytes_are_taken_apart_or_refused(raw: bytes) -> None:
    with suppress(BodyUnreadable):
        split(raw, "b")
    with suppress(BodyUnreadable):
        split(b"--b\r\n" + raw + b"\r\n--b--", "b")


@pytest.mark.parametrize("filler", [b"\r\n--", b"\r\n--bb", b"\r\n", b"-"])
def test_adversarial_bodies_take_linear_time(filler: bytes) -> None:
    raw = b'--bbbbbbbbbb\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + filler * (8_000_000 // len(filler))
    started = time.thread_time()

    with pytest.raises(BodyUnreadable):
        split(raw, "bbbbbbbbbb")

    assert time.thread_time() - started < 5
