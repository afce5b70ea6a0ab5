"""Which addresses we take, how we store them, and that none is ever turned into another mailbox (FAULTS S3, S13)."""

import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications import addresses
from tenants.errors import InvalidField

#: Whatever a JSON body can hold, half a surrogate pair included.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
#: Mostly near misses.
ANY_ADDRESS = st.builds("{}@{}".format, ANY_TEXT | st.text("aZ.+-ü用"), ANY_TEXT | st.text("aZ1.-xnßüİ例。"))


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "ann.b+tag@mail.example.org",
        "o'neill@example.org",
        "a@b.cd",
        "x" * 64 + "@example.org",
        "!#$%&'*+/=?^_`{|}~@example.org",
        "Ann@example.org",
    ],
)
def test_an_ordinary_address_is_taken_as_it_stands(text: str) -> None:
    assert addresses.parse(text).email == text


@pytest.mark.parametrize(
    ("text", "on_the_wire"),
    [
        ("bob@bücher.test", "bob@xn--bcher-kva.test"),
        ("bob@EXAMPLE.org", "bob@example.org"),
        ("用户@例子.测试", "用户@xn--fsqu00a.xn--0zwm56d"),
        ("jürgen@example.org", "jürgen@example.org"),
        (" ann@example.org ", "ann@example.org"),
        ("bob@例子。测试", "bob@xn--fsqu00a.xn--0zwm56d"),
    ],
)
def test_only_the_domain_is_rewritten(text: str, on_the_wire: str) -> None:
    assert addresses.parse(text).email == on_the_wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@localhost",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@[IPv6:::1]",
        "-oQ/tmp@x.test",
        "a b@example.org",
        '"a b"@example.org',
        "a@b@example.org",
        "a\\@example.org",
        "ann@example.org\r\nBcc: victim@example.org",
        "ann\n@example.org",
        "ann\x00@example.org",
        "ann@example.org\x00",
        "ann@exam\tple.org",
        "<ann@example.org>",
        "Ann <ann@example.org>",
        "ann@example.org, bob@example.org",
        "ann@example.org;bob@example.org",
        ".ann@example.org",
        "ann.@example.org",
        "a..b@example.org",
        ".ü@example.org",
        "ü..ü@example.org",
        "ann@.example.org",
        "ann@example.org.",
        "ann@-example.org",
        "ann@example-.org",
        "ann@exa_mple.org",
        "ann@example.123",
        "x" * 65 + "@example.org",
        "ü" * 33 + "@example.org",
        "ann@" + "x" * 64 + ".org",
        "ann@" + "x." * 130 + "org",
        "ann\u2028@example.org",
        "ann\u200b@example.org",
        "ann\u202e@example.org",
        "ann@exa\u202emple.org",
        "ann\ud800@example.org",
        "ann@exam\ud800ple.org",
    ],
    ids=ascii,
)
def test_what_could_reach_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        addresses.parse(text, field="toAddress[0]")

    assert refusal.value.params["field"] == "toAddress[0]"
    assert str(refusal.value).isprintable()
    assert str(refusal.value).encode()


@given(ANY_TEXT | ANY_ADDRESS)
@example("0@\ud800.test")
def test_whatever_is_taken_can_stand_in_a_command_and_in_a_header(text: str) -> None:
    try:
        taken = addresses.parse(text).email
    except InvalidField:
        return

    local, _, domain = taken.rpartition("@")
    assert local == text.strip(" ").rpartition("@")[0]
    assert domain.isascii()
    assert set(domain) <= set(string.ascii_lowercase + string.digits + "-.")
    assert taken.isprintable()
    assert not set(taken) & set(' <>()[],;:\\"')
    assert len(taken.encode()) <= 254


@given(ANY_TEXT | ANY_ADDRESS)
def test_taking_an_address_again_changes_nothing(text: str) -> None:
    try:
        taken = addresses.parse(text)
    except InvalidField:
        return

    assert addresses.parse(taken.email) == taken


@given(ANY_TEXT)
def test_the_form_for_comparing_is_stable(text: str) -> None:
    once = addresses.normalise(text)

    assert addresses.normalise(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.org", "ann@example.org"),
        ("ju\u0308rgen@example.org", "j\u00fcrgen@example.org"),
        ("J\u00dcRGEN@example.org", "ju\u0308rgen@example.org"),
    ],
    ids=ascii,
)
def test_spellings_of_one_mailbox_compare_equal(one: str, other: str) -> None:
    assert addresses.normalise(one) == addresses.normalise(other)


def test_letters_that_only_look_alike_stay_apart() -> None:
    assert addresses.normalise("p\u0430ypal@example.org") != addresses.normalise("paypal@example.org")


@pytest.mark.parametrize(
    ("address", "needs_it"),
    [("ann@example.org", False), ("bob@xn--bcher-kva.test", False), ("用户@example.org", True)],
)
def test_only_local_parts_beyond_ascii_need_smtputf8(address: str, needs_it: bool) -> None:
    assert addresses.needs_smtputf8(address) is needs_it


@pytest.mark.parametrize(
    ("address", "is_permitted"),
    [
        ("billing@example.com", True),
        ("Billing@EXAMPLE.com", True),
        ("anything@example.net", True),
        ("other@example.com", False),
        ("billing@sub.example.com", False),
        ("x@sub.example.net", False),
        ("billing@example.com.evil.test", False),
        ("x@evilexample.net", False),
    ],
)
def test_an_identity_permits_its_address_or_its_domain_and_no_other(address: str, is_permitted: bool) -> None:
    assert addresses.is_permitted(address, ["billing@example.com", "@example.net"]) is is_permitted


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "a@" + "a" * 100_000,
        "a." * 50_000 + "@example.org",
        "a@" + "a-" * 50_000,
        "a@" + "a." * 50_000 + "org",
        "a@" + "ü" * 100_000,
        "a@" + "ü." * 50_000 + "org",
        "ü" * 100_000 + "@example.org",
        "@" * 100_000,
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_a_hundred_kilobytes_are_judged_at_once(text: str) -> None:
    began = time.thread_time()

    with pytest.raises(InvalidField):
        addresses.parse(text)

    assert time.thread_time() - began < 1
