"""The reply parser alone: what it understands, what it refuses, and that no bytes break it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.transports.smtp_replies import LINE_CAP, REPLY_CAP, NotSmtp, Reply, ReplyParser


def parse(*chunks: bytes) -> list[Reply]:
    parser = ReplyParser()
    replies = []
    for chunk in chunks:
        parser.feed(chunk)
        while (reply := parser.take()) is not None:
            replies.append(reply)
    return replies


def test_a_single_line_is_a_reply() -> None:
    assert parse(b"250 2.0.0 ok\r\n") == [Reply(250, (b"2.0.0 ok",))]


def test_a_code_alone_is_a_reply() -> None:
    assert parse(b"354\r\n") == [Reply(354, (b"",))]


def test_lines_with_hyphens_belong_together() -> None:
    (reply,) = parse(b"250-first\r\n250-second\r\n250 third\r\n")

    assert reply.lines == (b"first", b"second", b"third")
    assert reply.words == "first second third"


def test_pipelined_replies_come_apart() -> None:
    replies = parse(b"250 one\r\n550 two\r\n354 th", b"ree\r\n")

    assert [reply.code for reply in replies] == [250, 550, 354]


def test_a_bare_line_feed_ends_a_line_too() -> None:
    assert [reply.code for reply in parse(b"250 one\n250 two\n")] == [250, 250]


def test_words_have_no_control_characters_and_an_end() -> None:
    (reply,) = parse(b"550 no\x00 such\x1b[31m \xff" + b"x" * 3000 + b"\r\n")

    assert reply.words.isprintable()
    assert len(reply.words) == 1000


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"250ok\r\n",
        b"25 ok\r\n",
        b"650 ok\r\n",
        b"150 ok\r\n",
        b"\r\n",
        b"250-one\r\n550 two\r\n",
        b"\xff\xfe\r\n",
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(NotSmtp):
        parse(data)


def test_a_line_without_end_is_refused_at_the_cap() -> None:
    with pytest.raises(NotSmtp, match="line"):
        parse(b"250 " + b"x" * LINE_CAP)


def test_a_reply_without_end_is_refused_at_the_cap() -> None:
    line = b"250-and so on\r\n"

    with pytest.raises(NotSmtp, match="reply is too long"):
        parse(line * (REPLY_CAP // len(line) * 2))


def test_leftovers_show() -> None:
    parser = ReplyParser()
    parser.feed(b"220 go on\r\n250 injected\r\n")
    parser.take()

    assert not parser.is_empty


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_do_more_than_be_refused(chunks: list[bytes]) -> None:
    try:
        replies = parse(*chunks)
    except NotSmtp:
        return
    assert all(200 <= reply.code <= 599 for reply in replies)


LINE = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b""))


@given(
    replies=st.lists(st.tuples(st.integers(200, 599), st.lists(LINE, min_size=1, max_size=5)), max_size=8),
    cuts=st.lists(st.integers(0, 2000), max_size=10),
)
def test_replies_survive_any_cutting_into_packets(replies: list[tuple[int, list[bytes]]], cuts: list[int]) -> None:
    data = b"".join(
        b"%d%s%s\r\n" % (code, b"-" if position < len(lines) - 1 else b" ", line)
        for code, lines in replies
        for position, line in enumerate(lines)
    )
    ends = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})

    parsed = parse(*(data[start:end] for start, end in itertools.pairwise(ends)))

    assert parsed == [Reply(code, tuple(lines)) for code, lines in replies]
