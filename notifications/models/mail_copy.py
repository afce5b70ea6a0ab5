"""What senders keep of their own mail, apart from the operators' record: one copy per call, in one folder or two."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tenants.scoping import TenantOwned


class MailCopy(TenantOwned):
    """Its number is small enough for every client's JSON, which those of messages are not."""

    #: Whose copy it is. A composite foreign key (see the migration) keeps both in one tenant.
    contact: Any = models.ForeignKey("tenants.Contact", on_delete=models.CASCADE, related_name="+", db_index=False)
    submission: Any = models.ForeignKey(
        "notifications.Submission", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    in_sent = models.BooleanField()
    in_tracking = models.BooleanField()
    #: As the call named them: where each recipient gets a message alone, the messages do not say it any more.
    to = ArrayField(models.CharField(max_length=320))
    cc = ArrayField(models.CharField(max_length=320), default=list)
    #: Of the body and the files.
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "mail copies"
        constraints = [
            # One per call; also how a record that is deleted takes its copy along.
            models.UniqueConstraint(fields=["submission"], name="mail_copy_once"),
        ]
        indexes = [
            # A folder, newest first.
            models.Index(fields=["tenant", "contact", "id"], name="mail_copy_newest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
