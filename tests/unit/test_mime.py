"""The bytes of a message: structure, encodings, limits; and what is never written."""

import base64
import email
import os
import re
import tracemalloc
from email import policy
from email.message import EmailMessage

import pytest

from notifications.contracts import Address, FileIn
from notifications.delivery import mime
from notifications.delivery.mime_parts import CACHE_BYTES
from notifications.parcel import Composed
from tenants.errors import InvalidField
from tests.faults.harness.mail import message

NOW = 1_772_366_400.0  # 2026-03-01 12:00 UTC


def parsed(composed: Composed) -> EmailMessage:
    found = email.message_from_bytes(mime.build(composed, now=NOW), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


def text_of(found: EmailMessage) -> str:
    return str(found.get_content()).replace("\r\n", "\n")


def types(found: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in found.walk()]


def test_a_plain_message_reads_as_it_should() -> None:
    assert mime.build(message(7), now=NOW) == (
        b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
        b"Message-ID: <7@angarium.test>\r\n"
        b"To: user7@example.test\r\n"
        b"Subject: Order 7\r\n"
        b"From: The Shop <shop@example.test>\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Your order 7 has left.\r\n"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "a"}, ["text/plain"]),
        ({"text": None, "html": "<p>a"}, ["text/html"]),
        ({"text": None, "html": None}, ["text/plain"]),
        ({"text": "a", "html": "<p>a"}, ["multipart/alternative", "text/plain", "text/html"]),
    ],
)
def test_the_structure_follows_the_texts(fields: dict[str, str | None], expected: list[str]) -> None:
    assert types(parsed(message(**fields))) == expected  # type: ignore[arg-type]


def test_files_nest_inside_and_beside_the_texts() -> None:
    files = (
        FileIn("logo.png", b"\x89PNG", "image/png", content_id="logo@shop"),
        FileIn("invoice.pdf", b"%PDF", "application/pdf"),
    )

    found = parsed(message(html='<img src="cid:logo@shop">', files=files))

    assert types(found) == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    image, invoice = (part for part in found.walk() if part.get_filename())
    assert (image["Content-ID"], image.get_content_disposition(), image.get_content()) == (
        "<logo@shop>",
        "inline",
        b"\x89PNG",
    )
    assert (invoice.get_filename(), invoice.get_content_disposition(), invoice.get_content()) == (
        "invoice.pdf",
        "attachment",
        b"%PDF",
    )


def test_an_inline_file_without_html_is_an_attachment() -> None:
    found = parsed(message(files=(FileIn("logo.png", b"x", "image/png", content_id="logo"),)))

    assert types(found) == ["multipart/mixed", "text/plain", "image/png"]


@pytest.mark.parametrize("content_type", ["message/rfc822", "multipart/mixed", "nonsense", "", "text/html\r\nX: y"])
def test_a_file_of_a_type_that_cannot_be_base64_goes_as_bytes(content_type: str) -> None:
    (part,) = parsed(message(files=(FileIn("a.eml", b"From: x\r\n\r\n", content_type),))).iter_attachments()

    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == b"From: x\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello\n", "7bit"),
        ("x" * 998 + "\n", "7bit"),
        ("x" * 999 + "\n", "quoted-printable"),
        ("With a \x07 bell\n", "quoted-printable"),
        ("A déjà vu among many words of plain English text\n", "quoted-printable"),
        ("尊敬的客户，您的订单已发货\n", "base64"),
        ("--=_alternative\n", "quoted-printable"),
    ],
)
def test_the_encoding_suits_the_text(text: str, encoding: str) -> None:
    found = parsed(message(text=text))

    assert found["Content-Transfer-Encoding"] == encoding
    assert text_of(found) == text


def test_line_ends_of_a_text_become_one_kind() -> None:
    assert text_of(parsed(message(text="a\r\nb\rc\nd"))) == "a\nb\nc\nd\n"


def test_a_lone_surrogate_does_not_stop_the_message() -> None:
    found = parsed(message(text="a\ud800b", subject="c\ud800d"))

    assert text_of(found) == "a?b\n"
    assert found["Subject"] == "c d"


@pytest.mark.parametrize("boundary", ["--=_alternative", "--=_alternative--", "--=_mixed", "--=_related--"])
@pytest.mark.parametrize("around", ["{}", "\n{}\n", "\r\n{}\r\n", "ü\n{}\n", "漢字漢字漢字\n{}\n"])
def test_no_text_can_end_its_own_part(boundary: str, around: str) -> None:
    text = around.format(boundary)
    files = (FileIn("a", text.encode(), content_id="a"), FileIn(boundary, text.encode()))

    found = parsed(message(text=text, html=text, files=files))

    assert len(types(found)) == 7


def test_bcc_is_never_written() -> None:
    composed = message(1, "a@x.test", "secret@x.test", to=(Address("a@x.test"),), bcc=(Address("secret@x.test"),))

    assert b"secret" not in mime.build(composed)


def test_a_message_to_hidden_recipients_only_names_none() -> None:
    composed = message(1, "secret@x.test", to=(), bcc=(Address("secret@x.test"),))

    assert b"To: undisclosed-recipients:;\r\n" in mime.build(composed)


def test_all_recipients_and_the_reply_address_are_named() -> None:
    composed = message(
        to=(Address("a@x.test", "Ann"), Address("b@x.test")),
        cc=(Address("c@x.test", "Cee, Dee"),),
        reply_to=(Address("r@x.test", "回复"),),
    )

    found = parsed(composed)

    assert str(found["To"]) == "Ann <a@x.test>, b@x.test"
    assert str(found["Cc"]) == '"Cee, Dee" <c@x.test>'
    assert str(found["Reply-To"]) == "回复 <r@x.test>"


def test_an_address_list_header_of_a_mailing_list_stays_readable() -> None:
    link = "<https://shop.example.test/unsubscribe?token=" + "a" * 300 + ">, <mailto:leave@shop.example.test>"

    built = mime.build(message(headers={"List-Unsubscribe": link}))

    assert b"List-Unsubscribe: " + link.replace(", ", ",\r\n ").encode() + b"\r\n" in built


@pytest.mark.parametrize(
    "name",
    ["From", "to", "CC", "Bcc", "Sender", "Return-Path", "Message-ID", "Date", "MIME-Version", "Content-Type",
     "content-x", "DKIM-Signature", "Received", "Resent-Bcc", "Subject", "Reply-To"],
)  # fmt: skip
def test_headers_that_are_ours_cannot_be_set(name: str) -> None:
    with pytest.raises(InvalidField, match="cannot be set"):
        mime.build(message(headers={name: "x"}))


@pytest.mark.parametrize(
    "name", ["", "X A", "X:", "X-A\nBcc: v@x.test", "X-A\r\n\r\n<p>body", "X" * 65, "Ünicode", "X-A\x00", " X-A"]
)
def test_what_is_no_header_name_cannot_be_set(name: str) -> None:
    with pytest.raises(InvalidField, match="letters, digits and hyphens"):
        mime.build(message(headers={name: "x"}))


@pytest.mark.parametrize(
    "address", ["a@x.test\r\nBcc: v@x.test", "a b@x.test", "a@x.test, v@x.test", "a", "", "a@é.test"]
)
@pytest.mark.parametrize("field", ["to", "cc", "reply_to"])
def test_what_is_no_address_cannot_be_written(field: str, address: str) -> None:
    with pytest.raises(InvalidField):
        mime.build(message(**{field: (Address(address),)}))  # type: ignore[arg-type]


def test_lines_are_folded() -> None:
    composed = message(
        subject="A long subject that goes on and on until it no longer fits into a single line of a message header",
        to=tuple(Address(f"user{number}@example.test", "Ein längerer Name " * 5) for number in range(20)),
        headers={"X-Note": "word " * 100},
        files=(FileIn("Ein sehr langer Dateiname mit Umlauten äöü " * 4, b"x" * 1000),),
    )

    lines = mime.build(composed).split(b"\r\n")

    assert max(map(len, lines)) <= 78
    assert all(line.strip() for line in lines[: lines.index(b"")])


def test_a_long_file_name_reads_back() -> None:
    name = "年度报告与财务报表合并附注说明（最终版）" * 8 + ".pdf"

    (part,) = parsed(message(files=(FileIn(name, b"x", "application/pdf"),))).iter_attachments()

    assert part.get_filename() == name


def test_messages_of_one_kind_share_what_is_equal_and_nothing_else() -> None:
    one = mime.build(message(1, headers={"X-A": "1"}), now=NOW)
    two = mime.build(message(2, headers={"X-A": "2"}), now=NOW)

    assert b"X-A: 1" in one
    assert b"X-A: 2" in two
    assert two.replace(b"2@angarium", b"1@angarium").replace(b"user2", b"user1").replace(b"rder 2", b"rder 1") == (
        one.replace(b"X-A: 1", b"X-A: 2")
    )


def test_a_file_is_encoded_once_for_all_messages_that_carry_it() -> None:
    data = os.urandom(10 * 1024 * 1024)
    window = [message(number, files=(FileIn("a.bin", data),)) for number in range(10)]
    mime.build(window[0])
    tracemalloc.start()

    for composed in window:
        built = mime.build(composed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert base64.b64decode(re.split(rb"\r\n\r\n|\r\n--=_mixed--", built)[-2]) == data
    # Two messages at most, the one before and the one being built; encoding anew would show as a third.
    assert peak < 2.2 * len(built)


def test_the_memory_of_encoded_files_is_bounded() -> None:
    mime.build(message(files=(FileIn("a.bin", os.urandom(1024)),)))
    tracemalloc.start()

    for number in range(20):
        mime.build(message(number, files=(FileIn("a.bin", os.urandom(2 * 1024 * 1024)),)))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # Encoded files and, as their keys, the files themselves.
    assert kept < 2 * CACHE_BYTES
