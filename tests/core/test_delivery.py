"""The delivery loop, from the outbox to a real SMTP conversation and back into the rows."""

import threading
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from notifications import outbox
from notifications.contracts import CodeWish, Content, FileIn, Lane, TemplateChoice
from notifications.delivery.deliver import deliver_due
from notifications.models import DeliveryAttempt, MailServer, Message, Outbox, RouteHealth
from notifications.states import Status, Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, by_template, make_template, send
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def statuses() -> dict[int, str]:
    return dict(Message.across_tenants.values_list("pk", "status"))


def due_now() -> None:
    Outbox.objects.filter(rank=None).update(due_at=Now() - timedelta(seconds=1))


def test_a_mail_arrives_as_it_was_submitted(tenant: Tenant, sink: Sink) -> None:
    content = Content(subject="Grüße, 你好", html="<p>Hällo</p>", text="Hällo")
    file = FileIn(name="发票.txt", data=b"Invoice 7", content_type="text/plain")
    (id_,) = send(tenant, "ann@example.org", content=content, files=(file,)).message_ids

    assert deliver_due() == {Verdict.SENT: 1}

    received = sink.accepted[0]
    mail = message_from_bytes(received.data, policy=policy.default)
    assert received.recipients == ("ann@example.org",)
    assert (mail["Subject"], mail["To"], mail["From"]) == ("Grüße, 你好", "ann@example.org", "noreply@example.com")
    body, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert body is not None
    assert html is not None
    assert (body.get_content().strip(), html.get_content().strip()) == ("Hällo", "<p>Hällo</p>")
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content().strip()) == ("发票.txt", "Invoice 7")
    assert statuses() == {id_: Status.SENT}


def test_a_call_s_own_subject_replaces_the_template_s(tenant: Tenant, sink: Sink) -> None:
    make_template(tenant, "SIGNUP", subject="From the template", text="Hello")
    send(tenant, "ann@example.org", **by_template("SIGNUP", subject="From the call"))
    send(tenant, "bob@example.org", **by_template("SIGNUP"))

    deliver_due()

    subjects = {str(message_from_bytes(mail.data)["Subject"]) for mail in sink.accepted}
    assert subjects == {"From the call", "From the template"}


def test_a_batch_leaves_over_few_connections(tenant: Tenant, sink: Sink, settings: Any) -> None:
    send(tenant, *[f"r{n}@example.org" for n in range(300)])

    assert deliver_due() == {Verdict.SENT: 300}

    assert len(set(sink.message_ids)) == 300
    assert sink.connections <= settings.DELIVERY_THREADS


def test_an_accepted_recipient_is_not_sent_to_again_for_a_neighbour_s_sake(tenant: Tenant, sink: Sink) -> None:
    sink.obey([Rule("RCPT", reply="450 busy", argument="<b@", times=1), Rule("RCPT", reply="550 no", argument="<c@")])
    to = ("a@example.org", "b@example.org", "c@example.org")
    (id_,) = send(tenant, *to, is_separate=False).message_ids

    deliver_due()
    due_now()
    deliver_due()

    assert [each.recipients for each in sink.accepted] == [("a@example.org",), ("b@example.org",)]
    assert len(set(sink.message_ids)) == 1
    message = Message.across_tenants.get(pk=id_)
    assert message.status == Status.PARTIAL
    verdicts = {address: each["verdict"] for address, each in (message.recipient_outcomes or {}).items()}
    assert verdicts["c@example.org"] == "never"


def test_a_refused_message_fails_with_the_server_s_words(tenant: Tenant, sink: Sink) -> None:
    sink.obey([Rule("DOT", reply="554 5.7.1 looks like spam")])
    (id_,) = send(tenant).message_ids

    deliver_due()

    assert statuses() == {id_: Status.FAILED}
    attempt = DeliveryAttempt.across_tenants.get()
    assert (attempt.code, attempt.verdict) == (554, "never")
    assert "looks like spam" in attempt.words


def test_one_message_that_cannot_be_composed_stops_no_other(tenant: Tenant, sink: Sink) -> None:
    bad, good = send(tenant, "a@example.org", "b@example.org").message_ids
    Message.across_tenants.filter(pk=bad).update(template_version_id=987654321)

    deliver_due()

    assert statuses() == {bad: Status.FAILED, good: Status.SENT}
    assert "987654321" in Message.across_tenants.get(pk=bad).failure_reason


def test_a_code_is_not_sent_after_its_end(sink: Sink, seeded: None) -> None:
    tenant = MailServerFactory(port=sink.port).tenant
    choice = TemplateChoice(biz_key="SIGNUP", language="en")
    (id_,) = send(tenant, content=None, template=choice, code=CodeWish(timedelta(minutes=5))).message_ids
    Message.across_tenants.update(expires_at=Now() - timedelta(seconds=1))

    deliver_due()

    assert statuses() == {id_: Status.EXPIRED}
    assert sink.accepted == []


def test_a_code_is_in_the_mail_and_in_no_row(sink: Sink, seeded: None) -> None:
    tenant = MailServerFactory(port=sink.port).tenant
    send(tenant, content=None, template=TemplateChoice(biz_key="SIGNUP", language="en"), code=CodeWish())

    deliver_due()

    text = message_from_bytes(sink.accepted[0].data, policy=policy.default).get_body(("plain",))
    assert text is not None
    (code,) = {word for word in text.get_content().split() if word.isdigit() and len(word) == 6}
    message = Message.across_tenants.get()
    assert message.secrets is None
    assert code not in f"{message.subject}{message.params}"


def test_mail_moves_to_the_stand_in_while_the_first_server_cannot_be_reached(tenant: Tenant, sink: Sink) -> None:
    broken = MailServer.across_tenants.get()
    MailServer.across_tenants.update(port=1)
    MailServerFactory(tenant=tenant, enabled=False, failover_rank=1, port=sink.port)
    send(tenant, *[f"r{n}@example.org" for n in range(30)])

    for _ in range(6):
        deliver_due()
        due_now()

    assert len(set(sink.message_ids)) == 30
    assert RouteHealth.objects.get(server=broken).failures >= 3


def test_a_rested_server_is_tried_with_one_message_and_then_used_again(tenant: Tenant, sink: Sink) -> None:
    server = MailServer.across_tenants.get()
    RouteHealth.objects.create(server=server, failures=3, rests_until=Now() - timedelta(seconds=1))
    send(tenant, *[f"r{n}@example.org" for n in range(5)])

    deliver_due()
    assert len(sink.accepted) == 1
    due_now()
    deliver_due()

    assert len(sink.accepted) == 5
    assert RouteHealth.objects.get().failures == 0


def test_mail_without_any_server_waits(tenant: Tenant, sink: Sink) -> None:
    (id_,) = send(tenant).message_ids
    MailServer.across_tenants.update(enabled=False)

    deliver_due()

    assert statuses() == {id_: Status.PENDING}
    assert "No mail server" in Message.across_tenants.get().failure_reason


def test_a_connection_lost_behind_the_dot_makes_the_message_uncertain_and_it_goes_again(
    tenant: Tenant, sink: Sink
) -> None:
    sink.obey([Rule("DOT", do="drop", accepts=True, times=1)])
    (id_,) = send(tenant).message_ids

    deliver_due()
    due_now()
    deliver_due()

    assert sink.message_ids == [sink.message_ids[0]] * 2
    verdicts = list(DeliveryAttempt.across_tenants.order_by("pk").values_list("verdict", flat=True))
    assert verdicts == ["uncertain", "sent"]
    assert statuses() == {id_: Status.SENT}


def test_an_uncertain_message_is_held_where_the_tenant_says_so(tenant: Tenant, sink: Sink) -> None:
    Tenant.objects.update(held_lanes=[Lane.NORMAL])
    sink.obey([Rule("DOT", do="drop", accepts=True)])
    (id_,) = send(tenant).message_ids

    deliver_due()

    assert len(sink.accepted) == 1
    assert statuses() == {id_: Status.UNCERTAIN}


def test_a_loop_that_is_told_to_stop_gives_back_what_it_has_not_begun(tenant: Tenant, sink: Sink) -> None:
    stop = threading.Event()
    stop.set()
    send(tenant, *[f"r{n}@example.org" for n in range(30)])

    deliver_due(stop=stop)

    assert sink.accepted == []
    assert Outbox.objects.filter(leased_until=None).count() == 30


def test_a_silent_server_does_not_keep_other_tenants_waiting(sink: Sink) -> None:
    with Sink([Rule("MAIL", do="silence")]) as silent:
        stuck = MailServerFactory(port=silent.port).tenant
        free = MailServerFactory(port=sink.port).tenant
        send(stuck, *[f"s{n}@example.org" for n in range(100)])
        send(free, *[f"f{n}@example.org" for n in range(100)])

        loop = threading.Thread(target=_deliver_and_close, daemon=True)
        loop.start()
        sink.wait_for(100, timeout_s=8)

        assert silent.accepted == []
    loop.join(timeout=20)
    assert not loop.is_alive()


def _deliver_and_close() -> None:
    try:
        deliver_due(limit_s=1)
    finally:
        connection.close()


def test_a_message_is_cancelled_or_sent_and_never_both(tenant: Tenant, sink: Sink) -> None:
    ids = send(tenant, *[f"r{n}@example.org" for n in range(200)]).message_ids
    cancelled: set[int] = set()

    def cancel_some() -> None:
        try:
            for start in range(0, 200, 10):
                cancelled.update(outbox.cancel(tenant_id=tenant.pk, message_ids=ids[start : start + 10]))
        finally:
            connection.close()

    racer = threading.Thread(target=cancel_some)
    racer.start()
    deliver_due()
    racer.join(timeout=10)
    deliver_due()

    sent = {int(id_.strip("<>").partition("@")[0]) for id_ in sink.message_ids}
    assert sent.isdisjoint(cancelled)
    assert sent | cancelled == set(ids)
    assert {id_ for id_, status in statuses().items() if status == Status.CANCELLED} == cancelled


def test_a_rate_is_kept(tenant: Tenant, sink: Sink) -> None:
    MailServer.across_tenants.update(rate_per_second=5)
    send(tenant, *[f"r{n}@example.org" for n in range(12)])

    deliver_due(limit_s=1.0)

    assert 5 <= len(sink.accepted) <= 11


def test_fair_share_of_a_small_tenant(sink: Sink) -> None:
    big, small = MailServerFactory(port=sink.port).tenant, MailServerFactory(port=sink.port).tenant
    send(big, *[f"b{n}@example.org" for n in range(1500)])
    send(small, "s@example.org", lane=Lane.NORMAL)
    TenantFactory()

    deliver_due()

    position = [each.recipients[0] for each in sink.accepted].index("s@example.org")
    assert position < 300


def test_all_workers_together_keep_to_a_server_s_connections() -> None:
    with Sink([Rule("DOT", accepts=True, delay_s=0.01)]) as slow:
        tenant = MailServerFactory(port=slow.port, max_connections=2).tenant
        send(tenant, *[f"r{n}@example.org" for n in range(120)])

        loops = [threading.Thread(target=_deliver_and_close) for _ in range(3)]
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join(timeout=20)
        deliver_due()

        assert len(set(slow.message_ids)) == 120
        assert slow.connections <= 2
