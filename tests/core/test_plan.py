"""Where each message of a batch goes: through which server, or back to wait, and with which words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications import holds, outbox
from notifications.contracts import Lane
from notifications.delivery import deliver, health
from notifications.delivery.plan import Plan, plan
from notifications.models import Hold, MailServer, Message, Outbox, RouteHealth
from notifications.states import Verdict
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def server(tenant: Tenant | None, **fields: object) -> MailServer:
    return MailServerFactory(tenant=tenant, **fields)


def stand_in(tenant: Tenant, rank: int = 0) -> MailServer:
    return server(tenant, enabled=False, failover_rank=rank)


def make_rest(server: MailServer) -> None:
    for _ in range(health.THRESHOLD):
        health.record_failure(server, "connection refused")


def end_rest(server: MailServer) -> None:
    RouteHealth.objects.filter(pk=server.pk).update(rests_until=Now() - timedelta(seconds=1))


def planned() -> Plan:
    """The plan for everything that is ready."""
    return plan(deliver._load(outbox.claim(lane=Lane.BULK, limit=1000).attempts))


def ways(made: Plan) -> dict[int, list[int]]:
    """Message ids by server id."""
    return {group.server.pk: [message.pk for message in group.messages] for group in made.groups}


def test_messages_leave_through_their_tenant_s_enabled_server(tenant: Tenant) -> None:
    neighbour = TenantFactory()
    mine, theirs = server(tenant), server(neighbour)
    first, second = send(tenant).message_ids, send(neighbour).message_ids

    assert ways(planned()) == {mine.pk: [*first], theirs.pk: [*second]}


def test_the_order_of_the_claim_is_kept(tenant: Tenant) -> None:
    own = server(tenant)
    normal = send(tenant, "a@example.org", "b@example.org").message_ids
    urgent = send(tenant, lane=Lane.URGENT).message_ids

    assert ways(planned()) == {own.pk: [*urgent, *normal]}


def test_without_a_server_mail_waits_and_counts_no_attempt(tenant: Tenant) -> None:
    own = server(tenant)
    (id_,) = send(tenant).message_ids
    own.delete()

    (outcome,) = planned().outcomes

    assert (outcome.message_id, outcome.verdict, outcome.is_attempt) == (id_, Verdict.LATER, False)
    assert "No mail server is enabled" in outcome.words


def test_an_expired_message_goes_nowhere(tenant: Tenant) -> None:
    server(tenant)
    send(tenant)
    Message.across_tenants.update(expires_at=Now())

    made = planned()

    assert [outcome.verdict for outcome in made.outcomes] == [Verdict.EXPIRED]
    assert not made.groups


def test_while_the_enabled_server_rests_the_next_by_rank_takes_over(tenant: Tenant) -> None:
    stand_in(tenant, rank=2)
    enabled, first = server(tenant), stand_in(tenant, rank=1)
    make_rest(enabled)
    ids = send(tenant).message_ids

    assert ways(planned()) == {first.pk: [*ids]}


def test_the_platform_s_server_takes_over_last(tenant: Tenant) -> None:
    platform, enabled, own_stand_in = server(None), server(tenant), stand_in(tenant)
    make_rest(enabled)
    make_rest(own_stand_in)
    ids = send(tenant).message_ids

    assert ways(planned()) == {platform.pk: [*ids]}


def test_when_all_servers_rest_mail_waits_for_the_first_to_end(tenant: Tenant) -> None:
    enabled, other = server(tenant, name="main"), stand_in(tenant)
    make_rest(enabled)
    make_rest(other)
    RouteHealth.objects.filter(pk=enabled.pk).update(rests_until=Now() + timedelta(minutes=8))
    send(tenant)

    (outcome,) = planned().outcomes

    assert outcome.retry_after is not None
    assert timedelta(seconds=20) < outcome.retry_after <= timedelta(seconds=30)
    assert outcome.words == "The server 'main' is resting after failures: connection refused"


def test_a_rested_server_gets_a_single_message_and_the_others_take_the_next_way(tenant: Tenant) -> None:
    enabled, other = server(tenant), stand_in(tenant)
    make_rest(enabled)
    end_rest(enabled)
    first, *rest = send(tenant, *[f"r{n}@example.org" for n in range(5)]).message_ids

    assert ways(planned()) == {enabled.pk: [first], other.pk: rest}


def test_a_rested_server_without_a_stand_in_is_tried_and_the_rest_waits(tenant: Tenant) -> None:
    enabled = server(tenant)
    make_rest(enabled)
    end_rest(enabled)
    first, second = send(tenant, "a@example.org", "b@example.org").message_ids

    made = planned()

    assert ways(made) == {enabled.pk: [first]}
    assert [outcome.message_id for outcome in made.outcomes] == [second]


def test_a_trial_that_no_rate_allows_is_left_to_the_next_message(tenant: Tenant) -> None:
    enabled = server(tenant)
    make_rest(enabled)
    end_rest(enabled)
    Tenant.objects.filter(pk=tenant.pk).update(rate_per_second=0.5)
    send(tenant)
    made = planned()
    outbox.release([message.pk for group in made.groups for message in group.messages], lease=lease_of_all())
    RouteHealth.objects.update(trial_until=None)

    made = planned()

    assert made.held_back
    assert health.begin_trial(enabled.pk)


def lease_of_all() -> outbox.Lease:
    key = Outbox.objects.values_list("lease", flat=True)[0]
    assert key is not None
    return outbox.Lease(key=key)


def test_a_stand_in_that_operators_hold_takes_nothing_over(tenant: Tenant) -> None:
    enabled, held, free = server(tenant), stand_in(tenant, rank=1), stand_in(tenant, rank=2)
    make_rest(enabled)
    holds.begin(Hold.Kind.ROUTE, str(held.pk), tenant_id=None, reason="Blocklisted")
    ids = send(tenant).message_ids

    assert ways(planned()) == {free.pk: [*ids]}


def test_a_message_whose_only_other_way_is_held_waits_for_the_first(tenant: Tenant) -> None:
    enabled, held = server(tenant), stand_in(tenant)
    make_rest(enabled)
    holds.begin(Hold.Kind.ROUTE, str(held.pk), tenant_id=None, reason="Blocklisted")
    send(tenant)

    made = planned()

    assert not made.groups
    assert ["is resting" in outcome.words for outcome in made.outcomes] == [True]


def test_a_rate_per_second_keeps_the_rest_in_its_place(tenant: Tenant) -> None:
    own = server(tenant, rate_per_second=2)
    first, second, *rest = send(tenant, *[f"r{n}@example.org" for n in range(5)]).message_ids

    made = planned()

    assert ways(made) == {own.pk: [first, second]}
    assert [message.pk for message in made.held_back] == rest
    assert not made.outcomes


def test_a_tenant_s_rate_is_one_over_all_its_servers(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(rate_per_second=2)
    enabled, _ = server(tenant), stand_in(tenant)
    make_rest(enabled)
    end_rest(enabled)
    send(tenant, *[f"r{n}@example.org" for n in range(5)])

    made = planned()

    assert sum(len(ids) for ids in ways(made).values()) == 2
    assert len(made.held_back) == 3


def test_a_tenant_s_rate_does_not_slow_its_neighbours_on_the_same_server(tenant: Tenant) -> None:
    neighbour = TenantFactory()
    platform = server(None)
    Tenant.objects.filter(pk=tenant.pk).update(rate_per_second=1)
    mine = send(tenant, "a@example.org", "b@example.org").message_ids
    theirs = send(neighbour, "c@example.org", "d@example.org").message_ids

    assert set(ways(planned())[platform.pk]) == {mine[0], *theirs}


def test_a_used_up_day_sends_the_rest_away_with_a_reason(tenant: Tenant) -> None:
    server(tenant, name="main", rate_per_day=1)
    _, second = send(tenant, "a@example.org", "b@example.org").message_ids

    (outcome,) = planned().outcomes

    assert (outcome.message_id, outcome.is_attempt) == (second, False)
    assert outcome.retry_after is not None
    assert timedelta(seconds=10) < outcome.retry_after <= timedelta(hours=1)
    assert "'main'" in outcome.words


def test_a_batch_of_many_tenants_costs_a_fixed_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        send(server(TenantFactory()).tenant)
    messages = deliver._load(outbox.claim(lane=Lane.BULK, limit=100).attempts)

    with django_assert_num_queries(4):
        plan(messages)


def test_an_expired_message_ends_so_even_while_it_is_held(tenant: Tenant) -> None:
    own = server(tenant)
    holds.begin(Hold.Kind.TENANT, "", tenant_id=own.tenant_id, reason="Complaints")
    send(tenant, expires_at=datetime.now(UTC) + timedelta(hours=1))
    Message.across_tenants.update(expires_at=Now())

    assert [outcome.verdict for outcome in planned().outcomes] == [Verdict.EXPIRED]
