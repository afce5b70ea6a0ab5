"""A sender's own copies of its mail: made with the mail, listed by folder, thrown away without touching the record.

For facades whose users have mailboxes. Mail that others write to them arrives at their real mail server, so the only
folders that fill here are those of sent mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from notifications import notices
from notifications.contracts import FileIn, Receipt, SendRequest
from notifications.models import Attachment, MailCopy
from notifications.submit import submit
from tenants.directory import Mailbox
from tenants.errors import NotFound
from tenants.models import Tenant

_MAX_ID = 2**63 - 1


class Folder(IntEnum):
    """Those with copies in them."""

    SENT = 1
    TRACKING = 2


_IN_FOLDER = {Folder.SENT: Q(in_sent=True), Folder.TRACKING: Q(in_tracking=True)}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail that the owner of a mailbox sends, and where a copy of it is kept."""

    request: SendRequest
    to: tuple[str, ...]
    cc: tuple[str, ...]
    folders: frozenset[Folder]


@dataclass(frozen=True, slots=True)
class Sent:
    receipt: Receipt
    #: None where no copy was wanted.
    copy_id: int | None


@dataclass(frozen=True, slots=True)
class FolderSize:
    mails: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """``number`` counts from 1, in the order of the call."""

    number: int
    name: str
    content_type: str
    content_id: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Copy:
    id: int
    folders: frozenset[Folder]
    sender_address: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sent_at: datetime
    size_bytes: int
    #: What the facade kept with the call.
    options: Mapping[str, Any]
    file_count: int
    #: Only of a copy that was asked for by its number.
    body: str = ""
    files: tuple[CopiedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    total: int
    copies: tuple[Copy, ...]
    #: Below which the next page begins; None on the last one.
    next_before: int | None


@dataclass(frozen=True, slots=True)
class Narrowing:
    with_files: bool = False
    #: An address that is in To.
    to: str | None = None


def send(tenant: Tenant, owner: Mailbox, outgoing: Outgoing) -> Sent:
    """Submits the mail; keeps its copy and the wish to hear of its failure in the same transaction.

    Raises what ``submit`` raises.
    """
    request = outgoing.request
    with transaction.atomic():
        receipt = submit(tenant, request)
        notices.watch(tenant.pk, receipt.message_ids, notify=owner.email)
        if not outgoing.folders:
            return Sent(receipt, None)
        copy = MailCopy(
            tenant_id=tenant.pk,
            contact_id=owner.contact_id,
            submission_id=receipt.submission_id,
            in_sent=Folder.SENT in outgoing.folders,
            in_tracking=Folder.TRACKING in outgoing.folders,
            to=list(outgoing.to),
            cc=list(outgoing.cc),
            size_bytes=_size_bytes(request),
        )
        copy.save(force_insert=True)
    return Sent(receipt, copy.pk)


def measure(tenant: Tenant, owner: Mailbox) -> Mapping[Folder, FolderSize]:
    """How much is in each folder. One query."""
    own = MailCopy.objects.for_tenant(tenant.pk).filter(contact_id=owner.contact_id)
    figures = own.aggregate(
        **{f"mails_{folder}": Count("pk", filter=is_in) for folder, is_in in _IN_FOLDER.items()},
        **{f"bytes_{folder}": Sum("size_bytes", filter=is_in) for folder, is_in in _IN_FOLDER.items()},
    )
    return {folder: FolderSize(figures[f"mails_{folder}"], figures[f"bytes_{folder}"] or 0) for folder in Folder}


def list_copies(
    tenant: Tenant, owner: Mailbox, folder: Folder, narrowing: Narrowing, *, size: int, before: int | None = None
) -> Page:
    """Newest first, from below the copy ``before``. Two queries, neither of which loads a body."""
    matching = _narrowed(_copies(tenant, owner).filter(_IN_FOLDER[folder]), narrowing)
    rest = matching if before is None else matching.filter(pk__lt=min(before, _MAX_ID))
    found = list(_read(rest).order_by("-pk")[: size + 1])
    page = tuple(_copy(row) for row in found[:size])
    return Page(total=matching.count(), copies=page, next_before=page[-1].id if len(found) > size else None)


def resolve_copy(tenant: Tenant, owner: Mailbox, copy_id: int) -> Copy:
    """One copy with its body and the names of its files. Raises NotFound, also for what is somebody else's."""
    row = _read(_copies(tenant, owner)).defer(None).filter(pk=copy_id).first()
    if row is None:
        raise NotFound(resource="Mail", id=copy_id)
    html, text = row.submission.html, row.submission.text
    return _copy(row, body=(html if html is not None else text) or "", files=_files(tenant, row.submission_id))


def load_file(tenant: Tenant, owner: Mailbox, copy_id: int, number: int) -> FileIn:
    """The file that the copy lists under ``number``. Raises NotFound."""
    copies = _copies(tenant, owner).filter(pk=copy_id).values("submission_id")
    attached = Attachment.objects.for_tenant(tenant.pk).filter(submission_id__in=copies, position=number - 1)
    row = attached.select_related("blob").first()
    if row is None:
        raise NotFound(resource="Attachment", id=number)
    return FileIn(row.name, bytes(row.blob.data), row.content_type, row.content_id)


def throw_away(tenant: Tenant, owner: Mailbox, copy_id: int) -> None:
    """Out of all folders; the operators' record stays. Raises NotFound."""
    deleted, _ = _copies(tenant, owner).filter(pk=copy_id).delete()
    if not deleted:
        raise NotFound(resource="Mail", id=copy_id)


def _copies(tenant: Tenant, owner: Mailbox) -> QuerySet[Any]:
    """With ``file_count``."""
    attached = Attachment.objects.for_tenant(tenant.pk).filter(submission_id=OuterRef("submission_id")).order_by()
    counted = Subquery(attached.values("submission_id").annotate(n=Count("pk")).values("n"))
    own = MailCopy.objects.for_tenant(tenant.pk).filter(contact_id=owner.contact_id)
    return own.annotate(file_count=Coalesce(counted, 0))


def _narrowed(copies: QuerySet[Any], narrowing: Narrowing) -> QuerySet[Any]:
    if narrowing.with_files:
        copies = copies.filter(file_count__gt=0)
    if narrowing.to is not None:
        copies = copies.filter(to__contains=[narrowing.to])
    return copies


def _read(copies: QuerySet[Any]) -> QuerySet[Any]:
    """With their submissions, but not the bodies of those."""
    return copies.select_related("submission").defer("submission__html", "submission__text")


def _copy(row: Any, **more: Any) -> Copy:
    return Copy(
        id=row.pk,
        folders=frozenset(folder for folder, kept in zip(Folder, (row.in_sent, row.in_tracking), strict=True) if kept),
        sender_address=row.submission.sender_address,
        sender_name=row.submission.sender_name,
        to=tuple(row.to),
        cc=tuple(row.cc),
        subject=row.submission.subject,
        sent_at=row.created_at,
        size_bytes=row.size_bytes,
        options=row.submission.options,
        file_count=row.file_count,
        **more,
    )


def _files(tenant: Tenant, submission_id: int) -> tuple[CopiedFile, ...]:
    attached = Attachment.objects.for_tenant(tenant.pk).filter(submission_id=submission_id).order_by("position")
    rows = attached.values_list("name", "content_type", "content_id", "blob__size_bytes")
    return tuple(CopiedFile(number, *columns) for number, columns in enumerate(rows, start=1))


def _size_bytes(request: SendRequest) -> int:
    texts = (request.content.html or "", request.content.text or "") if request.content else ()
    files = (len(file.data) for file in request.files if isinstance(file, FileIn))
    return sum(len(text.encode()) for text in texts) + sum(files)
