"""The page of one message: what happened to it, in the server's words, and nothing that must stay secret."""

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import holds, outbox
from notifications.contracts import Content, FileIn, Lane
from notifications.models import Hold, MailServer, Message, Outbox
from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Verdict
from tenants.models import Tenant
from tests.factories import send

pytestmark = pytest.mark.django_db
PIXEL = b"\x89PNG-not-really"


def address(message_id: int, page: str = "change") -> str:
    return reverse(f"admin:notifications_message_{page}", args=[message_id])


def settle(*outcomes: Outcome, route_id: int | None = None) -> None:
    lease = outbox.claim(lane=Lane.BULK, limit=10)
    outbox.mark(list(lease.attempts), lease=lease)
    outbox.settle([(outcome, route_id) for outcome in outcomes], lease=lease)


def text_of(client: Client, message_id: int) -> str:
    return client.get(address(message_id)).content.decode()


@pytest.fixture
def message_id(acme: Tenant) -> int:
    [made] = send(
        acme, "ann@example.org", "bob@example.org", is_separate=False, params={"name": "Ann", "sessionToken": "tok-123"}
    ).message_ids
    return made


def test_the_page_tells_the_attempt_in_the_servers_words(root: Client, message_id: int, acme: Tenant):
    server = acme_server(acme)
    settle(Outcome(message_id, Verdict.LATER, 451, "4.7.1 Come back later", duration_ms=1250), route_id=server)

    page = text_of(root, message_id)

    assert "Attempt 1: try again later" in page
    assert "451 4.7.1 Come back later" in page
    assert "via Acme relay" in page
    assert "1.2 s" in page
    assert "Next attempt" in page


def test_each_recipient_has_an_outcome_of_its_own(root: Client, message_id: int):
    refused = RecipientOutcome(Verdict.NEVER, 550, "5.1.1 No such user")
    settle(Outcome(message_id, Verdict.PARTIAL, 250, "2.0.0 Ok", recipients={"bob@example.org": refused}))

    recipients = {each.address: each for each in root.get(address(message_id)).context["page"].recipients}

    assert (recipients["bob@example.org"].code, recipients["bob@example.org"].words) == (550, "5.1.1 No such user")
    assert "Refused" in recipients["bob@example.org"].outcome
    assert "Partial" in recipients["ann@example.org"].outcome


def test_variables_are_shown_and_those_that_sound_secret_are_masked(root: Client, message_id: int):
    page = text_of(root, message_id)

    assert "sessionToken" in page
    assert "tok-123" not in page


def test_a_code_is_nowhere_on_the_page(seeded: None, root: Client, acme: Tenant):
    message = Message.objects.for_tenant(acme.pk).get(pk=send(acme).message_ids[0])
    Message.objects.for_tenant(acme.pk).filter(pk=message.pk).update(is_code=True, secrets="gAAAA-sealed-token")

    page = text_of(root, message.pk)

    assert "gAAAA" not in page
    assert "sealed variables" in page


def test_a_message_that_waits_says_which_way_it_will_go(root: Client, message_id: int):
    assert "Mail leaves through Acme relay." in text_of(root, message_id)


def test_a_held_message_says_why(root: Client, message_id: int, acme: Tenant):
    hold = holds.begin(Hold.Kind.TENANT, "", tenant_id=acme.pk, reason="The invoices are wrong")
    settle(Outcome(message_id, Verdict.LATER, is_attempt=False, hold_id=hold.pk))

    page = text_of(root, message_id)

    assert "The invoices are wrong" in page


def test_a_page_costs_the_same_for_one_attempt_and_for_many(root: Client, acme: Tenant):
    server = acme_server(acme)
    few, many = (made for made in send(acme, "ann@example.org", "bob@example.org").message_ids)
    for number in range(4):
        settle(Outcome(many, Verdict.LATER, 451, f"later {number}"), route_id=server)
        requeue_now(many)
    settle(Outcome(few, Verdict.LATER, 451, "later"), route_id=server)

    costs = []
    for each in (few, many):
        with CaptureQueriesContext(connection) as captured:
            root.get(address(each))
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 16


def test_the_page_takes_no_post(root: Client, message_id: int):
    assert root.post(address(message_id), {"status": "SENT"}).status_code == 403


@pytest.mark.parametrize("id_", [1, 2**62])
def test_an_unknown_message_is_not_found(root: Client, id_: int):
    assert root.get(address(id_)).status_code == 404
    assert root.get(reverse("admin:notifications_message_mail", args=[id_, "html"])).status_code == 404


@pytest.mark.parametrize("part", ["html", "text", "source"])
def test_mail_comes_with_a_policy_that_lets_nothing_run_or_load(root: Client, acme: Tenant, part: str):
    made = send(acme, content=Content(subject="Hi", html="<b>Hi</b>", text="Hi")).message_ids[0]

    reply = root.get(reverse("admin:notifications_message_mail", args=[made, part]))

    policy = directives(reply["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data: cid:"
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["sandbox"] == ""
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in reply["Cache-Control"]


def test_the_frame_on_the_page_is_sandboxed(root: Client, message_id: int):
    assert text_of(root, message_id).count('<iframe sandbox=""') == 3


def test_the_mails_html_is_shown_as_it_is_with_its_inline_images(root: Client, acme: Tenant):
    html = '<p>Hi</p><img src="cid:logo"><img src="cid:unknown"><a href="cid:logo">x</a>'
    made = send(
        acme,
        content=Content(subject="Hi", html=html),
        files=(FileIn("logo.png", PIXEL, "image/png", content_id="logo"),),
    ).message_ids[0]

    shown = root.get(reverse("admin:notifications_message_mail", args=[made, "html"])).content.decode()

    assert '<img src="data:image/png;base64,' in shown
    assert '<img src="cid:unknown">' in shown


def test_source_and_text_are_text(root: Client, acme: Tenant):
    made = send(acme, content=Content(subject="Hi", html="<script>1</script>", text="<i>plain</i>")).message_ids[0]

    source, text = (
        root.get(reverse("admin:notifications_message_mail", args=[made, part])).content.decode()
        for part in ("source", "text")
    )

    assert "&lt;script&gt;1&lt;/script&gt;" in source
    assert "&lt;i&gt;plain&lt;/i&gt;" in text


def test_attachments_are_named_with_their_size_and_never_loaded(root: Client, acme: Tenant):
    made = send(acme, files=(FileIn("tickets.pdf", b"x" * 2048, "application/pdf"),)).message_ids[0]

    with CaptureQueriesContext(connection) as captured:
        page = text_of(root, made)

    assert "tickets.pdf" in page
    assert "2.0\xa0KB" in page
    assert not [entry for entry in captured.captured_queries if '"notifications_blob"."data"' in entry["sql"]]


def acme_server(acme: Tenant) -> int:
    return MailServer.objects.for_tenant(acme.pk).get().pk


def requeue_now(message_id: int) -> None:
    """Its next attempt is due at once."""
    Outbox.objects.filter(pk=message_id).update(due_at=Now())
    outbox.promote()


def directives(policy: str) -> dict[str, str]:
    named = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in named}
