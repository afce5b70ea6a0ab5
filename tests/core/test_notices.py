"""Notices of failure: once for each failed message, never about a notice, and nothing for mail that arrived."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from notifications import notices, outbox, tasks
from notifications.contracts import Address, Lane
from notifications.models import DeliveryWatch, MailServer, Message, Submission
from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Verdict
from tenants.models import Tenant
from tests.crowd import at_once
from tests.factories import MailServerFactory, SenderIdentityFactory, send

pytestmark = pytest.mark.django_db

ANN, BOB, CEM = "ann@example.org", "bob@example.org", "cem@example.org"
SENDER = "office@example.com"


@pytest.fixture
def tenant() -> Tenant:
    tenant: Tenant = MailServerFactory().tenant
    SenderIdentityFactory(tenant=tenant, value=SENDER)
    return tenant


def send_watched(tenant: Tenant, *recipients: str, is_separate: bool = True) -> tuple[int, ...]:
    ids = send(tenant, *recipients, is_separate=is_separate).message_ids
    notices.watch(tenant.pk, ids, notify=SENDER)
    return ids


def end(verdict: Verdict = Verdict.NEVER, words: str = "550 5.1.1 no such user", **recipients: Verdict) -> None:
    """Everything that waits ends alike."""
    lease = outbox.claim(lane=Lane.BULK, limit=1000)
    each = {f"{name}@example.org": RecipientOutcome(own, 550, "550 gone") for name, own in recipients.items()}
    outcomes = [Outcome(message_id=id_, verdict=verdict, words=words, recipients=each) for id_ in lease.attempts]
    outbox.settle([(outcome, None) for outcome in outcomes], lease=lease)


def die(*_: Any) -> None:
    raise MemoryError


def written() -> list[Submission]:
    return list(Submission.across_tenants.filter(subject__startswith=notices.PREFIX).order_by("pk"))


def test_a_failed_message_is_told_to_its_sender_with_the_server_s_words(tenant: Tenant) -> None:
    send_watched(tenant, ANN)
    end()

    assert notices.write() == 1

    (notice,) = written()
    message = Message.across_tenants.get(submission=notice)
    assert (message.to, notice.subject) == ([SENDER], "[Message delivery failed] Hello")
    assert "ann@example.org\n    550 5.1.1 no such user" in str(notice.text)
    assert notice.headers == {"Auto-Submitted": "auto-replied"}
    assert not DeliveryWatch.across_tenants.exists()


def test_nobody_is_told_twice(tenant: Tenant) -> None:
    send_watched(tenant, ANN)
    end()

    assert [notices.write(), notices.write()] == [1, 0]


def test_a_notice_that_fails_causes_no_other(tenant: Tenant) -> None:
    send_watched(tenant, ANN)
    end()
    notices.write()
    end()

    assert notices.write() == 0
    assert len(written()) == 1


def test_many_failures_of_one_call_are_one_notice(tenant: Tenant) -> None:
    send_watched(tenant, ANN, BOB)
    end()

    assert notices.write() == 1
    assert ANN in str(written()[0].text)
    assert BOB in str(written()[0].text)


def test_of_several_recipients_only_those_not_reached_are_named(tenant: Tenant) -> None:
    send_watched(tenant, ANN, BOB, CEM, is_separate=False)
    end(Verdict.PARTIAL, ann=Verdict.SENT, bob=Verdict.NEVER, cem=Verdict.SUPPRESSED)

    notices.write()

    (notice,) = written()
    assert [name in str(notice.text) for name in (ANN, BOB, CEM)] == [False, True, True]


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.LATER, Verdict.UNCERTAIN])
def test_mail_that_arrived_or_still_may_is_not_told_of(tenant: Tenant, verdict: Verdict) -> None:
    send_watched(tenant, ANN)
    end(verdict)

    assert notices.write() == 0
    assert DeliveryWatch.across_tenants.exists() == (verdict is not Verdict.SENT)


def test_what_a_person_cancelled_is_not_told_of(tenant: Tenant) -> None:
    ids = send_watched(tenant, ANN)
    outbox.cancel(tenant_id=tenant.pk, message_ids=ids)

    assert notices.write() == 0
    assert not DeliveryWatch.across_tenants.exists()


def test_mail_that_nobody_watches_costs_one_query(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(tenant, ANN)
    end()

    with django_assert_num_queries(3):  # a savepoint, the question, its release
        assert notices.write() == 0


def test_a_writer_that_dies_leaves_its_notice_to_a_later_one(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    send_watched(tenant, ANN)
    end()
    with monkeypatch.context() as patch:
        patch.setattr(notices, "submit", die)
        with pytest.raises(MemoryError):
            notices.write()

    at_once_again = notices.write()
    DeliveryWatch.across_tenants.update(due_at=F("due_at") - timedelta(minutes=10))

    assert (at_once_again, notices.write(), len(written())) == (0, 1, 1)


def test_a_notice_that_is_refused_is_given_up_after_a_day(tenant: Tenant) -> None:
    send_watched(tenant, ANN)
    end()
    MailServer.across_tenants.update(enabled=False)
    for age, is_kept in ((timedelta(), True), (timedelta(days=1, minutes=1), False)):
        DeliveryWatch.across_tenants.update(due_at=Now())
        Message.across_tenants.update(finished_at=Now() - age)

        assert notices.write() == 0
        assert DeliveryWatch.across_tenants.exists() == is_kept


def test_a_server_without_an_address_of_its_own_sends_the_notice_as_the_sender(tenant: Tenant) -> None:
    MailServer.across_tenants.update(from_address="", allowed_senders=[SENDER])
    ids = send(tenant, ANN, sender=Address(SENDER, "Office")).message_ids
    notices.watch(tenant.pk, ids, notify=SENDER)
    end()

    notices.write()

    assert written()[0].sender_address == SENDER


def test_a_message_that_is_sent_once_more_is_looked_at_again_later(tenant: Tenant) -> None:
    ids = send_watched(tenant, ANN)
    end()
    DeliveryWatch.across_tenants.update(due_at=Now())
    outbox.requeue(tenant_id=tenant.pk, message_ids=ids)

    assert notices.write() == 0
    assert DeliveryWatch.across_tenants.exists()


def test_the_sweep_writes_them(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "deliver_due", lambda **_: None)
    send_watched(tenant, ANN)
    end()

    tasks.sweep()

    assert len(written()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_write_one_notice() -> None:
    tenant = MailServerFactory().tenant
    send_watched(tenant, ANN)
    end()

    assert sorted(at_once(2, lambda _: notices.write())) == [0, 1]  # type: ignore[type-var]
    assert len(written()) == 1
