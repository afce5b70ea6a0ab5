"""Why mail goes this way and not another: what operators read, and that it agrees with what the workers do."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from notifications import holds, outbox, rates, suppression
from notifications.contracts import Address, Channel, Content, Lane
from notifications.delivery import deliver, health
from notifications.delivery.explain import Candidate, Situation, explain, look
from notifications.delivery.health import Condition
from notifications.delivery.plan import plan
from notifications.models import Hold, MailServer, Message, Outbox, RouteHealth, TokenBucket
from notifications.parcel import Outcome
from notifications.rates import Left, Limit
from notifications.states import Verdict
from notifications.suppression import Entry
from tenants.models import Tenant
from tests.factories import MailServerFactory, SenderIdentityFactory, SmsGatewayFactory, TenantFactory, send

pytestmark = pytest.mark.django_db

SOUND = Candidate(id=1, name="main", place="enabled")
RESTING = Condition(failures=3, is_resting=True, rests_until=datetime(2025, 6, 1, 4, tzinfo=UTC), words="refused")
NO_RATE = Left(now=None, today=None)


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory(code="acme")


def server(tenant: Tenant | None, name: str, **fields: object) -> MailServer:
    return MailServerFactory(tenant=tenant, name=name, **fields)


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("explain_route", *map(str, arguments), stdout=out)
    return out.getvalue()


def told(*candidates: Candidate, left: Left = NO_RATE) -> list[str]:
    return explain(Situation(tenant="acme", what="Mail", left=left, candidates=candidates)).splitlines()


def make_rest(server: MailServer) -> None:
    for _ in range(health.THRESHOLD):
        health.record_failure(server, "connection refused")


def test_a_sound_server_needs_few_words() -> None:
    assert told(SOUND) == ["1. main (id 1), enabled: sound.", "Mail leaves through main."]


def test_a_resting_server_is_passed_over_with_its_words() -> None:
    resting = Candidate(id=1, name="main", place="enabled", condition=RESTING)
    stand_in = Candidate(id=2, name="backup", place="stand-in of rank 1")

    first, second, conclusion = told(resting, stand_in)

    assert "rests after 3 failures in a row (refused) until 2025-06-01 12:00:00 CST" in first
    assert second == "2. backup (id 2), stand-in of rank 1: sound."
    assert conclusion == "Mail leaves through backup."


def test_a_used_up_rate_is_named() -> None:
    slow = Candidate(id=1, name="main", place="enabled", left=Left(now=0, today=88))

    first, _, because = told(slow)

    assert first == "1. main (id 1), enabled: sound; its rate allows 0 now; 88 more today."
    assert because == "But not in this moment: the rate of main is used up."
    assert "rate of acme" in told(SOUND, left=Left(now=0, today=None))[-1]


def test_without_any_server_mail_waits() -> None:
    assert told() == ["Mail waits: acme has no way out that is enabled or stands in, nor has the platform."]


def test_when_no_server_is_open_mail_waits() -> None:
    resting = Candidate(id=1, name="main", place="enabled", condition=RESTING)
    held = Candidate(id=2, name="backup", place="stand-in of rank 1", hold="Blocklisted")

    *_, conclusion = told(resting, held)

    assert conclusion == "Mail waits: each of them rests or is held."


def test_servers_are_listed_in_the_order_in_which_they_are_tried(tenant: Tenant) -> None:
    server(None, "platform")
    server(tenant, "backup", enabled=False, failover_rank=1)
    server(tenant, "main")
    server(tenant, "spare", enabled=False)

    lines = run("acme").splitlines()

    assert [line.split(",", 1)[0].split(" (")[0] for line in lines[:3]] == ["1. main", "2. backup", "3. platform"]
    assert "the platform's, enabled" in lines[2]
    assert lines[3] == "Mail leaves through main."


def test_a_route_s_hold_is_told_with_its_reason(tenant: Tenant) -> None:
    main = server(tenant, "main")
    server(tenant, "backup", enabled=False, failover_rank=1)
    holds.begin(Hold.Kind.ROUTE, str(main.pk), tenant_id=None, reason="On a blocklist")

    first, _, conclusion = run("acme").splitlines()

    assert "held by an operator (On a blocklist)" in first
    assert conclusion.startswith("Mail waits: what would leave through main is held")


def test_a_domain_s_hold_matters_only_to_messages_that_go_there(tenant: Tenant) -> None:
    server(tenant, "main")
    holds.begin(Hold.Kind.DOMAIN, "example.org", tenant_id=None, reason="Migration")
    there, elsewhere = send(tenant, "a@example.org", "b@example.net").message_ids

    assert "held" in run("acme", "--message", there)
    assert "held" not in run("acme", "--message", elsewhere)
    assert "held" not in run("acme")


def test_a_sender_that_a_stand_in_does_not_permit_is_pointed_out(tenant: Tenant) -> None:
    server(tenant, "main", allowed_senders=["billing@acme.test"])
    server(tenant, "backup", enabled=False, failover_rank=1)
    (id_,) = send(tenant, sender=Address("billing@acme.test")).message_ids

    _, first, second, _ = run("acme", "--message", id_).splitlines()
    assert "may not send as" not in first
    assert "may not send as billing@acme.test" in second

    SenderIdentityFactory(tenant=tenant, value="@acme.test")
    assert "may not send as" not in run("acme", "--message", id_)


def test_sms_go_through_gateways_and_mail_does_not(tenant: Tenant) -> None:
    server(tenant, "main")
    SmsGatewayFactory(tenant=tenant, name="gateway")
    text = Content(subject="", text="It works.")
    (id_,) = send(tenant, "+4915112345678", channel=Channel.SMS, content=text).message_ids

    assert run("acme").splitlines()[-1] == "Mail leaves through main."
    assert run("acme", "--sms").splitlines()[-1] == "SMS leaves through gateway."
    assert run("acme", "--message", id_).splitlines()[-1] == "SMS leaves through gateway."


def test_rates_are_shown_without_taking_from_them(tenant: Tenant) -> None:
    main = server(tenant, "main", rate_per_day=10)
    rates.take(TokenBucket.Kind.ROUTE, main.pk, wanted=4, limit=Limit(per_day=10))

    assert "6 more today" in run("acme")
    assert "6 more today" in run("acme")


def message_line(tenant: Tenant, id_: int) -> str:
    return run("acme", "--message", id_).splitlines()[0]


def test_a_message_s_whereabouts_are_told(tenant: Tenant) -> None:
    server(tenant, "main")
    later = datetime.now(UTC) + timedelta(hours=1)
    (scheduled,) = send(tenant, due_at=later).message_ids
    (leased,) = send(tenant).message_ids
    outbox.claim(lane=Lane.BULK, limit=10)
    (ready,) = send(tenant).message_ids
    (held,) = send(tenant).message_ids
    Outbox.objects.filter(pk=held).update(rank=None, hold_id=7)

    assert "waits until" in message_line(tenant, scheduled)
    assert "in the hands of a worker" in message_line(tenant, leased)
    assert "is ready" in message_line(tenant, ready)
    assert "waits for hold 7" in message_line(tenant, held)


def test_an_ended_message_says_how_and_what_the_server_said(tenant: Tenant) -> None:
    server(tenant, "main")
    (id_,) = send(tenant).message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=1)
    outbox.settle([(Outcome(id_, Verdict.NEVER, code=550, words="550 no such user"), None)], lease=lease)

    lines = run("acme", "--message", id_).splitlines()

    assert lines[0].startswith(f"Message {id_} is FAILED since 20")
    assert lines[1:3] == ["Last heard: 550 no such user", "Sent again now, it would go like this:"]


def test_another_tenant_s_message_is_not_found(tenant: Tenant) -> None:
    (id_,) = send(server(TenantFactory(), "theirs").tenant).message_ids

    with pytest.raises(CommandError, match="acme has no message"):
        run("acme", "--message", id_)


@pytest.mark.parametrize("rests", [(), ("main",), ("main", "backup"), ("main", "backup", "platform")])
@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("held", ["", "main", "backup"])
def test_the_explanation_agrees_with_what_the_workers_do(
    tenant: Tenant, rests: tuple[str, ...], is_over: bool, held: str
) -> None:
    servers = {
        "main": server(tenant, "main"),
        "backup": server(tenant, "backup", enabled=False, failover_rank=1),
        "platform": server(None, "platform"),
    }
    for name in rests:
        make_rest(servers[name])
    if is_over:
        RouteHealth.objects.update(rests_until=Now() - timedelta(seconds=1))
    if held:
        holds.begin(Hold.Kind.ROUTE, str(servers[held].pk), tenant_id=None, reason="why")
    send(tenant)

    told = explain(look(tenant, Message.across_tenants.get()))
    planned = plan(deliver._load(outbox.claim(lane=Lane.BULK, limit=1).attempts))

    ways = [group.server.name for group in planned.groups]
    assert [f"Mail leaves through {name}." in told for name in ways] == [True] * len(ways)
    assert ("Mail waits" in told) == (not ways)


def test_a_message_whose_recipient_is_suppressed_meanwhile_does_not_leave(tenant: Tenant) -> None:
    server(tenant, "main")
    (id_,) = send(tenant, "ann@example.org").message_ids
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org")])

    lines = explain(look(tenant, Message.across_tenants.get(pk=id_))).splitlines()

    assert lines[-1] == "Mail does not leave. Suppressed: the address was put on the suppression list."
