"""What foreign keys would prove if the hot tables carried any: nothing points at a row that is not there.

Each rule is judged by single statements, so it holds on a running system too. They go through the tables in windows,
so that none of them is long, however much history there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from notifications.models import Attachment, DeliveryAttempt, DeliveryWatch, MailCopy, Message, Outbox, Submission
from notifications.models.ids import first_id_at
from notifications.states import Status
from templates_app.models import TemplateVersion
from tenants.models import Tenant

#: Rows per statement.
WINDOW = 50_000
#: Ids kept per rule that is broken.
SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """``broken`` selects the rows that break it."""

    sentence: str
    broken: Q | Combinable


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    rows: QuerySet[Any]
    rules: Sequence[Rule]
    #: Its ids sort by time, so that a check can begin at a day.
    is_timed: bool = True


@dataclass(slots=True)
class Problem:
    table: str
    sentence: str
    count: int = 0
    #: The lowest ones.
    ids: list[int] = field(default_factory=list)

    def add(self, ids: Sequence[int]) -> None:
        self.count += len(ids)
        self.ids += ids[: SAMPLE - len(self.ids)]


@dataclass(frozen=True, slots=True)
class Report:
    #: Rows looked at, by table.
    checked: Mapping[str, int]
    problems: Sequence[Problem]


def check(*, since: datetime | None = None) -> Report:
    """Looks at everything, or at what was accepted since then; the outbox and the attachments are looked at whole."""
    checked: dict[str, int] = {}
    problems: list[Problem] = []
    for table in _tables():
        after = first_id_at(since) - 1 if since is not None and table.is_timed else None
        found = [(rule, Problem(table.name, rule.sentence)) for rule in table.rules]
        checked[table.name] = 0
        for window, size in _windows(table.rows, after):
            checked[table.name] += size
            for rule, problem in found:
                problem.add(list(window.filter(rule.broken).values_list("pk", flat=True)))
        problems += [problem for _, problem in found if problem.count]
    return Report(checked, problems)


def _windows(rows: QuerySet[Any], after: int | None) -> Iterator[tuple[QuerySet[Any], int]]:
    """The rows in pieces by primary key, each with its size."""
    rest = rows.order_by("pk") if after is None else rows.order_by("pk").filter(pk__gt=after)
    while ids := list(rest.values_list("pk", flat=True)[:WINDOW]):
        yield rows.filter(pk__gte=ids[0], pk__lte=ids[-1]).order_by("pk"), len(ids)
        rest = rest.filter(pk__gt=ids[-1])


def _tables() -> Sequence[Table]:
    # A proof about the whole house looks at all of it. Ownership is one of the things to prove.
    messages, submissions = Message.across_tenants.all(), Submission.across_tenants.all()
    its_message = messages.filter(pk=OuterRef("message_id"))
    its_submission = submissions.filter(pk=OuterRef("submission_id"))
    is_another_s = ~Q(tenant_id=OuterRef("tenant_id"))
    no_tenant = Rule("its tenant does not exist", ~Exists(Tenant.objects.filter(pk=OuterRef("tenant_id"))))
    is_pending = Q(status=Status.PENDING)
    return (
        Table(
            "messages",
            messages,
            (
                no_tenant,
                Rule("its submission does not exist", ~Exists(its_submission)),
                Rule("its submission is another tenant's", Exists(its_submission.filter(is_another_s))),
                Rule(
                    "it is PENDING and not in the outbox, so nobody will ever send it",
                    is_pending & ~Exists(Outbox.objects.filter(pk=OuterRef("pk"))),
                ),
                Rule(
                    "it is PENDING and its template version does not exist",
                    is_pending
                    & Q(template_version_id__isnull=False)
                    & ~Exists(TemplateVersion.objects.filter(pk=OuterRef("template_version_id"))),
                ),
            ),
        ),
        Table(
            "outbox",
            Outbox.objects.all(),
            (
                Rule("its message does not exist", ~Exists(its_message)),
                Rule("its message is another tenant's", Exists(its_message.filter(is_another_s))),
                Rule("its message has ended", Exists(its_message.exclude(is_pending))),
                Rule(
                    "it has half a lease",
                    Q(lease=None, leased_until__isnull=False) | Q(lease__isnull=False, leased_until=None),
                ),
                Rule("it is in flight and in nobody's hands", Q(in_flight_at__isnull=False, leased_until=None)),
            ),
            is_timed=False,
        ),
        Table(
            "attempts",
            DeliveryAttempt.across_tenants.all(),
            (
                Rule("its message does not exist", ~Exists(its_message)),
                Rule("its message is another tenant's", Exists(its_message.filter(is_another_s))),
            ),
        ),
        Table(
            "submissions",
            submissions,
            (no_tenant, Rule("it has no message", ~Exists(messages.filter(submission_id=OuterRef("pk"))))),
        ),
        Table(
            "attachments",
            Attachment.across_tenants.all(),
            (
                Rule("its submission does not exist", ~Exists(its_submission)),
                Rule("its submission is another tenant's", Exists(its_submission.filter(is_another_s))),
                Rule("its content is another tenant's", ~Q(blob__tenant_id=F("tenant_id"))),
            ),
            is_timed=False,
        ),
        Table(
            "mail copies",
            MailCopy.across_tenants.all(),
            (
                Rule("its submission does not exist", ~Exists(its_submission)),
                Rule("its submission is another tenant's", Exists(its_submission.filter(is_another_s))),
            ),
            is_timed=False,
        ),
        Table(
            "delivery watches",
            DeliveryWatch.across_tenants.all(),
            (
                Rule("its message does not exist", ~Exists(its_message)),
                Rule("its message is another tenant's", Exists(its_message.filter(is_another_s))),
            ),
            is_timed=False,
        ),
    )
