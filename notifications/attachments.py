"""Files of a submission: judged and stored at accept, read back at send. Bytes are kept once per tenant and content."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.conf import settings

from notifications.contracts import FileAt, FileIn
from notifications.errors import AttachmentTooLarge, AttachmentUnsupported, TooManyAttachments
from notifications.models import Attachment, Blob

#: Of sanity; facades have limits of their own.
MAX_FILES = 100
MAX_NAME = 250
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,120}")


def check_files(files: Sequence[FileIn | FileAt], *, limit_bytes: int | None = None) -> None:
    """What can be judged before any file is fetched. ``limit_bytes`` is the tenant's own, where it has one.

    Raises TooManyAttachments, AttachmentTooLarge, AttachmentUnsupported.
    """
    if len(files) > MAX_FILES:
        raise TooManyAttachments(limit=MAX_FILES)
    for file in files:
        _check_file(file)
    check_size([file for file in files if isinstance(file, FileIn)], limit_bytes=limit_bytes)


def check_size(files: Sequence[FileIn], *, limit_bytes: int | None = None) -> None:
    """Raises AttachmentTooLarge."""
    limit_bytes = limit_bytes or settings.MAX_ATTACHMENT_BYTES
    if sum(len(file.data) for file in files) > limit_bytes:
        raise AttachmentTooLarge(limit_bytes=limit_bytes)


def store(tenant_id: int, submission_id: int, files: tuple[FileIn, ...]) -> None:
    """Keeps the files with their submission. Call it in the transaction that stores the submission."""
    # In one order for everybody: two calls with the same files would otherwise wait for each other in a circle.
    by_hash = dict(sorted((hashlib.sha256(file.data).digest(), file.data) for file in files))
    Blob.objects.for_tenant(tenant_id).bulk_create(
        [Blob(tenant_id=tenant_id, sha256=key, data=data, size_bytes=len(data)) for key, data in by_hash.items()],
        ignore_conflicts=True,
    )
    stored = Blob.objects.for_tenant(tenant_id).filter(sha256__in=list(by_hash)).values_list("sha256", "pk")
    blob_ids = {bytes(sha256): pk for sha256, pk in stored}
    Attachment.objects.for_tenant(tenant_id).bulk_create(
        Attachment(
            tenant_id=tenant_id,
            submission_id=submission_id,
            blob_id=blob_ids[hashlib.sha256(file.data).digest()],
            position=position,
            name=file.name,
            content_type=file.content_type,
            content_id=file.content_id,
        )
        for position, file in enumerate(files)
    )


def load(submission_ids: Collection[int]) -> Mapping[int, tuple[FileIn, ...]]:
    """The files of each submission, in order. One query; equal content shares one ``bytes`` object."""
    # Called by the workers, which serve all tenants at once; a submission's files are its own tenant's (see ``store``).
    rows = (
        Attachment.across_tenants.filter(submission_id__in=submission_ids).select_related("blob").order_by("position")
    )
    contents: dict[int, bytes] = {}
    files: dict[int, list[FileIn]] = defaultdict(list)
    for row in rows:
        data = contents.setdefault(row.blob_id, bytes(row.blob.data))
        files[row.submission_id].append(
            FileIn(name=row.name, data=data, content_type=row.content_type, content_id=row.content_id)
        )
    return {submission_id: tuple(of_one) for submission_id, of_one in files.items()}


def _check_file(file: FileIn | FileAt) -> None:
    if not file.name or len(file.name) > MAX_NAME:
        raise AttachmentUnsupported(
            name=file.name[:MAX_NAME], reason=f"a name of 1 to {MAX_NAME} characters is needed."
        )
    if not file.name.isprintable() or "/" in file.name or "\\" in file.name:
        raise AttachmentUnsupported(
            name=ascii(file.name), reason="the name has characters that file names may not have."
        )
    if isinstance(file, FileIn) and not _CONTENT_TYPE.fullmatch(file.content_type):
        raise AttachmentUnsupported(name=file.name, reason="the content type is not of the form type/subtype.")
    if file.content_id is not None and not _CONTENT_ID.fullmatch(file.content_id):
        raise AttachmentUnsupported(name=file.name, reason="the content id has characters that it may not have.")
