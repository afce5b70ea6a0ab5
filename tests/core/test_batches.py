"""Batch tasks: one run per due time, whoever runs it and whoever dies; refusals are kept where people see them."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications import batches, recipient_lists
from notifications.batches import Wish
from notifications.contracts import Address, Lane
from notifications.errors import CustomContentDisabled, RecipientsMissing, SenderNotAllowed
from notifications.models import BatchTask, Message, RecipientList, Submission
from notifications.recipient_lists import NewEntry
from notifications.states import Status
from templates_app import own_templates
from templates_app.errors import TemplateMissing
from templates_app.own_templates import Change
from tenants.errors import NotFound
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, end

pytestmark = pytest.mark.django_db

SENDER = Address("noreply@example.com", "News")
HOUR = timedelta(hours=1)
Kind, State = BatchTask.Kind, BatchTask.State


@pytest.fixture
def tenant() -> Tenant:
    tenant = TenantFactory()
    MailServerFactory(tenant=tenant)
    return tenant


@pytest.fixture
def people(tenant: Tenant) -> RecipientList:
    made = recipient_lists.create(tenant.pk, name="People")
    entries = [NewEntry("ann@example.org", {"name": "Ann"}), NewEntry("bob@example.org"), NewEntry("nobody")]
    recipient_lists.add(tenant.pk, made.pk, entries)
    return made


def make(people: RecipientList, *, kind: BatchTask.Kind = Kind.NOW, wish: Any = None, **changes: Any) -> BatchTask:
    wish = wish or Wish("News", SENDER, text="Hello", reply_to="help@example.com", unsubscribe_footer="de")
    return batches.create(people.tenant, people.pk, wish, kind=kind, facade="test", **changes)


def run(task: BatchTask) -> BatchTask:
    batches.run_due()
    task.refresh_from_db()
    return task


def messages(task: BatchTask) -> list[Message]:
    return list(Message.objects.for_tenant(task.tenant_id).order_by("id"))


def test_everybody_of_the_list_gets_one_mail_in_the_lowest_lane(people: RecipientList) -> None:
    task = run(make(people))

    sent = messages(task)
    assert [(message.to, message.lane, message.subject) for message in sent] == [
        (["ann@example.org"], Lane.BULK, "News"),
        (["bob@example.org"], Lane.BULK, "News"),
    ]
    submission = Submission.objects.for_tenant(task.tenant_id).get()
    assert (submission.sender_name, submission.reply_to) == ("News", ["help@example.com"])
    assert (submission.category, submission.unsubscribe_footer) == ("newsletter", "de")
    assert (submission.facade, submission.out_id) == ("test", f"TASK-{task.pk}-1")
    assert (task.state, task.request_count, task.waiting_count, task.next_run_at) == (State.SENDING, 2, 2, None)


def test_a_template_gets_the_recipients_variables_over_the_tasks(tenant: Tenant, people: RecipientList) -> None:
    parts = {"subject": "x", "text": "Dear {{ name }}, {{ n }}"}
    own_templates.create(tenant.pk, code="NEWS", language="en", wanted=Change(columns={"name": "News"}, parts=parts))

    task = run(
        make(people, wish=Wish("Hi", SENDER, template_code="NEWS", language="en", params={"name": "You", "n": 1}))
    )

    assert [message.params for message in messages(task)] == [{"name": "Ann", "n": 1}, {"name": "You", "n": 1}]
    assert [message.subject for message in messages(task)] == ["Hi", "Hi"]


def test_a_task_is_sent_when_nothing_is_left(people: RecipientList) -> None:
    task = run(make(people))
    end(Message.objects.for_tenant(task.tenant_id).filter(recipient="ann@example.org"), Status.FAILED)
    assert run(task).waiting_count == 1

    end(Message.objects.for_tenant(task.tenant_id), Status.UNCERTAIN)

    task = run(task)
    assert (task.state, task.waiting_count, task.request_count, task.open_runs) == (State.SENT, 0, 2, [])


def test_a_timed_task_waits_for_its_time_and_runs_once(people: RecipientList) -> None:
    task = run(make(people, kind=Kind.TIMED, begins_at=timezone.now() + HOUR))
    assert (task.state, messages(task)) == (State.WAITING, [])

    BatchTask.objects.for_tenant(task.tenant_id).update(begins_at=timezone.now(), next_run_at=timezone.now())
    run(task)
    run(task)

    assert len(messages(task)) == 2


def test_a_cyclic_task_runs_once_per_cycle_and_makes_up_for_none(people: RecipientList) -> None:
    begins_at = timezone.now() - 2.5 * HOUR
    task = run(make(people, kind=Kind.CYCLIC, begins_at=begins_at, interval=HOUR))

    assert task.next_run_at == begins_at + 3 * HOUR
    assert len(messages(run(task))) == 2

    BatchTask.objects.for_tenant(task.tenant_id).update(begins_at=begins_at - HOUR / 2, next_run_at=timezone.now())
    task = run(task)
    assert (task.run_count, task.request_count, len(messages(task))) == (2, 4, 4)
    end(Message.objects.for_tenant(task.tenant_id), Status.SENT)
    assert run(task).state == State.WAITING


def test_a_clock_that_lags_behind_does_not_run_a_cycle_twice(
    people: RecipientList, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins_at = timezone.now()
    task = make(people, kind=Kind.CYCLIC, begins_at=begins_at, interval=HOUR)
    monkeypatch.setattr(timezone, "now", lambda: begins_at - timedelta(minutes=5))

    assert run(task).next_run_at == begins_at + HOUR


def test_the_quota_pauses_a_task_until_it_starts_anew(people: RecipientList) -> None:
    people.tenant.daily_quota = 1
    people.tenant.save()

    task = run(make(people))

    assert (task.state, messages(task)) == (State.PAUSED, [])
    assert task.next_run_at is not None
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    assert task.next_run_at == midnight
    assert "quota" in task.error


def test_a_refusal_ends_the_run_and_a_cyclic_task_tries_again_next_time(people: RecipientList) -> None:
    once = make(people)
    again = make(people, kind=Kind.CYCLIC, interval=HOUR)
    people.tenant.allows_custom_content = False
    people.tenant.save()

    run(once)
    run(again)

    assert (once.state, once.next_run_at, once.error) == (State.FAILED, None, str(CustomContentDisabled()))
    again.refresh_from_db()
    assert again.state == State.FAILED
    assert again.next_run_at is not None
    assert messages(once) == []


def test_a_task_that_kills_its_workers_is_given_up(people: RecipientList, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batches, "submit", die)
    task, other = make(people), make(people)
    lapsed = timezone.now() - timedelta(minutes=1)
    for _ in range(batches.MAX_LEASES):
        with pytest.raises(KeyboardInterrupt):
            batches.run_due()
        BatchTask.objects.for_tenant(task.tenant_id).filter(pk=task.pk).update(leased_until=lapsed)
        BatchTask.objects.for_tenant(task.tenant_id).filter(pk=other.pk).update(next_run_at=None)

    assert run(task).state == State.FAILED
    assert messages(task) == []


def test_one_that_is_leased_is_left_alone(people: RecipientList) -> None:
    task = make(people)
    BatchTask.objects.for_tenant(task.tenant_id).update(leased_until=timezone.now() + HOUR)

    assert batches.run_due() == 0


def test_a_stopped_task_runs_no_more(people: RecipientList) -> None:
    fresh = make(people, kind=Kind.TIMED, begins_at=timezone.now() + HOUR)
    cyclic = run(make(people, kind=Kind.CYCLIC, interval=HOUR))

    for task in (fresh, cyclic):
        batches.stop(task)
        task.refresh_from_db()

    assert (fresh.state, fresh.next_run_at) == (State.STOPPED, None)
    assert (cyclic.state, cyclic.next_run_at) == (State.SENDING, None)


def test_what_can_be_known_is_refused_at_once(tenant: Tenant, people: RecipientList) -> None:
    nobody = recipient_lists.create(tenant.pk, name="Nobody")
    stranger = TenantFactory()
    wish = Wish("News", SENDER, text="Hello")
    cases: list[tuple[type[Exception], Tenant, int, Wish]] = [
        (NotFound, stranger, people.pk, wish),
        (NotFound, tenant, 10**12, wish),
        (RecipientsMissing, tenant, nobody.pk, wish),
        (SenderNotAllowed, tenant, people.pk, Wish("News", Address("x@other.example"), text="Hello")),
        (TemplateMissing, tenant, people.pk, Wish("News", SENDER, template_code="NONE", language="en")),
    ]
    for refusal, owner, list_id, asked in cases:
        with pytest.raises(refusal):
            batches.create(owner, list_id, asked, kind=Kind.NOW, facade="test")
    assert not BatchTask.objects.for_tenant(tenant.pk).exists()
    assert batches.list_tasks(stranger.pk) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_four_workers_run_a_task_once(people: RecipientList) -> None:
    barrier = threading.Barrier(4)
    tasks = [make(people) for _ in range(3)]

    def work() -> None:
        try:
            barrier.wait()
            batches.run_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Submission.objects.for_tenant(people.tenant_id).count() == len(tasks)
    assert Message.objects.for_tenant(people.tenant_id).count() == 2 * len(tasks)
