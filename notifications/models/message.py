"""The message: one row per envelope that leaves. And the outbox: one narrow row while something is still to do.

``outbox.py`` is the only writer of either after acceptance. These tables are hot, so they carry no foreign-key
constraints; ``manage.py check_integrity`` proves what the constraints would have.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.ids import NextId
from notifications.states import Status
from tenants.scoping import TenantOwned


def _unconstrained(to: str, **options: Any) -> Any:
    return models.ForeignKey(
        to, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False, **options
    )


class Message(TenantOwned):
    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    tenant: Any = _unconstrained("tenants.Tenant")
    submission: Any = _unconstrained("notifications.Submission")
    channel = models.CharField(max_length=8, default="email")
    lane = models.SmallIntegerField()
    status = models.CharField(
        max_length=10, choices=[(status.value, status.value.title()) for status in Status], default=Status.PENDING
    )
    #: TEMPLATE or CUSTOM.
    kind = models.CharField(max_length=8)
    biz_key = models.CharField(max_length=80, null=True)
    template_code = models.CharField(max_length=80, null=True)
    template_version: Any = _unconstrained("templates_app.TemplateVersion", null=True)
    language = models.CharField(max_length=20, null=True)
    #: Normalised first recipient: what people search by.
    recipient = models.CharField(max_length=320)
    to = ArrayField(models.CharField(max_length=320))
    cc = ArrayField(models.CharField(max_length=320), default=list)
    bcc = ArrayField(models.CharField(max_length=320), default=list)
    #: Display names by address, only where the caller gave any.
    names = models.JSONField(null=True)
    #: As it will read, with secrets masked; rendered again at send with the version recorded here. Of an SMS: the text.
    subject = models.TextField(blank=True)
    params = models.JSONField(null=True)
    #: Sealed JSON of variables that must not be stored in clear (codes). Erased when the message ends.
    secrets = models.TextField(null=True)
    is_html = models.BooleanField()
    is_batch = models.BooleanField()
    is_code = models.BooleanField(default=False)
    out_id = models.CharField(max_length=80)
    user_id = models.BigIntegerField(default=-1)
    #: The caller's earliest time; NULL: at once. Retries do not move it.
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    #: When the message got the status that it has; NULL while that is PENDING.
    finished_at = models.DateTimeField(null=True)
    route: Any = _unconstrained("notifications.MailServer", null=True)
    provider_id = models.CharField(max_length=255, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    #: What an SMS is billed as; NULL for mail.
    segments = models.SmallIntegerField(null=True)
    #: The latest failure in the server's own words; empty once the message is sent.
    failure_reason = models.CharField(max_length=1000, blank=True, default="")
    #: Per address, only where an outcome differs from the message's: {address: {"verdict", "code", "words"}}.
    recipient_outcomes = models.JSONField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(status__in=[s.value for s in Status]), name="message_status_known"),
            models.CheckConstraint(
                condition=Q(status="PENDING", finished_at__isnull=True)
                | (~Q(status="PENDING") & Q(finished_at__isnull=False)),
                name="message_finished_unless_pending",
            ),
        ]
        # Ids rise in all of them, though lists begin with the newest: what is accepted then fills their pages from one
        # side, which takes half the room and less time in a large call. Reading backwards costs nothing.
        indexes = [
            # The list of a channel; its count and its deep pages read nothing else.
            models.Index(fields=["tenant", "channel", "id"], name="message_newest"),
            # The list by status, in the same way.
            models.Index(fields=["tenant", "status", "id"], name="message_by_status", include=["channel"]),
            # The list by the time of the attempt, in the same way. Those that have none are PENDING, and found as such.
            models.Index(
                fields=["tenant", "channel", "finished_at", "id"],
                name="message_by_finished",
                condition=Q(finished_at__isnull=False),
            ),
            # The list by the time a message was scheduled for; most are not.
            models.Index(
                fields=["tenant", "channel", "due_at", "id"], name="message_by_due", condition=Q(due_at__isnull=False)
            ),
            # "What did we send to this person?"
            models.Index(fields=["tenant", "recipient", "id"], name="message_by_recipient"),
            # A caller finds its call again, by the whole id or how it begins; by any part of it without the table.
            models.Index(
                "tenant",
                OpClass("out_id", name="varchar_pattern_ops"),
                "id",
                name="message_by_out_id",
                include=["channel"],
            ),
            # Messages of one call, in order.
            models.Index(fields=["submission", "id"], name="message_by_submission"),
            # Any recipient of a message with several; the common single one is found by message_by_recipient.
            GinIndex(fields=["to"], name="message_shared_to", condition=Q(to__len__gt=1)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Outbox(models.Model):
    """Work still to do. ``rank`` NULL: waiting for ``due_at``; else ready, or leased while ``leased_until`` is set."""

    message: Any = models.OneToOneField(
        Message, on_delete=models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    tenant: Any = _unconstrained("tenants.Tenant")
    lane = models.SmallIntegerField()
    #: Place in the fair order of the lane; given when the row becomes due.
    rank = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    attempt = models.SmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    #: Set in the moment before the body may go out; after a crash such a row is uncertain.
    in_flight_at = models.DateTimeField(null=True)
    #: The operators' hold that it waits for.
    hold_id = models.BigIntegerField(null=True)
    #: Claims since the last settled attempt.
    crash_count = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [
            # claim: the next ready rows of a lane.
            models.Index(
                fields=["lane", "rank"], name="outbox_ready", condition=Q(leased_until=None, rank__isnull=False)
            ),
            # promote: rows whose time has come.
            models.Index(fields=["due_at"], name="outbox_waiting", condition=Q(rank=None)),
            # wake: what waits for a hold.
            models.Index(fields=["hold_id"], name="outbox_held", condition=Q(hold_id__isnull=False)),
            # reap: leases that ran out.
            models.Index(fields=["leased_until"], name="outbox_leased", condition=Q(leased_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FairClock(models.Model):
    """Start-time fair queuing: the last rank given to a tenant in a lane; owner 0 holds the lane's virtual time."""

    owner_id = models.BigIntegerField()
    lane = models.SmallIntegerField()
    rank = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "owner_id"], name="fair_clock_once")]

    def __str__(self) -> str:
        return f"{self.owner_id}/{self.lane}: {self.rank}"
