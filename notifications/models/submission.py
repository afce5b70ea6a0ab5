"""One API call: who asked, with what content and options. Content of N equal messages is stored once, here."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from notifications.models.ids import NextId
from tenants.scoping import TenantOwned


class Submission(TenantOwned):
    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    tenant: Any = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    facade = models.CharField(max_length=16)
    key_id = models.BigIntegerField(null=True)
    out_id = models.CharField(max_length=80)
    #: Under which the caller may stop what still waits of this call and others.
    cancel_key = models.CharField(max_length=80, null=True)
    sender_address = models.CharField(max_length=320, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    #: NULL: mail is sent under the address that it shows.
    envelope_from = models.CharField(max_length=320, null=True)
    #: The caller's own, in angle brackets. NULL: made of each message's id.
    rfc_message_id = models.CharField(max_length=250, null=True)
    reply_to = ArrayField(models.CharField(max_length=320), default=list)
    headers = models.JSONField(default=dict)
    #: The caller's own content; all empty where a template speaks.
    subject = models.TextField(blank=True)
    html = models.TextField(null=True)
    text = models.TextField(null=True)
    #: Empty: transactional. Otherwise what its recipients may have left.
    category = models.CharField(max_length=60, blank=True, default="")
    #: NULL: no offer to unsubscribe. Empty: by headers; else the language of the footer too.
    unsubscribe_footer = models.CharField(max_length=20, null=True)
    #: What the facade wants back in its reads and the core does not interpret.
    options = models.JSONField(default=dict)
    message_count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwned.Meta):
        indexes = [
            # Find a call by the caller's own id.
            models.Index(fields=["tenant", "out_id"], name="submission_out_id"),
            # Find calls to cancel; most have no key.
            models.Index(
                fields=["tenant", "cancel_key"],
                name="submission_cancel_key",
                condition=models.Q(cancel_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facade} {self.pk}"
