"""Whatever stands in any field, our bytes parse to the message that the standard library would have made."""

import email
import re
from dataclasses import replace
from email import policy
from email.headerregistry import Address as StdAddress
from email.message import EmailMessage
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from notifications.contracts import Address, FileIn
from notifications.delivery import mime
from notifications.delivery.mime_headers import one_line
from notifications.parcel import Composed

ANY = st.text(max_size=120) | st.text('ab "\\,;<>@=?_\r\n\t.é漢😀', max_size=60)
NASTY = st.sampled_from(
    [
        "x\r\nBcc: victim@x.test", "x\nBcc: victim@x.test", "=?utf-8?q?=0D=0ABcc:_v@x.test?=", "\r\n\r\n<script>",
        "=?utf-8?b?Zm9v?= =?utf-8?b?YmFy?=", '"', "\\", "a" * 500, "ä" * 200, "a " * 200, " lead and trail ", "a\x00b",
        "\u2028Bcc: v@x.test", "\x85Bcc: v@x.test", "用户，您好", "😀" * 9, "--=_mixed", "--=_alternative--", "..", ".",
        "", "a,b <c@d.test>", "(comment)", "a  b", "=?", "?=", "=?x?", "=?a?b", "=?a?b?c", "=?utf-8?q?a?=b", "a;b=c",
        "'", "utf-8''a", "%41", "a*0*=b",
    ]
)  # fmt: skip
STRING = ANY | NASTY
LOCAL = st.text("abcxyz0189!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20)
EMAIL = st.builds("{}@{}.test".format, LOCAL, st.text("abc-", min_size=1, max_size=10).map(lambda s: f"d{s}d"))
ADDRESS = st.builds(Address, EMAIL, STRING)
HEADER_NAME = st.from_regex(r"X-[A-Za-z0-9-]{1,40}", fullmatch=True)
FILE = st.builds(
    FileIn,
    name=STRING,
    data=st.binary(max_size=200),
    content_type=st.sampled_from(["application/pdf", "image/png", "text/plain", "application/x.y+z"]) | STRING,
    content_id=st.none() | st.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True) | STRING,
)
ATTACHMENT = st.builds(
    FileIn, name=STRING, data=st.binary(max_size=200), content_type=st.sampled_from(["application/pdf", "image/png"])
)
COMPOSED = st.builds(
    Composed,
    message_id=st.just(1),
    rfc_message_id=st.just("<1@angarium.test>"),
    mail_from=st.just("a@x.test"),
    rcpt_to=st.just(("b@x.test",)),
    sender=ADDRESS,
    to=st.lists(ADDRESS, min_size=1, max_size=4).map(tuple),
    cc=st.lists(ADDRESS, max_size=2).map(tuple),
    bcc=st.lists(ADDRESS, max_size=2).map(tuple),
    reply_to=st.lists(ADDRESS, max_size=2).map(tuple),
    subject=STRING,
    html=st.none() | STRING,
    text=st.none() | STRING,
    headers=st.dictionaries(HEADER_NAME, STRING, max_size=3),
    files=st.lists(FILE, max_size=3).map(tuple),
)


def build(composed: Composed) -> EmailMessage:
    raw = mime.build(composed, now=0)
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw) is None
    assert max(map(len, lines)) <= 998
    parsed = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def as_text(value: str | None) -> str:
    text = re.sub(r"\r\n?", "\n", value or "")
    return text if text.endswith("\n") else text + "\n"


def solid(name: str) -> str:
    """The library's reader adds spaces between the encoded words of a name, and folds runs of them elsewhere."""
    return "".join(name.split())


@settings(max_examples=200, deadline=None)
@given(COMPOSED)
def test_the_headers_are_exactly_those_that_were_meant(composed: Composed) -> None:
    parsed = build(composed)

    names = ["Date", "Message-ID", "To", *(["Cc"] if composed.cc else []), "Subject", "From"]
    names += [*(["Reply-To"] if composed.reply_to else []), *composed.headers, "MIME-Version", "Content-Type"]
    assert [name for name in parsed if name != "Content-Transfer-Encoding"] == names
    assert parsed["Subject"] == one_line(composed.subject)
    for name, value in composed.headers.items():
        assert parsed[name] == one_line(value)
    for name, addresses in (
        ("From", [composed.sender]),
        ("To", composed.to),
        ("Cc", composed.cc),
        ("Reply-To", composed.reply_to),
    ):
        found = parsed[name].addresses if parsed[name] else ()
        assert [(each.addr_spec, solid(each.display_name)) for each in found] == [
            (each.email, solid(one_line(each.name))) for each in addresses
        ]


@settings(max_examples=200, deadline=None)
@given(COMPOSED)
@example(Composed(1, "<1@x>", "a@x.test", (), Address("a@x.test"), (Address("b@x.test"),), "s", None, "a\r\rb"))
def test_the_texts_and_files_are_exactly_those_that_were_meant(composed: Composed) -> None:
    parsed = build(composed)

    leaves = [part for part in parsed.walk() if not part.is_multipart()]
    texts = [as_text(part.get_content()) for part in leaves if part.get_content_disposition() is None]
    files = [part for part in leaves if part.get_content_disposition() is not None]
    wanted = [text for text in (composed.text, composed.html) if text is not None] or [""]
    assert texts == [as_text(text) for text in wanted]
    assert sorted((file_name(part), payload(part)) for part in files) == sorted(
        (one_line(file.name) or "attachment", file.data) for file in composed.files
    )


@settings(max_examples=200, deadline=None)
@given(COMPOSED, st.lists(ATTACHMENT, max_size=3).map(tuple))
def test_the_standard_library_would_have_made_the_same_message(composed: Composed, files: tuple[FileIn, ...]) -> None:
    composed = replace(composed, files=files)
    # The library decodes what merely looks like an encoded word already when it is set; we do not.
    assume("=?" not in repr(composed))

    ours = build(composed)

    assert outline(ours) == outline(by_standard_library(composed))


def payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def file_name(part: EmailMessage) -> str | None:
    """As it is written; ``get_filename`` takes quotes and angle brackets off."""
    disposition = part["Content-Disposition"]
    return disposition.params.get("filename") if disposition else None


def outline(found: EmailMessage) -> list[Any]:
    """All that a reader sees of a message, but for the order of headers and the names of boundaries."""
    headers = {
        name: [(each.addr_spec, solid(each.display_name)) for each in value.addresses]
        if hasattr(value, "addresses")
        else str(value)
        for name, value in found.items()
        if not name.startswith("Content-")
    }
    parts = [
        (
            part.get_content_type(),
            part.get_content_disposition(),
            file_name(part),
            part["Content-ID"],
            None if part.is_multipart() else payload(part).replace(b"\r\n", b"\n"),
        )
        for part in found.walk()
    ]
    return [headers, parts]


def by_standard_library(composed: Composed) -> EmailMessage:
    # Not as bytes: Python 3.11's writer drops addresses from long lists.
    made = EmailMessage(policy=policy.default)
    made["Date"] = "Thu, 01 Jan 1970 00:00:00 +0000"
    made["Message-ID"] = composed.rfc_message_id
    made["From"] = std_address(composed.sender)
    for name, addresses in (("To", composed.to), ("Cc", composed.cc), ("Reply-To", composed.reply_to)):
        if addresses:
            made[name] = tuple(map(std_address, addresses))
    made["Subject"] = one_line(composed.subject)
    for name, value in composed.headers.items():
        made[name] = one_line(value)
    if composed.text is not None or composed.html is None:
        made.set_content(as_text(composed.text))
        if composed.html is not None:
            made.add_alternative(as_text(composed.html), subtype="html")
    else:
        made.set_content(as_text(composed.html), subtype="html")
    for file in composed.files:
        maintype, subtype = file.content_type.split("/")
        made.add_attachment(file.data, maintype, subtype, filename=one_line(file.name) or "attachment")
    return made


def std_address(address: Address) -> StdAddress:
    local, _, domain = address.email.rpartition("@")
    return StdAddress(one_line(address.name), local, domain)
