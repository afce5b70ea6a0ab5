"""Hostile mail in a real browser: thirty payloads, as a frame on the message's page and opened in a tab of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Dialog, Page, Request, sync_playwright

from notifications.contracts import Content
from templates_app import publishing
from templates_app.models import Template
from tests.factories import MailServerFactory, TenantFactory, send

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]
ARGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: What each payload tries, in every way that would be noticed here.
JS = "console.log('pwned');document.title='pwned';try{top.document.title='pwned'}catch(e){}new Image().src='/pwned'"
PAYLOADS = [
    f"<script>{JS}</script>",
    f"<SCRIPT\x0ctype=text/javascript>{JS}</SCRIPT>",
    f"<script type=module>{JS}</script>",
    "<script src=/pwned.js></script>",
    f'<img src=x onerror="{JS}">',
    f'<img src="data:," onerror="{JS}">',
    f'<svg onload="{JS}">',
    f"<svg><script>{JS}</script></svg>",
    f'<svg><animate onbegin="{JS}" attributeName=x dur=1s>',
    f'<body onload="{JS}">',
    f'<body onpageshow="{JS}">',
    f'<video><source onerror="{JS}"></video>',
    f'<audio src=x onerror="{JS}"></audio>',
    f'<details open ontoggle="{JS}">x</details>',
    f'<input autofocus onfocus="{JS}">',
    f'<iframe srcdoc="<script>{JS}</script>"></iframe>',
    f'<iframe src="javascript:{JS}"></iframe>',
    "<iframe src=/pwned></iframe>",
    "<object data=/pwned></object>",
    "<embed src=/pwned>",
    f'<object data="data:text/html,<script>{JS}</script>"></object>',
    '<link rel=stylesheet href="/pwned.css">',
    "<style>@import '/pwned.css';body{background:url(/pwned.png)}</style>",
    '<meta http-equiv=refresh content="0;url=/pwned">',
    f'<meta http-equiv=refresh content="0;url=javascript:{JS}">',
    f'<base href="javascript:{JS}//"><a href="x">x</a>',
    '<img src="/pwned.gif" width=1 height=1>',
    '<img srcset="/pwned.gif 1x"><picture><source srcset="/pwned.webp"><img></picture>',
    f'<math><mtext><style><img title="</style><img src=x onerror={JS!r}>">',
    f"</pre></textarea></title></style></iframe>--><script>{JS}</script>",
    f'<marquee onstart="{JS}">x</marquee>',
    f'<form action=/pwned id=f><input type=submit></form><img src=x onerror="f.submit();{JS}">',
]


class Witness:
    """Everything that would betray a payload that ran or loaded something."""

    def __init__(self, page: Page, base: str) -> None:
        self._page, self._base, self._signs = page, base, list[str]()
        page.on("console", lambda message: self._note(f"console: {message.text}", is_sign=message.text == "pwned"))
        page.on("dialog", self._dismiss)
        page.on(
            "response", lambda response: self._note(f"loaded: {response.url}", is_sign=self._is_foreign(response.url))
        )
        page.on("requestfailed", self._request_failed)

    def take(self) -> list[str]:
        """What was noticed since the last time, after a moment for what comes late."""
        self._page.wait_for_timeout(60)
        signs, self._signs = self._signs, []
        return signs + (["title"] if self._page.title() == "pwned" else [])

    def _note(self, sign: str, *, is_sign: bool) -> None:
        if is_sign:
            self._signs.append(sign[:200])

    def _dismiss(self, dialog: Dialog) -> None:
        self._note(f"dialog: {dialog.message}", is_sign=True)
        dialog.dismiss()

    def _request_failed(self, request: Request) -> None:
        # What the policy stops is announced as a request too, but never leaves the browser.
        self._note(f"sent: {request.url}", is_sign=request.failure != "csp" and self._is_foreign(request.url))

    def _is_foreign(self, url: str) -> bool:
        return "pwned" in url or not url.startswith((self._base, "data:", "about:"))


@contextmanager
def browser(live_server: Any, session: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = chromium.new_context()
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        yield context.new_page()
        chromium.close()


@pytest.fixture
def session(transactional_db: None) -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_there_are_at_least_thirty_payloads():
    assert len(set(PAYLOADS)) >= 30


def test_the_witness_notices_a_script_where_nothing_stops_it(live_server: Any, session: str):
    with browser(live_server, session) as page:
        page.goto(f"{live_server.url}/admin/login/")
        witness = Witness(page, live_server.url)
        page.evaluate(
            "html => document.body.append(document.createRange().createContextualFragment(html))", PAYLOADS[0]
        )
        page.wait_for_function("document.title === 'pwned'", timeout=5000)
        page.wait_for_load_state("networkidle")
        signs = witness.take()

    assert "console: pwned" in signs
    assert f"loaded: {live_server.url}/pwned" in signs
    assert "title" in signs


def test_no_mail_runs_or_loads_anything_in_a_tab_of_its_own(live_server: Any, session: str):
    addresses = {payload: live_server.url + _mail(payload) for payload in PAYLOADS}

    betrayed = {}
    with browser(live_server, session) as page:
        witness = Witness(page, live_server.url)
        for payload, address in addresses.items():
            page.goto(address)
            signs = witness.take() + [f"moved to {page.url}" for _ in "x" if page.url != address]
            if signs:
                betrayed[payload] = signs

    assert betrayed == {}


def test_no_mail_runs_or_loads_anything_in_its_frame(live_server: Any, session: str):
    addresses = {payload: live_server.url + _mail(payload) for payload in PAYLOADS}
    first = next(iter(addresses.values()))

    betrayed = {}
    with browser(live_server, session) as page:
        outer = first.replace("mail/html/", "change/")
        page.goto(outer)
        witness = Witness(page, live_server.url)
        for payload, address in addresses.items():
            # The page's own frame, as Django rendered it; only what it shows is changed.
            with page.expect_response(address):
                page.locator("iframe").evaluate("(frame, address) => { frame.src = address }", address)
            signs = witness.take() + [f"moved to {page.url}" for _ in "x" if page.url != outer]
            if signs:
                betrayed[payload] = signs

    assert betrayed == {}


def test_the_frame_does_show_the_mail(live_server: Any, session: str):
    address = live_server.url + _mail("<p id=hello>Hello from the mail</p>")

    with browser(live_server, session) as page:
        page.goto(address.replace("mail/html/", "change/"))
        shown = page.locator("iframe").content_frame.locator("#hello").text_content(timeout=5000)
        page.get_by_role("button", name="Source").click()
        source = page.locator("iframe").content_frame.locator("pre").text_content(timeout=5000)

    assert shown == "Hello from the mail"
    assert source == "<p id=hello>Hello from the mail</p>"


def test_the_preview_of_a_template_follows_what_is_typed_and_runs_nothing(live_server: Any, session: str):
    template = Template(tenant=TenantFactory(), code="WELCOME", name="Welcome")
    template.save()
    translation = publishing.translation_of(template, "en")
    publishing.draft(translation, subject="Hi", html="<p id=hello>Hello {{ name }}</p>")

    with browser(live_server, session) as page:
        witness = Witness(page, live_server.url)
        page.goto(live_server.url + reverse("admin:templates_app_translation_change", args=[translation.pk]))
        frame = page.frame_locator("iframe[name=preview]")
        before = frame.locator("#hello").text_content(timeout=10_000)
        page.fill("#id_sample", '{"name": "<img src=/pwned onerror=console.log(1)>"}')
        frame.get_by_text("Hello <img src=/pwned").wait_for(timeout=10_000)
        page.fill("#id_html", f'<p id=bye>Bye {{{{ name }}}}</p><img src="/pwned.gif"><svg onload="{JS}"></svg>')
        frame.locator("#bye, h1").first.wait_for(timeout=10_000)
        signs = witness.take()

    assert before == "Hello [name]"
    assert signs == []


def _mail(html: str) -> str:
    """The path of the frame that shows a mail with this HTML."""
    tenant = TenantFactory()
    MailServerFactory(tenant=tenant)
    message_id = send(tenant, content=Content(subject="Hi", html=html)).message_ids[0]
    return reverse("admin:notifications_message_mail", args=[message_id, "html"])
