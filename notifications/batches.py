"""Batch tasks: mail to a whole recipient list at once, at a time, or again and again.

A sweep runs what is due. A task is leased first, so that one which kills its worker is not tried for ever; its run then
stores the messages and moves the task on in one transaction, so there is exactly one per due time, whoever dies.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from notifications import recipient_lists, routing
from notifications.contracts import (
    DEFAULT_CATEGORY,
    Address,
    Content,
    Lane,
    SendRequest,
    TemplateChoice,
    UnsubscribeOffer,
)
from notifications.errors import CustomContentDisabled, RecipientsMissing
from notifications.models import BatchTask, Message
from notifications.states import Status
from notifications.submit import submit
from templates_app import render
from tenants.errors import DomainError, QuotaExceeded
from tenants.models import Tenant

log = logging.getLogger(__name__)

Kind: TypeAlias = BatchTask.Kind
State: TypeAlias = BatchTask.State

#: A run of fifty thousand takes seconds; who needs this long is dead.
LEASE = timedelta(minutes=10)
MAX_LEASES = 3
MIN_INTERVAL = timedelta(hours=1)
#: Tasks that one sweep starts, and those that it looks after.
_PER_SWEEP = 20
_MAX_ERROR = 500
#: What a run changes.
_MOVED = (
    "state", "error", "next_run_at", "leased_until", "lease_count", "run_count", "request_count", "waiting_count",
    "open_runs", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What every recipient of the list gets: a template, or own content."""

    subject: str
    sender: Address
    template_code: str = ""
    language: str = ""
    #: For whoever brings no variable of that name.
    params: Mapping[str, Any] = field(default_factory=dict)
    html: str | None = None
    text: str | None = None
    reply_to: str = ""
    #: None: no offer to unsubscribe; empty: by headers alone.
    unsubscribe_footer: str | None = None
    category: str = DEFAULT_CATEGORY
    #: Kept for the facade that made the task, and interpreted by nobody else.
    labels: Mapping[str, Any] = field(default_factory=dict)


def create(
    tenant: Tenant,
    list_id: int,
    wish: Wish,
    *,
    kind: BatchTask.Kind,
    begins_at: datetime | None = None,
    interval: timedelta | None = None,
    facade: str,
    key_id: int | None = None,
) -> BatchTask:
    """A task that runs at the next sweep, or from ``begins_at``.

    Raises NotFound (the list), RecipientsMissing, CustomContentDisabled, ServerMissing, SenderNotAllowed,
    TemplateMissing. What else may be wrong shows when it runs, and is kept in ``error``.
    """
    recipients = recipient_lists.resolve(tenant.pk, list_id)
    if not recipients.valid_count:
        raise RecipientsMissing
    routing.check_sender(tenant.pk, wish.sender, routing.resolve_primary(tenant.pk))
    if wish.template_code:
        render.resolve(tenant, channel="email", code=wish.template_code, language=wish.language)
    elif not tenant.allows_custom_content:
        raise CustomContentDisabled
    begins_at = begins_at or timezone.now()
    task = BatchTask(
        tenant=tenant,
        kind=kind,
        list_number=recipients.pk,
        list_name=recipients.name,
        subject=wish.subject,
        sender=wish.sender.email,
        wish=asdict(wish),
        facade=facade,
        key_id=key_id,
        begins_at=begins_at,
        interval=interval,
        next_run_at=begins_at,
    )
    task.save(force_insert=True)
    return task


def list_tasks(
    tenant_id: int,
    *,
    states: Collection[BatchTask.State] = (),
    kind: BatchTask.Kind | None = None,
    list_id: int | None = None,
    offset: int = 0,
    size: int = 100,
) -> tuple[int, list[BatchTask]]:
    """How many there are, and one page of them, the newest first. What is None or empty narrows nothing."""
    wishes: dict[str, Any] = {"state__in": states or None, "kind": kind, "list_number": list_id}
    rows = BatchTask.objects.for_tenant(tenant_id).order_by("-id")
    rows = rows.filter(**{column: value for column, value in wishes.items() if value is not None})
    return rows.count(), list(rows[offset : offset + size])


def stop(task: BatchTask) -> None:
    """It does not run any more. What it has begun to send goes on."""
    with transaction.atomic():
        held = BatchTask.objects.for_tenant(task.tenant_id).select_for_update().get(pk=task.pk)
        held.next_run_at, held.updated_at = None, timezone.now()
        if not held.open_runs:
            held.state = State.SENT if held.run_count else State.STOPPED
        held.save(update_fields=["next_run_at", "state", "updated_at"])


def run_due() -> int:
    """Runs the tasks whose time has come, and looks how those under way are doing; returns how many ran."""
    ran = 0
    while ran < _PER_SWEEP and (leased := _lease_one()):
        _run(*leased)
        ran += 1
    _look_after()
    return ran


def _lease_one() -> tuple[int, datetime] | None:
    """(task id, end of our lease) of the task that has waited longest; nobody else takes it meanwhile."""
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with transaction.atomic():
        # Workers serve all tenants.
        due = BatchTask.across_tenants.filter(free, next_run_at__lte=Now()).order_by("next_run_at")
        task = due.select_for_update(skip_locked=True, of=("self",)).first()
        if task is None:
            return None
        task.leased_until = timezone.now() + LEASE
        task.lease_count += 1
        task.save(update_fields=["leased_until", "lease_count"])
    return task.pk, task.leased_until


def _run(task_id: int, leased_until: datetime) -> None:
    """Stores the messages of one run and moves the task on, or records why not; all of it or nothing."""
    with transaction.atomic():
        rows = BatchTask.across_tenants.select_for_update(of=("self",)).select_related("tenant")
        task = rows.filter(pk=task_id, leased_until=leased_until).first()
        if task is None:
            return
        task.leased_until = None
        if task.lease_count > MAX_LEASES:
            _fail(task, f"The run did not come to an end {MAX_LEASES} times.")
        else:
            _submit(task)
        task.lease_count = 0
        task.updated_at = timezone.now()
        task.save(update_fields=_MOVED)


def _submit(task: BatchTask) -> None:
    try:
        receipt = submit(task.tenant, _request(task))
    except QuotaExceeded as error:
        task.state, task.error = State.PAUSED, str(error)[:_MAX_ERROR]
        # Quotas start anew at midnight UTC.
        task.next_run_at = (timezone.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return
    except DomainError as error:
        log.info("Batch task %s was refused: %s", task.pk, error.code)
        _fail(task, str(error))
        return
    task.state, task.error = State.SENDING, ""
    task.run_count += 1
    task.request_count += len(receipt.message_ids)
    task.waiting_count += len(receipt.message_ids)
    task.open_runs = [*task.open_runs, receipt.submission_id]
    task.next_run_at = _following(task)


def _fail(task: BatchTask, words: str) -> None:
    task.state, task.error, task.next_run_at = State.FAILED, words[:_MAX_ERROR], _following(task)


def _following(task: BatchTask) -> datetime | None:
    """The next time of a cyclic task that is still to come: what was missed meanwhile is not made up for."""
    if task.interval is None:
        return None
    # Our clock may lag behind the database's, by which the task was due.
    passed = max(timezone.now(), task.next_run_at or task.begins_at)
    return task.begins_at + ((passed - task.begins_at) // task.interval + 1) * task.interval


def _request(task: BatchTask) -> SendRequest:
    wish = Wish(**{**task.wish, "sender": Address(**task.wish["sender"])})
    entries = recipient_lists.valid_entries(task.tenant_id, task.list_number)
    template = content = None
    if wish.template_code:
        template = TemplateChoice(wish.language, code=wish.template_code, subject=wish.subject)
    else:
        content = Content(wish.subject, html=wish.html, text=wish.text)
    return SendRequest(
        facade=task.facade,
        recipients=tuple(address for address, _ in entries),
        params=wish.params,
        params_by_recipient={address.email: params for address, params in entries if params},
        template=template,
        content=content,
        sender=wish.sender,
        reply_to=(Address(wish.reply_to),) if wish.reply_to else (),
        lane=Lane.BULK,
        category=wish.category,
        unsubscribe=None if wish.unsubscribe_footer is None else UnsubscribeOffer(wish.unsubscribe_footer or None),
        out_id=f"TASK-{task.pk}-{task.run_count + 1}",
        key_id=task.key_id,
        options={"task": task.pk},
    )


def _look_after() -> None:
    """Counts what is left of tasks under way; those that have nothing left are sent."""
    with transaction.atomic():
        under_way = BatchTask.across_tenants.filter(state=State.SENDING).order_by("updated_at")
        for task in under_way.select_for_update(skip_locked=True, of=("self",))[:_PER_SWEEP]:
            _count(task)


def _count(task: BatchTask) -> None:
    # What is held as uncertain waits for a person, who may never come; the task is done with it.
    messages = Message.objects.for_tenant(task.tenant_id).filter(status=Status.PENDING)
    waiting = {run: messages.filter(submission_id=run).count() for run in task.open_runs}
    task.waiting_count = sum(waiting.values())
    task.open_runs = [run for run, count in waiting.items() if count]
    if not task.open_runs:
        task.state = State.SENT if task.next_run_at is None else State.WAITING
    task.updated_at = timezone.now()
    task.save(update_fields=["waiting_count", "open_runs", "state", "updated_at"])
