"""Links that cannot be made up, the sentence below the mail in eleven languages, and both ways out."""

import re
from typing import Any

import pytest
from django.core.signing import Signer
from pytest_django import DjangoAssertNumQueries

from notifications import suppression, unsubscribe
from notifications.contracts import Channel, SuppressionSource
from notifications.suppression import Entry
from notifications.unsubscribe import State, Subscription
from notifications.unsubscribe_words import WORDS, find_language
from tests.factories import TenantFactory

URL = "https://mail.example.com/u/token"


@pytest.fixture
def subscription(db: None) -> Subscription:
    return Subscription(TenantFactory().pk, Channel.EMAIL, "newsletter", "ann@example.org")


def token(subscription: Subscription) -> str:
    return unsubscribe.link(subscription).rpartition("/")[2]


class TestLinks:
    def test_a_link_says_all_there_is_to_know(
        self, subscription: Subscription, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        settings.BASE_URL = "https://mail.example.com/"

        with django_assert_num_queries(0):
            url = unsubscribe.link(subscription)

        assert re.fullmatch(r"https://mail\.example\.com/u/[\w.-]{80,200}", url)
        assert unsubscribe.find(url.removeprefix("https://mail.example.com/u/")) == subscription

    def test_nobody_makes_one_up(self, subscription: Subscription) -> None:
        made = token(subscription)
        for place in range(len(made)):
            other = "A" if made[place] != "A" else "B"
            # The last character of a signature has bits to spare.
            if place < len(made) - 1:
                assert unsubscribe.find(made[:place] + other + made[place + 1 :]) is None
        for odd in (
            "",
            ".",
            "x",
            made[:-5],
            made + "x",
            Signer(sep=".").sign_object([1, "email", "", "a@example.org"]),
        ):
            assert unsubscribe.find(odd) is None

    def test_it_outlives_its_key_where_that_is_kept_and_ends_with_its_tenant(
        self, subscription: Subscription, settings: Any
    ) -> None:
        made, first_key = token(subscription), settings.SECRET_KEY
        settings.SECRET_KEY = "another"

        assert unsubscribe.find(made) is None
        settings.SECRET_KEY_FALLBACKS = [first_key]
        assert unsubscribe.find(made) == subscription
        assert unsubscribe.find(token(Subscription(987654321, Channel.EMAIL, "", "ann@example.org"))) is None


class TestWaysOut:
    def test_whoever_leaves_may_return(self, subscription: Subscription) -> None:
        assert unsubscribe.state(subscription) is State.SUBSCRIBED

        for _ in range(2):
            unsubscribe.leave(subscription)
            assert unsubscribe.state(subscription) is State.LEFT
        for _ in range(2):
            unsubscribe.rejoin(subscription)
            assert unsubscribe.state(subscription) is State.SUBSCRIBED

    def test_nobody_lifts_what_is_not_theirs(self, subscription: Subscription) -> None:
        tenant_id, entry = subscription.tenant_id, Entry(subscription.address)
        suppression.add(tenant_id, Channel.EMAIL, [entry], source=SuppressionSource.COMPLAINT)

        unsubscribe.rejoin(subscription)

        assert unsubscribe.state(subscription) is State.STOPPED


class TestFooters:
    @pytest.mark.parametrize(
        ("html", "before", "after"),
        [
            ("<p>Hi</p>", "<p>Hi</p>", ""),
            ("<html><body><p>Hi</p></body></html>", "<html><body><p>Hi</p>", "</body></html>"),
            ("<BODY>İ<pre></body></pre>x</BODY >", "<BODY>İ<pre></body></pre>x", "</BODY >"),
            ("", "", ""),
        ],
    )
    def test_it_stands_at_the_end_of_the_body(self, html: str, before: str, after: str) -> None:
        made = unsubscribe.with_html_footer(html, URL, language="en")

        assert made.startswith(before + '<div lang="en" dir="ltr"')
        assert made.endswith(
            f'href="{URL}?lang=en" style="color:#6b7280;text-decoration:underline">Unsubscribe</a></div>{after}'
        )

    @pytest.mark.parametrize("language", WORDS)
    def test_it_speaks_eleven_languages(self, language: str) -> None:
        html = unsubscribe.with_html_footer("<p>Hi</p>", URL, language=language)
        text = unsubscribe.with_text_footer("Hi\n\n", URL, language=language)

        words = WORDS[language]
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<div lang="{language}" dir="{direction}"' in html
        assert f">{words.unsubscribe}</a>" in html
        assert text == f"Hi\n\n-- \n{words.question} {words.unsubscribe}:\n{URL}?lang={language}\n"

    def test_there_are_eleven_and_each_names_who_and_whom(self) -> None:
        assert len(WORDS) == 11
        for words in WORDS.values():
            for sentence in (words.promise, words.done, words.undone):
                assert sorted(re.findall(r"{(\w+)}", sentence)) == ["address", "sender"]

    @pytest.mark.parametrize(
        ("tag", "language"),
        [
            ("en", "en"), ("en-GB", "en"), ("zh_CN", "zh-CN"), ("zh", "zh-CN"), ("zh-Hans-SG", "zh-CN"),
            ("zh-TW", "zh-TW"), ("zh_Hant", "zh-TW"), ("zh-HK", "zh-TW"), ("de_AT", "de"), ("AR-eg", "ar"),
            ("ido", None), ("sv", None), ("", None),
        ],
    )  # fmt: skip
    def test_tags_mean_the_language_that_comes_nearest(self, tag: str, language: str | None) -> None:
        assert find_language(tag) == language
