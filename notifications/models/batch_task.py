"""The same mail to a whole list of recipients: at once, at a time, or again and again. ``batches.py`` runs them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tenants.scoping import TenantOwned


class BatchTask(TenantOwned):
    class Kind(models.TextChoices):
        NOW = "now", "at once"
        TIMED = "timed", "at a time"
        CYCLIC = "cyclic", "again and again"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Sending"
        #: The daily quota is used up; it goes on when that starts anew.
        PAUSED = "paused", "Paused for today"
        #: The last run was refused. A cyclic task tries again at its next time.
        FAILED = "failed", "Failed"
        SENT = "sent", "Sent"
        #: Before it ever ran.
        STOPPED = "stopped", "Stopped"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    #: The recipient list by its id and name; both outlive it.
    list_number = models.BigIntegerField("list")
    list_name = models.CharField(max_length=200)
    subject = models.TextField()
    sender = models.CharField(max_length=320)
    #: What is sent, in words of ``contracts``; see ``batches.Wish``.
    wish = models.JSONField()
    facade = models.CharField(max_length=16)
    key_id = models.BigIntegerField(null=True)
    begins_at = models.DateTimeField()
    #: Between two runs of a cyclic task; NULL: it runs once.
    interval = models.DurationField(null=True)
    #: NULL: it does not run any more.
    next_run_at = models.DateTimeField(null=True)
    #: A worker has it until then.
    leased_until = models.DateTimeField(null=True)
    #: Leases since the last run that came to an end.
    lease_count = models.PositiveSmallIntegerField(default=0)
    run_count = models.PositiveIntegerField(default=0)
    #: Messages of all runs, and those of them that are not finished.
    request_count = models.PositiveIntegerField(default=0)
    waiting_count = models.PositiveIntegerField(default=0)
    #: Submissions with messages that are not finished.
    open_runs = ArrayField(models.BigIntegerField(), default=list)
    #: Why the last run was refused.
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        indexes = [
            # The list, newest first.
            models.Index(fields=["tenant", "id"], name="batch_task_newest"),
            # The sweep: what is due.
            models.Index(fields=["next_run_at"], name="batch_task_due", condition=models.Q(next_run_at__isnull=False)),
            # The sweep: what is under way.
            models.Index(fields=["id"], name="batch_task_sending", condition=models.Q(state="sending")),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.list_name}"
