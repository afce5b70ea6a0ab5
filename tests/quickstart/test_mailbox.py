"""What the catcher's page reads may be anything at all: it is shown as far as it goes, quickly, and never raises."""

import time
from pathlib import Path

import pytest

from config.standalone.mailbox import Mail, Mailbox, read, summarise

DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
HOSTILE = {
    "nothing": b"",
    "only_bytes": bytes(range(256)) * 50,
    "no_subject": b"From: a@example.com\r\n\r\nbody",
    "lone_colon": b": \r\n:\r\n\r\nbody",
    "unknown_charset": b"Subject: =?klingon?B?4pi6?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
    "charset_that_is_no_charset": b"Content-Type: text/plain; charset=zlib\r\n\r\nx",
    "charset_with_nul": b'Content-Type: text/plain; charset="a\x00b"\r\n\r\nx',
    "lone_surrogates": b"Content-Type: text/html; charset=unicode_escape\r\n\r\n\\ud800 \\udfff",
    "broken_base64": b"Content-Transfer-Encoding: base64\r\nContent-Type: text/html\r\n\r\n!!!=",
    "broken_encoded_words": b"Subject: =?utf-8?B?/////w=?= =?utf-8?Q?=ZZ?= =?\r\n\r\nx",
    "raw_latin1_header": b"Subject: caf\xe9\r\n\r\nx",
    "endless_encoded_words": b"Subject: " + b"=?a?q?" * 60_000 + b"\r\n\r\nx",
    "many_headers": b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\nx",
    "nested_without_end": DEEP + b"\r\nx",
    "boundary_missing": b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
    "huge_rfc2231_number": b"Content-Disposition: attachment; filename*" + b"9" * 5000 + b"*=x\r\n\r\nx",
    "filename_with_path": b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nx',
    "filename_with_newline": b"Content-Disposition: attachment; filename*=utf-8''a%0d%0aX: y\r\n\r\nx",
    "message_in_message": b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\n\xff",
    "punycode": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * 200_000,
}


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return tmp_path


def keep(maildir: Path, content: bytes, number: int = 1) -> Path:
    path = maildir / "new" / f"{1_700_000_000_000_000_000 + number}.1_0.eml"
    path.write_bytes(content)
    return path


def everything(mail: Mail) -> str:
    pieces = [mail.summary.subject, mail.summary.sender, mail.text or "", mail.html or ""]
    pieces += [text for header in mail.headers for text in header]
    pieces += [text for part in mail.parts for text in (part.filename, part.content_type, part.content_id)]
    return "".join([*pieces, *mail.summary.recipients])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_quickly_and_can_be_shown(maildir: Path, name: str):
    path = keep(maildir, HOSTILE[name])
    started = time.monotonic()

    summary, mail = summarise(path), read(path)

    assert time.monotonic() - started < 1
    assert summary == mail.summary
    everything(mail).encode("utf-8")


def test_a_filename_stays_a_name(maildir: Path):
    names = [read(keep(maildir, HOSTILE[f"filename_with_{what}"])).parts[0].filename for what in ("path", "newline")]

    assert not any(character in name for name in names for character in "/\\\r\n")


def test_bodies_attachments_and_the_envelope_are_told_apart(maildir: Path):
    path = keep(
        maildir,
        b"Return-Path: <bounce@example.com>\r\nDelivered-To: bcc@example.com\r\n"
        b"From: =?utf-8?B?5byg5Lyf?= <wei@example.com>\r\nSubject: \xe4\xbd\xa0\xe5\xa5\xbd\r\n"
        b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
        b'--m\r\nContent-Type: multipart/alternative; boundary="a"\r\n\r\n'
        b"--a\r\nContent-Type: text/plain; charset=gb18030\r\n\r\n" + "你好".encode("gb18030") + b"\r\n"
        b"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>hi</b>\r\n--a--\r\n"
        b"--m\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\n"
        b'Content-Disposition: inline; filename="logo.png"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--m--\r\n",
    )

    mail = read(path)

    assert (mail.text, mail.html) == ("你好", "<b>hi</b>")
    assert [(part.filename, part.content_id, part.content) for part in mail.parts] == [("logo.png", "logo", b"\0\1\2")]
    assert mail.summary.sender == "张伟 <wei@example.com>"
    assert mail.summary.subject == "你好"
    assert mail.summary.recipients == ["bcc@example.com"]


def test_names_come_newest_first_and_skip_what_is_no_message(maildir: Path):
    older, newer = keep(maildir, b"x", 1), keep(maildir, b"x", 2)
    (maildir / "new" / "notes.txt").write_text("x")

    assert Mailbox(maildir).names() == [newer.name, older.name]


@pytest.mark.parametrize("name", ["../lock", "/etc/passwd", "1.eml", "..", "1700000000000000001.1_0.eml\n", ""])
def test_a_name_cannot_leave_the_maildir(maildir: Path, name: str):
    keep(maildir, b"x")

    assert Mailbox(maildir).find(name) is None
