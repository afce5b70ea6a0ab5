"""manage.py queue_status: what an operator or a script reads."""

import json
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from notifications.delivery import health
from notifications.models import MailServer, Outbox
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory(tenant=TenantFactory(code="acme"), name="main").tenant


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("queue_status", *arguments, stdout=out)
    return out.getvalue()


def test_an_operator_sees_a_line_per_lane_tenant_and_route(tenant: Tenant) -> None:
    send(tenant, "a@example.org", "b@example.org")
    Outbox.objects.update(due_at=Now() - timedelta(minutes=9, seconds=58))

    words = [line.split() for line in run().splitlines()]

    assert ["normal", "2", "2", "0", "0", "0", "10", "min", "0.0"] in words
    assert ["acme", "2", "2", "0", "0", "0", "10", "min", "0.0"] in words
    assert ["main", "2", "2", "0", "0", "0", "10", "min", "0.0"] in words


def test_a_resting_route_is_shown_with_its_server_s_words(tenant: Tenant) -> None:
    send(tenant)
    for _ in range(health.THRESHOLD):
        health.record_failure(MailServer.across_tenants.get(), "535 authentication failed")

    assert "main: rests after 3 failures in a row: 535 authentication failed" in run()


def test_long_lists_are_cut_and_say_so() -> None:
    for _ in range(3):
        send(MailServerFactory().tenant)

    assert run("--top", "2").count("and 1 more") == 2


def test_a_script_reads_the_same_as_json(tenant: Tenant) -> None:
    send(tenant)

    answer = json.loads(run("--json"))

    (line,) = answer["tenants"]
    oldest = line.pop("oldest_s")
    assert line == {
        "id": tenant.pk, "name": "acme", "depth": 1, "ready": 1, "waiting": 0, "held": 0, "leased": 0,
        "attempts_per_minute": 0.0,
    }  # fmt: skip
    assert 0 <= oldest < 60
    assert [lane["depth"] for lane in answer["lanes"]] == [0, 1, 0]
    assert answer["routes"][0]["is_resting"] is False
    assert answer["is_capped"] is False


def test_watching_looks_again_until_it_is_interrupted(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        send(tenant)
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", pause)

    looks: list[Any] = [json.loads(line) for line in run("--watch", "2", "--json").splitlines()]

    assert pauses == [2, 2, 2]
    assert [look["lanes"][1]["depth"] for look in looks] == [0, 1, 2]


def test_a_pause_that_would_never_pause_is_refused() -> None:
    with pytest.raises(CommandError, match="at least"):
        run("--watch", "0")
