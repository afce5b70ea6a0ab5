"""manage.py hold and manage.py release: from an operator's words to mail that waits, and back."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications import outbox
from notifications.contracts import Lane
from notifications.delivery import deliver
from notifications.delivery.plan import plan
from notifications.models import Hold, MailServer, Outbox
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> MailServer:
    return MailServerFactory(tenant=TenantFactory(code="acme"))


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def put_aside() -> None:
    """What workers do with held mail."""
    lease = outbox.claim(lane=Lane.BULK, limit=100)
    outbox.settle([(each, None) for each in plan(deliver._load(lease.attempts)).outcomes], lease=lease)


def only() -> Hold:
    return Hold.across_tenants.get()


def test_a_tenant_is_held_by_its_code(server: MailServer) -> None:
    answer = run("hold", "tenant", "acme", "--reason", "Complaints")

    assert (only().kind, only().tenant_id, only().value) == ("tenant", server.tenant_id, "")
    assert (only().reason, only().until) == ("Complaints", None)
    assert f"manage.py release {only().pk}" in answer


def test_a_domain_is_held_for_everybody_or_for_one_tenant(server: MailServer) -> None:
    run("hold", "domain", "Example.org", "--reason", "why")
    run("hold", "domain", "example.net", "--reason", "why", "--tenant", "acme")

    holds = Hold.across_tenants.order_by("pk").values_list("value", "tenant_id")
    assert list(holds) == [("example.org", None), ("example.net", server.tenant_id)]


def test_a_route_is_held_by_its_id(server: MailServer) -> None:
    run("hold", "route", server.pk, "--reason", "why")
    send(server.tenant)

    put_aside()

    assert Outbox.objects.get().hold_id == only().pk


@pytest.mark.parametrize(
    ("until", "span"), [("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("3d", timedelta(days=3))]
)
def test_a_hold_may_end_after_a_span(server: MailServer, until: str, span: timedelta) -> None:
    run("hold", "tenant", "acme", "--reason", "why", "--until", until)

    end = only().until
    assert end is not None
    assert abs(end - datetime.now(UTC) - span) < timedelta(seconds=10)


def test_a_hold_may_end_at_a_time_in_the_settings_time_zone(server: MailServer) -> None:
    run("hold", "tenant", "acme", "--reason", "why", "--until", "2099-06-01 18:00")
    run("hold", "tenant", "acme", "--reason", "why", "--until", "2099-06-01T18:00:00+00:00")

    local, exact = Hold.across_tenants.order_by("pk").values_list("until", flat=True)
    assert local == datetime(2099, 6, 1, 10, tzinfo=UTC)
    assert exact == datetime(2099, 6, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "arguments",
    [
        ("tenant", "acme"),
        ("tenant", "acme", "--reason", " "),
        ("tenant", "nobody", "--reason", "why"),
        ("tenant", "acme", "--tenant", "acme", "--reason", "why"),
        ("domain", "not a domain", "--reason", "why"),
        ("route", "main", "--reason", "why"),
        ("mailbox", "ann@example.org", "--reason", "why"),
        ("tenant", "acme", "--reason", "why", "--until", "tomorrow"),
        ("tenant", "acme", "--reason", "why", "--until", "0h"),
        ("tenant", "acme", "--reason", "why", "--until", "2099-13-01 18:00"),
        ("tenant", "acme", "--reason", "why", "--until", "2020-01-01 18:00"),
    ],
)
def test_a_hold_that_cannot_be_meant_is_refused(server: MailServer, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("hold", *arguments)

    assert not Hold.across_tenants.exists()


def test_releasing_lets_the_mail_go_and_says_how_much(server: MailServer) -> None:
    run("hold", "tenant", "acme", "--reason", "why")
    ids = send(server.tenant, "a@example.org", "b@example.org").message_ids
    put_aside()

    answer = run("release", only().pk)

    assert "2 messages go on" in answer
    outbox.promote()
    assert set(outbox.claim(lane=Lane.BULK, limit=10).attempts) == set(ids)


def test_releasing_again_says_so(server: MailServer) -> None:
    run("hold", "tenant", "acme", "--reason", "why")
    run("release", only().pk)

    assert "0 messages go on (it had been released before)" in run("release", only().pk)


def test_an_unknown_hold_releases_none_of_those_named(server: MailServer) -> None:
    run("hold", "tenant", "acme", "--reason", "why")

    with pytest.raises(CommandError, match="not found"):
        run("release", only().pk, only().pk + 1)

    assert only().released_at is None


def test_the_holds_in_force_are_listed_with_what_waits_for_them(server: MailServer) -> None:
    run("hold", "tenant", "acme", "--reason", "Complaints")
    run("hold", "domain", "example.net", "--reason", "Migration", "--until", "2099-06-01 18:00")
    run("hold", "domain", "example.com", "--reason", "Over")
    run("release", Hold.across_tenants.get(value="example.com").pk)
    send(server.tenant)
    put_aside()

    header, first, second = run("release").splitlines()

    assert header.split() == ["Hold", "Holds", "back", "Of", "Since", "Until", "Waiting", "Reason"]
    assert "example.net" in first
    assert first.endswith("2099-06-01 18:00        0  Migration")
    assert "acme" in second
    assert second.endswith("released                1  Complaints")


def test_when_nothing_is_held_the_list_says_so() -> None:
    assert run("release") == "Nothing is held.\n"
