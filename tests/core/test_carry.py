"""What a job learns about its route, from real servers and from messages that never get as far as one."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from notifications.delivery import health
from notifications.delivery.deliver import deliver_due
from notifications.models import MailServer, Message, RouteHealth
from notifications.states import Status
from tests.factories import MailServerFactory, send
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


def rested(**fields: object) -> MailServer:
    """A server that failed three times and whose rest is over."""
    server = MailServerFactory(**fields)
    RouteHealth.objects.create(server=server, failures=3, rests_until=Now() - timedelta(seconds=1), words="refused")
    return server


def test_a_trial_whose_message_reached_no_server_says_nothing_about_the_route(sink: Sink) -> None:
    server = rested(port=sink.port)
    send(server.tenant)
    Message.across_tenants.update(template_version_id=987654321)

    deliver_due()

    assert Message.across_tenants.get().status == Status.FAILED
    assert RouteHealth.objects.get().failures == 3
    assert health.begin_trial(server.pk), "the trial is left to the next message"


def test_a_trial_whose_message_was_refused_finds_the_route_sound(sink: Sink) -> None:
    server = rested(port=sink.port)
    (id_,) = send(server.tenant, "nobody@example.org").message_ids
    sink.obey([Rule("RCPT", reply="550 5.1.1 no such user")])

    deliver_due()

    assert Message.across_tenants.get(pk=id_).status == Status.FAILED
    assert RouteHealth.objects.get().failures == 0


def test_a_trial_that_finds_nobody_at_home_opens_the_breaker_again() -> None:
    server = rested(port=1)
    send(server.tenant)

    deliver_due()

    assert RouteHealth.objects.get().failures == 4
    assert health.observe([server.pk])[server.pk].is_resting
