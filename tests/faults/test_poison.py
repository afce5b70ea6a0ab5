"""T1 and T2: one message that cannot be rendered, and one that kills whoever touches it."""

from typing import Any

import pytest
from django.db import connection

from notifications.contracts import TemplateChoice
from notifications.delivery.deliver import deliver_due
from notifications.models import Message, Submission
from notifications.outbox import CRASH_LIMIT
from notifications.states import Status
from templates_app import publishing
from templates_app.models import Template
from tenants.models import Tenant
from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import arrivals, is_idle, statuses, unexplained, verdicts
from tests.faults.harness.process import Process
from tests.faults.harness.sink import Sink
from tests.faults.harness.time import finish, lapse_leases
from tests.faults.harness.works import Works

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = [f"r{n}@example.org" for n in range(120)]


@pytest.fixture
def tenant(sink: Sink) -> Tenant:
    return MailServerFactory(port=sink.port).tenant


def corrupt(message_id: int) -> None:
    """JSON that PostgreSQL stores and Python's reader cannot take: reading the row raises RecursionError."""
    with connection.cursor() as cursor:
        nested = "[" * 3000 + "]" * 3000
        cursor.execute("UPDATE notifications_message SET params = %s::jsonb WHERE id = %s", [nested, message_id])


def publish(tenant: Tenant, code: str, *, html: str) -> TemplateChoice:
    template = Template(tenant=tenant, code=code, name=code)
    template.save(force_insert=True)
    translation = publishing.translation_of(template, "en")
    publishing.publish(publishing.draft(translation, subject="Your order", html=html))
    return TemplateChoice(code=code, language="en")


def test_t1_a_message_that_cannot_be_rendered_fails_alone_at_its_first_attempt(tenant: Tenant, sink: Sink) -> None:
    choice = publish(tenant, "order", html="<p>{% for item in items %}{{ item }} {% endfor %}</p>")
    params: dict[str, dict[str, Any]] = {recipient: {"items": ["bread"]} for recipient in RECIPIENTS}
    params["r60@example.org"] = {"items": 7}
    ids = send(tenant, *RECIPIENTS, content=None, template=choice, params_by_recipient=params).message_ids
    bad, others = ids[60], [*ids[:60], *ids[61:]]

    deliver_due()

    failed = Message.across_tenants.get(pk=bad)
    assert (failed.status, failed.attempts, verdicts(bad)) == (Status.FAILED, 1, ["never"])
    assert failed.failure_reason
    assert arrivals(sink.message_ids) == dict.fromkeys(others, 1)
    assert statuses(others) == {Status.SENT: len(others)}


def dies(worker: Process) -> bool:
    """False when it has done all there was to do instead."""
    wait_until(lambda: is_idle() or not worker.is_alive, "the worker is done or dead", timeout_s=20)
    return not worker.is_alive


def test_t2_a_row_that_kills_its_workers_is_quarantined_after_three_and_the_others_flow(
    tenant: Tenant, sink: Sink, works: Works
) -> None:
    ids = send(tenant, *RECIPIENTS).message_ids
    poison, others = ids[60], [*ids[:60], *ids[61:]]
    corrupt(poison)

    crashes = 0
    while not is_idle() and crashes < 2 * CRASH_LIMIT:
        crashes += dies(works.deliver())
        lapse_leases()

    assert crashes == CRASH_LIMIT
    assert statuses([poison]) == {Status.FAILED: 1}
    assert "Quarantined" in Message.across_tenants.defer("params").get(pk=poison).failure_reason
    assert statuses(others) == {Status.SENT: len(others)}
    assert arrivals(sink.message_ids) == dict.fromkeys(others, 1)


def test_t2_a_row_that_breaks_its_jobs_in_flight_is_quarantined_after_three_and_the_others_flow(
    tenant: Tenant, sink: Sink
) -> None:
    before = send(tenant, *RECIPIENTS[:50]).message_ids
    poison = send(tenant)
    after = send(tenant, *RECIPIENTS[50:]).message_ids
    Submission.across_tenants.filter(pk=poison.submission_id).update(headers=["not", "a", "mapping"])

    finish()

    (row,) = Message.across_tenants.filter(pk__in=poison.message_ids)
    assert (row.status, verdicts(row.pk)) == (Status.FAILED, ["uncertain", "uncertain", "never"])
    assert "Quarantined" in row.failure_reason
    assert statuses([*before, *after]) == {Status.SENT: len(RECIPIENTS)}
    assert not unexplained(sink.message_ids)
