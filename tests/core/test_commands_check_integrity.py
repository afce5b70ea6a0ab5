"""manage.py check_integrity: silent about what fits, and precise about what does not."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from notifications import integrity, mailboxes, outbox
from notifications.contracts import FileIn, Lane
from notifications.mailboxes import Folder, Outgoing
from notifications.models import Attachment, DeliveryAttempt, DeliveryWatch, MailCopy, Message, Outbox, Submission
from notifications.models.ids import first_id_at
from notifications.parcel import Outcome
from notifications.states import Status, Verdict
from tenants.directory import Mailbox
from tenants.models import Tenant
from tests.factories import ContactFactory, MailServerFactory, TenantFactory, end, make_request, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    """With a message in every stage of life, a file, and a sender who keeps a copy and waits for news."""
    tenant = MailServerFactory().tenant
    sent, failed, later = send(tenant, "a@example.org", "b@example.org", "c@example.org").message_ids
    lease = outbox.claim(lane=Lane.BULK, limit=3)
    verdicts = {sent: Verdict.SENT, failed: Verdict.NEVER, later: Verdict.LATER}
    outbox.settle([(Outcome(id_, verdict), None) for id_, verdict in verdicts.items()], lease=lease)
    owner = ContactFactory(tenant=tenant, email="office@example.com")
    request = make_request("d@example.org", files=(FileIn(name="a.txt", data=b"a"),))
    mailboxes.send(
        tenant,
        Mailbox(owner.pk, -1, "Office", "office@example.com"),
        Outgoing(request, to=("d@example.org",), cc=(), folders=frozenset(Folder)),
    )
    (in_flight,) = send(tenant, "e@example.org", lane=Lane.URGENT).message_ids
    outbox.mark([in_flight], lease=outbox.claim(lane=Lane.URGENT, limit=1))
    outbox.requeue(tenant_id=tenant.pk, message_ids=[failed])
    return tenant


def run(*arguments: str) -> tuple[str, str]:
    """(what it prints, why it fails)"""
    out = StringIO()
    try:
        call_command("check_integrity", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), f"exit {error.returncode}: {error}"
    return out.getvalue(), ""


def only(model: Any, **match: object) -> Any:
    rows = getattr(model, "across_tenants", model.objects)
    return rows.filter(**match).order_by("pk")[:1].get()


def test_a_healthy_database_fits_together(tenant: Tenant) -> None:
    printed, why = run()

    assert why == ""
    assert printed == (
        "Looked at 5 messages, 4 outbox, 3 attempts, 3 submissions, 1 attachments, 1 mail copies, 1 delivery watches.\n"
        "They fit together.\n"
    )


def test_an_empty_database_fits_together() -> None:
    assert run()[1] == ""


BREAKAGES: dict[str, Any] = {
    "its submission does not exist": lambda: Submission.across_tenants.filter(pk=only(Submission).pk).delete(),
    "it has no message": lambda: Message.across_tenants.filter(submission_id=only(Submission).pk).delete(),
    "it is PENDING and not in the outbox": lambda: only(Outbox).delete(),
    "its message does not exist": lambda: Message.across_tenants.filter(pk=only(Outbox).pk).delete(),
    "its message has ended": lambda: end(Message.across_tenants.filter(pk=only(Outbox).pk), Status.SENT),
    "its submission is another tenant's": lambda: move(Submission),
    "its message is another tenant's": lambda: move(Message),
    "its content is another tenant's": lambda: move(Attachment),
    "its tenant does not exist": lambda: Message.across_tenants.update(tenant_id=987654321),
    "in mail copies: its submission does not exist": lambda: MailCopy.across_tenants.update(submission_id=987654321),
    "in delivery watches: its message is another tenant's": lambda: move(DeliveryWatch),
    "it has half a lease": lambda: Outbox.objects.filter(lease=None).update(leased_until=Now()),
    "it is in flight and in nobody's hands": lambda: Outbox.objects.filter(lease=None).update(in_flight_at=Now()),
    "its template version does not exist": lambda: Message.across_tenants.update(template_version_id=987654321),
}


def move(model: Any) -> None:
    """To another tenant, as no code of ours would."""
    model.across_tenants.update(tenant_id=TenantFactory().pk)


@pytest.mark.parametrize("sentence", BREAKAGES)
def test_what_does_not_fit_is_named_and_fails_the_command(tenant: Tenant, sentence: str) -> None:
    BREAKAGES[sentence]()

    printed, why = run()

    assert sentence in printed
    assert why == "exit 1: The tables do not fit together."


def test_the_broken_rows_are_listed_up_to_a_sample(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "SAMPLE", 2)
    ids = list(Outbox.objects.order_by("pk").values_list("pk", flat=True))
    Outbox.objects.all().delete()

    printed, _ = run()

    assert (
        f"4 in messages: it is PENDING and not in the outbox, so nobody will ever send it: {ids[0]}, {ids[1]}, …"
        in (printed)
    )


def test_every_row_is_looked_at_window_by_window(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "WINDOW", 2)
    Message.across_tenants.update(submission_id=987654321)

    report = integrity.check()

    assert report.checked["messages"] == 5
    assert [problem.count for problem in report.problems if problem.table == "messages"] == [5]


def test_a_check_of_the_last_days_leaves_older_history_alone(tenant: Tenant) -> None:
    old = only(DeliveryAttempt)
    long_ago = first_id_at(datetime.now(UTC) - timedelta(days=3))
    DeliveryAttempt.across_tenants.filter(pk=old.pk).update(id=long_ago, message_id=1)

    assert run("--days", "2")[1] == ""
    assert run("--days", "4")[1] != ""
    assert run()[1] != ""
