"""From the accepted newsletter over a real SMTP conversation to the recipient's one click, and what comes after it."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.test import Client

from notifications.contracts import Address, Content, SuppressionSource, UnsubscribeOffer
from notifications.delivery.compose import compose, preview
from notifications.delivery.deliver import deliver_due
from notifications.delivery.transports.anymail_message import to_anymail
from notifications.models import MailServer, Message, Suppression
from notifications.states import Status
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

NEWS = Content(subject="News", html="<html><body><p>Hello</p></body></html>", text="Hello")


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def received(sink: Sink) -> EmailMessage:
    return message_from_bytes(sink.accepted[-1].data, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def link_of(mail: EmailMessage) -> str:
    return str(mail["List-Unsubscribe"]).removeprefix("<").removesuffix(">")


def test_one_click_ends_the_newsletter_and_receipts_still_arrive(tenant: Tenant, sink: Sink) -> None:
    send(tenant, "Ann@example.org", content=NEWS, unsubscribe=UnsubscribeOffer("de"))
    deliver_due()
    mail = received(sink)
    url = link_of(mail)
    path = "/u/" + url.rpartition("/")[2]

    # The bytes on the wire, each header on lines that mail services read.
    assert f"\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in (
        sink.accepted[-1].data.decode()
    )
    assert part(mail, "html").endswith(">Abbestellen</a></div></body></html>\n")
    assert part(mail, "plain").endswith(f"Abbestellen:\n{url}?lang=de\n")

    # A scanner follows the link; then the reader's mail service posts to it, as Gmail does.
    assert Client().get(path).status_code == 200
    assert not Suppression.across_tenants.exists()
    one_click = Client(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert (one_click.status_code, dict(one_click.cookies)) == (200, {})

    news = send(tenant, "ann@example.org", content=NEWS, unsubscribe=UnsubscribeOffer("de"))
    send(tenant, "ann@example.org", content=Content(subject="Receipt", text="Paid."))
    deliver_due()

    assert [str(message_from_bytes(each.data)["Subject"]) for each in sink.accepted] == ["News", "Receipt"]
    assert news.suppressed == {"ann@example.org": SuppressionSource.UNSUBSCRIBE}
    record = Message.across_tenants.get(pk=news.message_ids[0])
    assert (record.status, record.failure_reason) == (Status.SUPPRESSED, "Suppressed: the recipient unsubscribed.")
    assert received(sink)["List-Unsubscribe"] is None


def test_each_recipient_has_a_link_of_their_own_and_it_is_the_one_that_counts(tenant: Tenant, sink: Sink) -> None:
    theirs = {"LIST-UNSUBSCRIBE": "<https://example.com/out>", "X-Campaign": "spring"}
    offer = UnsubscribeOffer()

    send(tenant, "ann@example.org", "bob@example.org", unsubscribe=offer, headers=theirs, is_separate=False)
    deliver_due()

    mails = [message_from_bytes(each.data, policy=policy.default) for each in sink.accepted]
    assert len({link_of(mail) for mail in mails}) == 2
    for mail in mails:
        assert [len(mail.get_all(name, [])) for name in ("List-Unsubscribe", "X-Campaign")] == [1, 1]
        assert "example.com/out" not in link_of(mail)
        # Headers only: no footer language was named.
        assert part(mail, "plain") == "It works.\n"


def test_services_get_the_same_headers_and_operators_no_link(tenant: Tenant) -> None:
    send(
        tenant,
        "ann@example.org",
        content=NEWS,
        unsubscribe=UnsubscribeOffer("en"),
        reply_to=(Address("a@example.com"),),
    )
    message = Message.across_tenants.select_related("submission").get()

    made = to_anymail(compose(message, MailServer.across_tenants.get()), "mailgun")

    assert made.extra_headers["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/u/")
    assert made.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    shown = preview(message)
    assert "/u/…?lang=en" in (shown.html or "")
    assert "/u/…?lang=en" in (shown.text or "")
