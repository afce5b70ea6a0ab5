"""What we sign, a receiver that others wrote the rules for finds right; and wrong as soon as anybody touches it."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from notifications.contracts import Address, FileIn
from notifications.delivery import dkim, mime
from notifications.parcel import Composed
from tenants import identities
from tenants.identities import DomainKey
from tenants.sealed import Secret
from tests.fakes.dkim_receiver import Untrusted, verify
from tests.faults.harness.mail import message
from tests.unit.test_mime_fuzz import COMPOSED

#: RFC 8463, appendix A: signed by its authors, with a key that they published.
RFC_8463 = b"""\
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
RFC_8463_RECORD = {
    "test._domainkey.football.example.com": "v=DKIM1; k=rsa; "
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3"
    "FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
}
PRIVATE, PUBLIC = identities.make_key(1024)
RECORDS = {"angarium._domainkey.example.test": f"v=DKIM1; k=rsa; p={PUBLIC}"}
UNSUBSCRIBE = {"List-Unsubscribe": "<https://example.test/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def signed(composed: Composed) -> bytes:
    key = DomainKey("example.test", "angarium", Secret.of(PRIVATE))
    return dkim.sign(mime.build(composed), key)


def is_trusted(mail: bytes) -> bool:
    try:
        verify(mail, RECORDS)
    except Untrusted:
        return False
    return True


def test_the_receiver_knows_right_from_wrong() -> None:
    assert verify(RFC_8463, RFC_8463_RECORD)["d"] == "football.example.com"
    for change in ((b"Joe.", b"Joe!"), (b"ready?", b"burnt?"), (b"; s=test", b"; s=test; i=@example.com")):
        with pytest.raises(Untrusted):
            verify(RFC_8463.replace(*change), RFC_8463_RECORD)


@given(COMPOSED)
@example(message())
@example(message(text=""))
@example(message(text="\n\n \n\t\n\n"))
@example(message(text="  two  blanks \t and a tab\t\n. a dot\n.\n"))
@example(message(subject="Grüße " * 40, sender=Address("shop@example.test", "Der Laden für alles")))
@example(message(to=(Address("jürgen@example.test", "Jürgen à la carte"),)))
@example(message(html="<p>Hello", files=(FileIn("a.pdf", b"%PDF" * 4000, "application/pdf"),)))
@example(message(own_headers=UNSUBSCRIBE))
@settings(max_examples=150)
def test_whatever_is_signed_is_found_right(composed: Composed) -> None:
    mail = signed(composed)

    assert verify(mail, RECORDS)["d"] == "example.test"
    assert max(map(len, mail.partition(b"\r\nDate:")[0].split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Your order", b"Your debts"),
        (b"Subject: Order 1", b"Subject: Order 2"),
        (b"From: The Shop", b"From: The Bank"),
        (b"To: user1@", b"To: user2@"),
        (b"text/plain", b"text/html"),
        (b"=One-Click", b"=Two-Click"),
        (b"example.test/u/1", b"example.test/u/2"),
        (b"\r\nFrom: ", b"\r\nFrom: eve@example.test\r\nFrom: "),
        (b"\r\nSubject: ", b"\r\nSubject: Overdue\r\nSubject: "),
        (b"\r\nMIME-Version: ", b"\r\nCc: eve@example.test\r\nMIME-Version: "),
        (b"\r\nMIME-Version: ", b"\r\nReply-To: eve@example.test\r\nMIME-Version: "),
        (b"\r\nContent-Type: ", b"\r\nContent-Type: text/html\r\nContent-Type: "),
    ],
)
def test_whoever_changes_or_adds_what_readers_see_is_found_out(old: bytes, new: bytes) -> None:
    mail = signed(message(1, own_headers=UNSUBSCRIBE))
    changed = mail.replace(old, new, 1)

    assert changed != mail
    assert is_trusted(mail)
    assert not is_trusted(changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # What servers on the way do, and what relays such as Amazon SES do.
        (rb"^", b"Received: from a by b; Sun, 01 Mar 2026 12:00:00 +0000\r\n"),
        (rb"Message-ID: <[^>]*>", b"Message-ID: <another@relay.test>"),
        (rb"Date: [^\r]*", b"Date: Mon, 02 Mar 2026 12:00:00 +0000"),
        (rb"Subject: Order 1", b"subject:   Order\r\n\t1 "),
        (rb"has left\.\r\n", b"has  left. \r\n\r\n\r\n"),
    ],
)
def test_what_happens_on_the_way_breaks_nothing(old: bytes, new: bytes) -> None:
    mail = signed(message(1))
    changed = re.sub(old, new, mail, count=1)

    assert changed != mail
    assert is_trusted(changed)


def test_both_headers_of_the_one_click_are_signed() -> None:
    """RFC 8058, 4: without it mail services show no button."""
    names = verify(signed(message(own_headers=UNSUBSCRIBE)), RECORDS)["h"].split(":")

    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert "list-unsubscribe" not in verify(signed(message()), RECORDS)["h"]


def test_a_signature_of_somebody_else_s_key_is_none() -> None:
    other, _ = identities.make_key(1024)
    mail = dkim.sign(mime.build(message()), DomainKey("example.test", "angarium", Secret.of(other)))

    assert not is_trusted(mail)


def test_it_stands_above_what_it_signs_and_changes_none_of_it() -> None:
    composed = replace(message(), text="a\n")
    built = mime.build(composed, now=0)
    mail = dkim.sign(built, DomainKey("example.test", "angarium", Secret.of(PRIVATE)))

    assert mail.startswith(
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=example.test; s=angarium;\r\n "
    )
    assert mail.endswith(built)
