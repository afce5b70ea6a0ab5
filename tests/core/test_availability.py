"""Can a channel send now? Told from its servers and from what the workers learnt about them."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import availability
from notifications.availability import Availability
from notifications.contracts import Channel
from notifications.models import RouteHealth
from tests.factories import MailServerFactory, TenantFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def test_without_a_server_there_is_nothing_to_tell() -> None:
    MailServerFactory()

    assert availability.look(TenantFactory().pk, Channel.EMAIL, now=NOW) is None
    assert availability.look(None, Channel.EMAIL, now=NOW) is None


def test_the_platforms_server_serves_everybody() -> None:
    MailServerFactory(tenant=None, kind="anymail", service="sendgrid", rate_per_second=5, rate_per_day=1000)

    told = Availability(provider="sendgrid", rests_until=None, per_second=5, per_day=1000)
    assert availability.look(None, Channel.EMAIL, now=NOW) == told
    assert availability.look(TenantFactory().pk, Channel.EMAIL, now=NOW) == told


def test_a_server_that_rests_is_told_unless_another_takes_over() -> None:
    server = MailServerFactory()
    RouteHealth(server=server, failures=3, rests_until=LATER).save()

    told = availability.look(server.tenant_id, Channel.EMAIL, now=NOW)
    assert told is not None
    assert told.rests_until == LATER
    MailServerFactory(tenant=server.tenant, enabled=False, failover_rank=1, kind="anymail", service="postmark")
    told = availability.look(server.tenant_id, Channel.EMAIL, now=NOW)
    assert told is not None
    assert (told.provider, told.rests_until) == ("postmark", None)
