"""manage.py requeue and manage.py cancel: which messages they touch, and what they say about the others."""

from collections.abc import Sequence
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications import outbox
from notifications.contracts import Lane
from notifications.models import Message, Outbox
from notifications.parcel import Outcome
from notifications.states import Status, Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory(tenant=TenantFactory(code="acme")).tenant


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def fail(message_ids: Sequence[int]) -> None:
    lease = outbox.claim(lane=Lane.BULK, limit=1000)
    outbox.settle([(Outcome(id_, Verdict.NEVER), None) for id_ in message_ids], lease=lease)


def statuses(message_ids: Sequence[int]) -> list[str]:
    return [Message.across_tenants.get(pk=id_).status for id_ in message_ids]


def test_requeueing_by_ids_reaches_every_tenant(tenant: Tenant) -> None:
    ids = [*send(tenant).message_ids, *send(MailServerFactory().tenant).message_ids]
    fail(ids)

    assert run("requeue", *ids) == "Requeued 2.\n"

    assert statuses(ids) == ["PENDING", "PENDING"]
    assert Outbox.objects.count() == 2


def test_requeueing_says_how_many_it_left_alone(tenant: Tenant) -> None:
    failed, waiting = send(tenant, "a@example.org").message_ids, send(tenant, "b@example.org").message_ids
    fail(failed)

    answer = run("requeue", *failed, *waiting, 123)

    assert answer == "Requeued 1.\n2 left alone: unknown, sent, still waiting, or a code that was erased.\n"


def test_requeueing_by_status_takes_the_oldest_of_the_tenant_up_to_the_limit(tenant: Tenant) -> None:
    ids = send(tenant, *[f"r{n}@example.org" for n in range(5)]).message_ids
    theirs = send(MailServerFactory().tenant).message_ids
    fail([*ids, *theirs])

    assert run("requeue", "--tenant", "acme", "--status", "failed", "--limit", 3) == "Requeued 3.\n"

    assert statuses(ids) == ["PENDING"] * 3 + ["FAILED"] * 2
    assert statuses(theirs) == ["FAILED"]


def test_requeueing_by_status_is_not_blocked_by_codes_that_were_erased(tenant: Tenant) -> None:
    codes, mail = send(tenant).message_ids, send(tenant).message_ids
    fail([*codes, *mail])
    Message.across_tenants.filter(pk__in=codes).update(is_code=True)

    assert run("requeue", "--tenant", "acme", "--status", "failed", "--limit", 1) == "Requeued 1.\n"

    assert statuses([*codes, *mail]) == ["FAILED", "PENDING"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--tenant", "acme"),
        ("--status", "failed"),
        ("1", "--tenant", "acme", "--status", "failed"),
        ("--tenant", "acme", "--status", "failed", "--limit", "0"),
        ("--tenant", "nobody", "--status", "failed"),
    ],
)
def test_requeueing_without_a_clear_choice_is_refused(tenant: Tenant, arguments: tuple[str, ...]) -> None:
    fail(send(tenant).message_ids)

    with pytest.raises(CommandError):
        run("requeue", *arguments)

    assert not Outbox.objects.exists()


def test_sent_messages_cannot_be_chosen_for_requeueing(tenant: Tenant) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        run("requeue", "--tenant", "acme", "--status", "sent")


def test_cancelling_by_ids_reaches_every_tenant(tenant: Tenant) -> None:
    ids = [*send(tenant).message_ids, *send(MailServerFactory().tenant).message_ids]

    assert run("cancel", *ids) == "Cancelled 2.\n"

    assert statuses(ids) == ["CANCELLED", "CANCELLED"]
    assert not Outbox.objects.exists()


def test_cancelling_says_how_many_it_left_alone(tenant: Tenant) -> None:
    ended, leaving = send(tenant, "a@example.org").message_ids, send(tenant, "b@example.org").message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=2)
    outbox.settle([(Outcome(ended[0], Verdict.SENT), None)], lease=lease, mark_next=leaving)

    answer = run("cancel", *ended, *leaving, 123)

    assert answer == "Cancelled 0.\n3 left alone: unknown, ended, or on their way.\n"
    assert statuses([*ended, *leaving]) == [Status.SENT, Status.PENDING]


def test_cancelling_a_call_stops_all_that_waits_of_it_and_no_other(tenant: Tenant) -> None:
    newsletter = send(tenant, *[f"r{n}@example.org" for n in range(1500)], out_id="june").message_ids
    other = send(tenant, out_id="july").message_ids
    theirs = send(MailServerFactory().tenant, out_id="june").message_ids

    assert run("cancel", "--tenant", "acme", "--out-id", "june") == "Cancelled 1500.\n"

    assert set(Message.across_tenants.filter(pk__in=newsletter).values_list("status", flat=True)) == {"CANCELLED"}
    assert statuses([*other, *theirs]) == ["PENDING", "PENDING"]


@pytest.mark.parametrize(
    "arguments", [(), ("--tenant", "acme"), ("--out-id", "june"), ("1", "--tenant", "acme", "--out-id", "june")]
)
def test_cancelling_without_a_clear_choice_is_refused(tenant: Tenant, arguments: tuple[str, ...]) -> None:
    ids = send(tenant, out_id="june").message_ids

    with pytest.raises(CommandError):
        run("cancel", *arguments)

    assert statuses(ids) == ["PENDING"]
