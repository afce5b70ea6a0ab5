"""Records that their tenant does not want any more: deleted for good, with their attempts, content and files.

What still waits is cancelled by it; what is leaving at this moment stays, because its outcome must find its row.
"""

from collections.abc import Collection, Sequence

from django.db import transaction

from notifications import outbox
from notifications.contracts import Channel
from notifications.models import Attachment, Blob, DeliveryAttempt, Message, Outbox, Submission


def remove(*, tenant_id: int, message_ids: Sequence[int], channel: Channel = Channel.EMAIL) -> frozenset[int]:
    """Deletes those of these messages that are the tenant's; returns their ids.

    An id that is missing from the answer is not the tenant's, or its message is leaving right now.
    """
    messages = Message.objects.for_tenant(tenant_id)
    with transaction.atomic():
        own = list(messages.filter(pk__in=message_ids, channel=channel).values_list("pk", flat=True))
        outbox.cancel(tenant_id=tenant_id, message_ids=own)
        # Not to be locked: a worker that settles several of them would wait for us while we wait for it.
        leaving = _queued(own)
        quiet = messages.filter(pk__in=set(own) - leaving).order_by("pk").select_for_update()
        held = dict(quiet.values_list("pk", "submission_id"))
        # Now nobody can requeue them. One that was requeued a moment ago stays: an outbox row without its message
        # would never end.
        gone = set(held) - _queued(held)
        DeliveryAttempt.objects.for_tenant(tenant_id).filter(message_id__in=gone).delete()
        messages.filter(pk__in=gone).delete()
        _remove_submissions(tenant_id, {held[pk] for pk in gone})
    return frozenset(gone)


def _queued(message_ids: Collection[int]) -> set[int]:
    return set(Outbox.objects.filter(message_id__in=message_ids).values_list("message_id", flat=True))


def _remove_submissions(tenant_id: int, submission_ids: Collection[int]) -> None:
    """Forgets calls that have no message left, and files that no other call has."""
    # Two removals that share the last messages of a call wait here for each other, so that one of them sees none left.
    calls = Submission.objects.for_tenant(tenant_id).filter(pk__in=submission_ids)
    locked = set(calls.order_by("pk").select_for_update().values_list("pk", flat=True))
    kept = (
        Message.objects.for_tenant(tenant_id).filter(submission_id__in=locked).values_list("submission_id", flat=True)
    )
    empty = locked - set(kept)
    attachments = Attachment.objects.for_tenant(tenant_id)
    blob_ids = set(attachments.filter(submission_id__in=empty).values_list("blob_id", flat=True))
    attachments.filter(submission_id__in=empty).delete()
    Submission.objects.for_tenant(tenant_id).filter(pk__in=empty).delete()
    _remove_blobs(tenant_id, blob_ids)


def _remove_blobs(tenant_id: int, blob_ids: Collection[int]) -> None:
    # The lock lets sends end that are attaching one of them now. One that has looked up a blob and not attached it yet
    # fails on its foreign key and stores nothing; we accept that of an identical file in the same millisecond.
    blobs = Blob.objects.for_tenant(tenant_id).filter(pk__in=blob_ids).order_by("pk").select_for_update()
    locked = set(blobs.values_list("pk", flat=True))
    used = Attachment.objects.for_tenant(tenant_id).filter(blob_id__in=locked).values_list("blob_id", flat=True)
    Blob.objects.for_tenant(tenant_id).filter(pk__in=locked - set(used)).delete()
