"""Connections kept between windows, calls and threads; and let go when their time has come."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.delivery.transports import Route, Timeouts, close_idle, open_session
from notifications.delivery.transports.pool import pool
from notifications.delivery.transports.smtp import DELIVERIES_PER_CONNECTION
from notifications.models import MailServer
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants.sealed import Secret
from tests.faults.harness.mail import HASTY, PATIENT, message, messages, smtp_route
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink


@pytest.fixture(autouse=True)
def _clean_pool() -> Iterator[None]:
    yield
    pool.close()


def send(route: Route, count: int = 1, *, idle_s: float = 30, timeouts: Timeouts = PATIENT) -> list[Outcome]:
    with open_session(route, timeouts=replace(timeouts, idle_s=idle_s)) as session:
        return session.send(messages(count))


def test_a_connection_carries_many_windows_and_calls() -> None:
    with Sink() as sink:
        with open_session(smtp_route(sink.port)) as session:
            session.send(messages(3))
            session.send(messages(3))
        send(smtp_route(sink.port))

        assert sink.connections == 1
        assert len(sink.accepted) == 7


def test_rset_is_said_only_after_an_error() -> None:
    with Sink([Rule("RCPT", reply="550 no", skip=2, times=1)]) as sink:
        send(smtp_route(sink.port), 2)
        assert "RSET" not in {verb for _, verb in sink.steps}

        send(smtp_route(sink.port), 1)
        send(smtp_route(sink.port), 2)

    assert [verb for _, verb in sink.steps].count("RSET") == 1
    assert sink.connections == 1


def test_a_connection_that_idled_too_long_is_closed() -> None:
    with Sink() as sink:
        send(smtp_route(sink.port), idle_s=0.05)
        time.sleep(0.06)

        close_idle()

        sink.wait_for_step("QUIT")
        send(smtp_route(sink.port))
        assert sink.connections == 2


def test_a_connection_of_an_edited_server_is_closed() -> None:
    with Sink() as sink:
        route = smtp_route(sink.port)
        send(route)

        send(replace(route, version=route.version + timedelta(seconds=1)))

        sink.wait_for_step("QUIT")
        assert sink.connections == 2


def test_a_connection_is_replaced_after_its_share_of_messages() -> None:
    with Sink() as sink:
        send(smtp_route(sink.port), DELIVERIES_PER_CONNECTION)
        assert sink.connections == 1

        send(smtp_route(sink.port))

    assert sink.connections == 2


def test_a_connection_in_doubt_is_not_kept() -> None:
    with Sink([Rule("DOT", reply="250 ok\r\n250 and once more", times=1)]) as sink:
        (first,) = send(smtp_route(sink.port))
        (second,) = send(smtp_route(sink.port))

    assert [first.verdict, second.verdict] == [Verdict.SENT, Verdict.SENT]
    assert sink.connections == 2


@pytest.mark.parametrize("goodbye", [{"do": "drop"}, {"reply": "421 4.4.2 idle too long"}], ids=["silent", "polite"])
def test_a_kept_connection_that_ends_is_replaced_without_cost(goodbye: dict[str, str]) -> None:
    with Sink([Rule("MAIL", skip=1, times=1, **goodbye)]) as sink:  # type: ignore[arg-type]
        send(smtp_route(sink.port))

        outcomes = send(smtp_route(sink.port), 2)

    assert [(outcome.verdict, outcome.is_attempt) for outcome in outcomes] == [(Verdict.SENT, True)] * 2
    assert sink.connections == 2
    assert len(sink.accepted) == 3


def test_a_server_that_closed_while_we_idled_costs_nothing() -> None:
    with Sink() as sink:
        route = smtp_route(sink.port)
        send(route)
        port = sink.port
    with Sink(port=port) as revived:
        (outcome,) = send(route)

    assert outcome.verdict is Verdict.SENT
    assert revived.connections == 1


def test_an_error_in_the_callers_code_closes_the_connection() -> None:
    def send_and_fail(route: Route) -> None:
        with open_session(route) as session:
            session.send([message()])
            raise ZeroDivisionError

    with Sink() as sink:
        with pytest.raises(ZeroDivisionError):
            send_and_fail(smtp_route(sink.port))
        sink.wait_for_step("QUIT")

        send(smtp_route(sink.port))

    assert sink.connections == 2


def test_threads_do_not_share_a_connection() -> None:
    with Sink() as sink, ThreadPoolExecutor(8) as threads:
        outcomes = threads.map(lambda _: send(smtp_route(sink.port), 50), range(40))

        assert {outcome.verdict for window in outcomes for outcome in window} == {Verdict.SENT}
        assert len(sink.accepted) == 2000
        assert sink.connections <= 8


def test_no_more_connections_are_made_than_the_route_allows() -> None:
    with Sink([Rule("DOT", reply="250 ok", delay_s=0.05)]) as sink, ThreadPoolExecutor(6) as threads:
        route = smtp_route(sink.port, max_connections=2)

        outcomes = list(threads.map(lambda _: send(route), range(6)))

    assert {window[0].verdict for window in outcomes} == {Verdict.SENT}
    assert sink.connections == 2


def test_without_a_free_connection_mail_waits() -> None:
    with Sink() as sink:
        route = smtp_route(sink.port, max_connections=1)

        with open_session(route):
            outcomes = send(route, 2, timeouts=HASTY)

    assert {(outcome.verdict, outcome.is_attempt) for outcome in outcomes} == {(Verdict.LATER, False)}
    assert "1 connections" in outcomes[0].words


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_leaves_its_parents_connections_alone() -> None:
    with Sink() as sink:
        route = smtp_route(sink.port)
        send(route)

        child = os.fork()
        if child == 0:
            # Nothing of pytest may run here, so the answer is the exit code.
            os._exit(0 if pool.take(route) is None else 1)
        _, status = os.waitpid(child, 0)
        send(route)

        assert os.waitstatus_to_exitcode(status) == 0
        assert sink.connections == 1


@pytest.mark.parametrize(("auth_enabled", "username"), [(True, "shop"), (False, "")])
def test_a_route_is_made_from_a_server_row(auth_enabled: bool, username: str) -> None:
    server = MailServer(
        pk=7,
        host="mail.example.test",
        port=465,
        starttls=False,
        implicit_tls=True,
        auth_enabled=auth_enabled,
        username="shop",
        password=Secret.of("pa55"),
        modified_at=smtp_route(1).version,
    )

    route = Route.of(server)

    assert (route.id, route.host, route.port, route.implicit_tls) == (7, "mail.example.test", 465, True)
    assert route.username == username
    assert route.is_platform
    assert "pa55" not in repr(route)


def test_the_pool_may_be_used_by_threads_that_come_and_go() -> None:
    with Sink() as sink:
        for _ in range(20):
            thread = threading.Thread(target=send, args=(smtp_route(sink.port),))
            thread.start()
            thread.join()

    assert len(sink.accepted) == 20
    assert sink.connections == 1
