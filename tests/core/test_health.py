"""The circuit breaker: when a route rests, for how long, and who may try it afterwards."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications.delivery import health
from notifications.delivery.health import HEALTHY, THRESHOLD, Condition
from notifications.models import MailServer, RouteHealth
from tests.crowd import at_once
from tests.factories import MailServerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> MailServer:
    return MailServerFactory()


def condition(server: MailServer) -> Condition:
    return health.observe([server.pk]).get(server.pk, HEALTHY)


def fail(server: MailServer, times: int = THRESHOLD) -> None:
    for _ in range(times):
        health.record_failure(server, "connection refused")


def wake(server: MailServer) -> None:
    """As if the rest were over."""
    RouteHealth.objects.filter(pk=server.pk).update(rests_until=Now() - timedelta(seconds=1))


def rest(server: MailServer) -> timedelta:
    row = RouteHealth.objects.get(pk=server.pk)
    assert row.rests_until is not None
    return row.rests_until - row.changed_at


def test_a_route_nothing_is_known_of_is_healthy(server: MailServer) -> None:
    assert health.observe([server.pk]) == {}


def test_a_route_may_fail_twice_without_resting(server: MailServer) -> None:
    fail(server, 2)

    assert condition(server) == Condition(failures=2, words="connection refused")


def test_the_third_failure_in_a_row_makes_it_rest(server: MailServer) -> None:
    fail(server)

    assert condition(server).is_resting
    assert not condition(server).needs_trial
    assert timedelta(seconds=25) < rest(server) < timedelta(seconds=35)


def test_a_success_in_between_starts_the_count_anew(server: MailServer) -> None:
    fail(server, 2)
    health.record_success(server)
    fail(server, 2)

    assert not condition(server).is_resting


def test_what_the_server_said_last_is_kept_and_cut(server: MailServer) -> None:
    health.record_failure(server, "first")
    health.record_failure(server, "x" * 5000)

    assert condition(server).words == "x" * 1000


def test_a_rested_route_needs_a_trial(server: MailServer) -> None:
    fail(server)
    wake(server)

    assert not condition(server).is_resting
    assert condition(server).needs_trial


def test_while_one_worker_tries_a_route_it_rests_for_the_others(server: MailServer) -> None:
    fail(server)
    wake(server)

    assert health.begin_trial(server.pk)

    assert condition(server).is_resting
    assert not health.begin_trial(server.pk)


def test_a_route_that_still_rests_is_not_tried(server: MailServer) -> None:
    fail(server)

    assert not health.begin_trial(server.pk)


def test_a_trial_whose_worker_died_is_taken_over(server: MailServer) -> None:
    fail(server)
    wake(server)
    health.begin_trial(server.pk)
    RouteHealth.objects.update(trial_until=Now() - timedelta(seconds=1))

    assert condition(server).needs_trial
    assert health.begin_trial(server.pk)


def test_a_trial_that_fails_doubles_the_rest(server: MailServer) -> None:
    fail(server)
    wake(server)
    health.begin_trial(server.pk)

    health.record_failure(server, "still refused")

    assert condition(server).is_resting
    assert timedelta(seconds=55) < rest(server) < timedelta(seconds=65)


def test_a_trial_that_succeeds_closes_the_breaker(server: MailServer) -> None:
    fail(server)
    wake(server)
    health.begin_trial(server.pk)

    health.record_success(server)

    assert condition(server) == HEALTHY


def test_no_rest_is_longer_than_ten_minutes(server: MailServer) -> None:
    fail(server)
    RouteHealth.objects.update(failures=1_000_000)
    wake(server)

    health.record_failure(server, "dead for years")

    assert timedelta(minutes=9, seconds=55) < rest(server) < timedelta(minutes=10, seconds=5)


def test_jobs_that_fail_together_count_as_one_spell(server: MailServer) -> None:
    """Ten connections that break in the same moment are one failure of the server, not the tenth in a row."""
    fail(server, 10)

    assert rest(server) < timedelta(seconds=35)


def test_routes_are_observed_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    servers = [MailServerFactory() for _ in range(3)]
    for server in servers:
        fail(server)

    with django_assert_num_queries(1):
        found = health.observe([server.pk for server in servers])

    assert len(found) == 3


def test_a_healthy_route_costs_no_write(server: MailServer) -> None:
    health.record_success(server)

    assert not RouteHealth.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_who_want_to_try_a_route_one_does() -> None:
    server = MailServerFactory()
    fail(server)
    wake(server)

    answers = at_once(16, lambda _: health.begin_trial(server.pk))

    assert sorted(map(str, answers)) == ["False"] * 15 + ["True"]


@pytest.mark.django_db(transaction=True)
def test_failures_recorded_at_once_are_all_counted() -> None:
    server = MailServerFactory()

    at_once(2, lambda _: health.record_failure(server, "connection refused"))

    assert condition(server).failures == 2
