"""Operators' holds: what they stop, and that releasing one lets exactly that mail go, however close the race."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from notifications import holds, outbox
from notifications.contracts import Lane
from notifications.delivery import deliver
from notifications.delivery.plan import Plan, plan
from notifications.models import Hold, MailServer, Message, Outbox
from notifications.outbox import Lease
from tenants.errors import InvalidField
from tests.factories import MailServerFactory, send

pytestmark = pytest.mark.django_db

Kind = Hold.Kind


@pytest.fixture
def server() -> MailServer:
    return MailServerFactory()


def begin(kind: Hold.Kind, value: str = "", *, server: MailServer | None = None, until: datetime | None = None) -> Hold:
    """A hold over all tenants, or over the tenant of ``server``."""
    tenant_id = server.tenant_id if server else None
    return holds.begin(kind, value, tenant_id=tenant_id, reason="Complaints", until=until)


def take_up() -> tuple[Lease, Plan]:
    """What a worker does before it sends: it claims what is ready and decides where each message goes."""
    outbox.promote()
    lease = outbox.claim(lane=Lane.BULK, limit=100)
    return lease, plan(deliver._load(lease.attempts))


def pass_over() -> list[int]:
    """One turn of a worker; returns the messages that would leave, which go back to their place."""
    lease, planned = take_up()
    outbox.settle([(outcome, None) for outcome in planned.outcomes], lease=lease)
    leaving = sorted(message.pk for group in planned.groups for message in group.messages)
    outbox.release(leaving, lease=lease)
    return leaving


def test_a_tenant_s_hold_stops_its_mail_and_nobody_else_s(server: MailServer) -> None:
    neighbour = MailServerFactory()
    begin(Kind.TENANT, server=server)
    send(server.tenant)
    free = send(neighbour.tenant).message_ids

    assert pass_over() == [*free]


def test_a_held_message_says_why_it_waits_and_for_which_hold(server: MailServer) -> None:
    hold = begin(Kind.TENANT, server=server)
    (id_,) = send(server.tenant).message_ids

    pass_over()

    row = Outbox.objects.get()
    assert (row.hold_id, row.attempt, row.rank) == (hold.pk, 0, None)
    assert "Complaints" in Message.across_tenants.get(pk=id_).failure_reason


@pytest.mark.parametrize("value", ["Example.ORG", "@example.org", " example.org "])
def test_a_domain_s_hold_stops_mail_to_anybody_there(server: MailServer, value: str) -> None:
    begin(Kind.DOMAIN, value)
    send(server.tenant, "ann@example.org")
    send(server.tenant, "bob@example.net", "ann@example.org", is_separate=False)
    free = send(server.tenant, "bob@sub.example.org", "bob@example.net").message_ids

    assert pass_over() == [*free]


def test_a_domain_beyond_ascii_is_held_as_it_is_written_on_the_wire(server: MailServer) -> None:
    begin(Kind.DOMAIN, "bücher.test")
    send(server.tenant, "bob@xn--bcher-kva.test")

    assert pass_over() == []


def test_a_hold_over_one_tenant_s_domain_leaves_other_tenants_alone(server: MailServer) -> None:
    neighbour = MailServerFactory()
    begin(Kind.DOMAIN, "example.org", server=server)
    send(server.tenant)
    free = send(neighbour.tenant).message_ids

    assert pass_over() == [*free]


def test_a_server_s_hold_stops_what_would_leave_through_it(server: MailServer) -> None:
    other = MailServerFactory()
    begin(Kind.ROUTE, str(server.pk))
    send(server.tenant)
    free = send(other.tenant).message_ids

    assert pass_over() == [*free]


def test_a_template_s_hold_leaves_other_mail_alone(server: MailServer) -> None:
    begin(Kind.TEMPLATE, "RECEIPT")
    held, free = send(server.tenant).message_ids, send(server.tenant).message_ids
    Message.across_tenants.filter(pk__in=held).update(template_code="RECEIPT")

    assert pass_over() == [*free]


def test_releasing_wakes_exactly_what_waits_for_the_hold(server: MailServer) -> None:
    neighbour = MailServerFactory()
    first, second = begin(Kind.TENANT, server=server), begin(Kind.TENANT, server=neighbour)
    mine = send(server.tenant).message_ids
    send(neighbour.tenant)
    pass_over()

    assert holds.release(first) == 1

    assert pass_over() == [*mine]
    assert Outbox.objects.get(hold_id=second.pk).due_at > datetime.now(UTC) + timedelta(days=365)


def test_a_hold_is_released_once(server: MailServer) -> None:
    hold = begin(Kind.TENANT, server=server)
    holds.release(hold)
    first = Hold.across_tenants.get().released_at

    holds.release(hold)

    assert Hold.across_tenants.get().released_at == first


def test_a_hold_with_an_end_lets_go_by_itself(server: MailServer) -> None:
    hold = begin(Kind.TENANT, server=server, until=datetime.now(UTC) + timedelta(hours=2))
    sent = send(server.tenant).message_ids
    assert pass_over() == []
    wait = Outbox.objects.get().due_at - datetime.now(UTC)
    assert timedelta(minutes=119) < wait < timedelta(minutes=121)

    Hold.across_tenants.filter(pk=hold.pk).update(until=Now())
    Outbox.objects.update(due_at=Now() - timedelta(minutes=1))

    assert pass_over() == [*sent]


def test_a_released_hold_stops_nothing_more(server: MailServer) -> None:
    holds.release(begin(Kind.TENANT, server=server))
    sent = send(server.tenant).message_ids

    assert pass_over() == [*sent]


def test_a_message_put_aside_in_the_moment_of_the_release_is_woken_by_the_sweep(server: MailServer) -> None:
    hold = begin(Kind.TENANT, server=server)
    sent = send(server.tenant).message_ids
    lease, planned = take_up()
    holds.release(hold)
    outbox.settle([(outcome, None) for outcome in planned.outcomes], lease=lease)

    deliver.recover()

    assert pass_over() == [*sent]


def test_the_sweep_wakes_nothing_that_is_still_held(server: MailServer) -> None:
    begin(Kind.TENANT, server=server)
    send(server.tenant)
    pass_over()

    deliver.recover()

    assert pass_over() == []
    assert Outbox.objects.get().due_at > datetime.now(UTC) + timedelta(days=365)


@pytest.mark.parametrize(
    ("kind", "value", "reason", "field"),
    [
        (Kind.DOMAIN, "example.org", "  ", "reason"),
        (Kind.DOMAIN, "example.org", "x" * 501, "reason"),
        (Kind.TENANT, "", "why", "tenant"),
        (Kind.DOMAIN, "", "why", "value"),
        (Kind.DOMAIN, "not a domain", "why", "value"),
        (Kind.DOMAIN, "ann@example.org", "why", "value"),
        (Kind.TEMPLATE, " ", "why", "value"),
        (Kind.TEMPLATE, "x" * 256, "why", "value"),
        (Kind.ROUTE, "smtp.example.org", "why", "value"),
        (Kind.ROUTE, "987654321", "why", "value"),
        (Kind.ROUTE, "9" * 30, "why", "value"),
    ],
)
def test_a_hold_that_says_too_little_is_refused(kind: Hold.Kind, value: str, reason: str, field: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        holds.begin(kind, value, tenant_id=None, reason=reason)

    assert refusal.value.params["field"] == field
    assert not Hold.across_tenants.exists()
