"""The page behind the link: looking changes nothing, one post is enough, and forged links lead nowhere."""

from typing import Any

import pytest
from django.test import Client

from notifications import suppression, unsubscribe
from notifications.contracts import Channel, SuppressionSource
from notifications.models import Suppression
from notifications.suppression import Entry
from notifications.unsubscribe import Subscription
from notifications.unsubscribe_words import WORDS
from tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory(name="Acme & Söhne")


@pytest.fixture
def path(tenant: Tenant) -> str:
    return path_of(tenant, "ann@example.org")


@pytest.fixture
def browser() -> Client:
    """As strict as a real one: without a cookie it has no token to send."""
    return Client(enforce_csrf_checks=True)


def path_of(tenant: Tenant, address: str) -> str:
    url = unsubscribe.link(Subscription(tenant.pk, Channel.EMAIL, "newsletter", address))
    return "/u/" + url.rpartition("/")[2]


def left() -> list[tuple[str, str, str]]:
    return list(Suppression.across_tenants.values_list("address", "category", "source"))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_looking_changes_nothing_and_needs_no_cookie(browser: Client, path: str) -> None:
    for answer in (browser.get(path), browser.head(path), browser.get(path + "?List-Unsubscribe=One-Click")):
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
    assert not left()

    page = text(browser.get(path))
    assert "<strong>ann@example.org</strong>" in page
    assert "<strong>Acme &amp; Söhne</strong>" in page
    assert '<button name="List-Unsubscribe" value="One-Click">Unsubscribe</button>' in page


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart"])
def test_one_post_is_enough_and_twice_is_once(browser: Client, path: str, kind: str) -> None:
    for _ in range(2):
        if kind == "multipart":
            answer = browser.post(path, ONE_CLICK)
        else:
            answer = browser.post(path, "List-Unsubscribe=One-Click", content_type=kind)
        assert (answer.status_code, dict(answer.cookies)) == (200, {})

    assert left() == [("ann@example.org", "newsletter", "unsubscribe")]
    assert "You are unsubscribed" in text(answer)


def test_whoever_left_may_subscribe_again_on_the_same_page(browser: Client, path: str) -> None:
    browser.post(path, ONE_CLICK)
    page = text(browser.get(path))
    assert '<button name="subscribe" value="yes" class="quiet">Subscribe again</button>' in page

    answer = browser.post(path, {"subscribe": "yes"})

    assert "You are subscribed again" in text(answer)
    assert "<button" not in text(answer)
    assert not left()


def test_a_suppression_that_is_not_theirs_stays(browser: Client, tenant: Tenant, path: str) -> None:
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org")], source=SuppressionSource.BOUNCE)

    assert "<button" not in text(browser.post(path, {"subscribe": "yes"}))

    assert left() == [("ann@example.org", "", "bounce")]


def test_another_post_than_these_changes_nothing(browser: Client, path: str) -> None:
    assert browser.post(path).status_code == 400
    assert browser.post(path, {"List-Unsubscribe": "no"}).status_code == 400
    assert browser.post(path, {**ONE_CLICK, "filler": "x" * 10_000}).status_code == 413
    assert browser.put(path).status_code == browser.delete(path).status_code == 405
    assert not left()


def test_a_stranger_cannot_make_a_link(browser: Client, tenant: Tenant, path: str) -> None:
    _, signature = path.rsplit(".", 1)
    theirs = path_of(TenantFactory(), "ann@example.org").rsplit(".", 1)[0]

    for forged in (f"{theirs}.{signature}", path[:-4], "/u/x", "/u/" + "x" * 3000):
        for answer in (browser.get(forged), browser.post(forged, ONE_CLICK)):
            assert answer.status_code == 404
            assert "This link does not work" in text(answer)
    assert not left()


def test_nothing_comes_from_elsewhere_or_runs(browser: Client, path: str) -> None:
    answer = browser.get(path)

    assert answer["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    )
    assert (answer["Referrer-Policy"], answer["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert not any(word in text(answer) for word in ("<script", "src=", "url(", "http:", "https:"))


@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("sv, ja;q=0.5", "", "ja"),
        ("th", "?lang=ar", "th"),
        ("sv", "?lang=ar", "ar"),
        ("", "?lang=zh-TW", "zh-TW"),
        ("", "?lang=%22%3E", "en"),
        ("", "", "en"),
    ],
)
def test_the_page_speaks_the_reader_s_language(path: str, accepted: str, query: str, language: str) -> None:
    answer = Client(headers={"Accept-Language": accepted}).get(path + query)

    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in text(answer)
    assert f"<h1>{WORDS[language].unsubscribe}</h1>" in text(answer)
    assert answer["Content-Language"] == language


def test_a_name_is_text_and_never_markup(browser: Client) -> None:
    tenant = TenantFactory(name="<script>{address}</script>")

    page = text(browser.get(path_of(tenant, "<b>@example.org")))

    assert "<strong>&lt;script&gt;{address}&lt;/script&gt;</strong>" in page
    assert "<strong>&lt;b&gt;@example.org</strong>" in page
