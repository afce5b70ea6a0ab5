"""The folders of WORKS in our words: a user's copies of sent mail, listed and shown. Pure.

An extension as far as the vendor documents its answers only in part (works.md 5). Oddities: ``mailId`` is the number of
the sender's copy; ``status`` is a text in lists and a sum of flags in a single mail; the last page of a list has no
``nextCursor``; the Tracking folder counts its mails and is never listed.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from notifications.contracts import FileIn
from notifications.facades.works.wire import NO_BODY
from notifications.mailboxes import CopiedFile, Copy, Folder, FolderSize, Narrowing, Page
from tenants.directory import Mailbox
from tenants.errors import InvalidField, NotFound

#: System folders. What is not of our own making stays empty: mail for the user arrives elsewhere.
_FOLDER_NAMES = {0: "Inbox", 1: "Sent", 2: "Tracking", 3: "Temporary", 4: "Trash", 5: "Spam", 6: "Memo"}
#: Flags of ``status``.
_READ, _SENT, _TO_ME = 0x4, 0x100, 0x200000
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_MIN_COUNT, _COUNT, _MAX_COUNT = 5, 30, 200
_KINDS = ("all", "mark", "attach", "tome")


@dataclass(frozen=True, slots=True)
class ListWish:
    folder: Folder | None
    name: str
    narrowing: Narrowing
    #: Nothing of what we keep can match.
    is_empty: bool
    size: int
    before: int | None


def parse_list(folder_id: str, params: Mapping[str, str], owner: Mailbox) -> ListWish:
    """Raises NotFound, InvalidField."""
    number = int(folder_id) if _NUMBER.fullmatch(folder_id) else -1
    if number not in _FOLDER_NAMES:
        raise NotFound(resource="Folder", id=folder_id[:40])
    if number == Folder.TRACKING:
        raise InvalidField(field="folderId", reason="the Tracking folder is not listed; its mails are read by mailId.")
    kind = _choice(params, "searchFilterType", _KINDS)
    is_unread = _choice(params, "isUnread", ("false", "true")) == "true"
    return ListWish(
        folder=Folder.SENT if number == Folder.SENT else None,
        name=_FOLDER_NAMES[number],
        narrowing=Narrowing(with_files=kind == "attach", to=owner.email if kind == "tome" else None),
        is_empty=kind == "mark" or is_unread,
        size=_count(params.get("count") or str(_COUNT)),
        before=_parse_cursor(params["cursor"]) if params.get("cursor") else None,
    )


def parse_number(text: str, *, resource: str) -> int:
    """Raises NotFound, naming ``resource``, for what is no number: nothing has it."""
    if not _NUMBER.fullmatch(text):
        raise NotFound(resource=resource, id=text[:40])
    return int(text)


def present_folders(sizes: Mapping[Folder, FolderSize]) -> dict[str, Any]:
    by_number = {int(folder): size for folder, size in sizes.items()}
    return {
        "mailFolders": [
            {
                "folderId": number,
                "folderType": "S",
                "folderName": name,
                "unreadMailCount": 0,
                "mailCount": by_number.get(number, FolderSize()).mails,
                "usage": by_number.get(number, FolderSize()).size_bytes,
                "folderDepth": 0,
                "parentFolderId": -1,
                "hasChildFolder": False,
            }
            for number, name in _FOLDER_NAMES.items()
        ]
    }


def present_list(page: Page, wish: ListWish) -> dict[str, Any]:
    cursor = {} if page.next_before is None else {"nextCursor": _cursor(page.next_before)}
    return {
        "mails": [_heading(copy) | {"folderId": Folder.SENT, "status": "Read"} for copy in page.copies],
        "unreadCount": 0,
        "folderName": wish.name,
        "listCount": len(page.copies),
        "totalCount": page.total,
        "responseMetaData": cursor,
    }


def present_mail(copy: Copy) -> dict[str, Any]:
    mail = _heading(copy) | {
        "folderId": min(copy.folders),
        "status": _READ | _SENT | (_TO_ME if copy.sender_address in copy.to else 0),
        "body": "" if copy.body == NO_BODY else copy.body,
        "securityLevel": copy.options.get("securityLevel", "General"),
    }
    return {"mail": mail, "attachments": [_shown_file(file) for file in copy.files], "threads": []}


def present_file(number: int, file: FileIn) -> dict[str, Any]:
    return {
        "attachmentId": number,
        "filename": file.name,
        "fileType": file.content_type,
        "size": len(file.data),
        "data": base64.b64encode(file.data).decode(),
    }


def _count(text: str) -> int:
    count = int(text) if _NUMBER.fullmatch(text) else 0
    if not _MIN_COUNT <= count <= _MAX_COUNT:
        raise InvalidField(field="count", reason=f"a number from {_MIN_COUNT} to {_MAX_COUNT} is expected.")
    return count


def _cursor(before: int) -> str:
    return base64.urlsafe_b64encode(str(before).encode()).decode()


def _parse_cursor(text: str) -> int:
    try:
        number = base64.b64decode(text, altchars=b"-_", validate=True).decode()
        return parse_number(number, resource="Page")
    except (ValueError, NotFound) as error:
        raise InvalidField(field="cursor", reason="this is none of ours.") from error


def _heading(copy: Copy) -> dict[str, Any]:
    return {
        "mailId": copy.id,
        "from": {"name": copy.sender_name, "email": copy.sender_address},
        "to": [{"name": "", "email": email} for email in copy.to],
        "cc": [{"name": "", "email": email} for email in copy.cc],
        "subject": copy.subject,
        "sentTime": _moment(copy.sent_at),
        "receivedTime": _moment(copy.sent_at),
        "size": copy.size_bytes,
        "attachCount": copy.file_count,
    }


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")


def _shown_file(file: CopiedFile) -> dict[str, Any]:
    inline = {} if file.content_id is None else {"cid": file.content_id}
    return {
        "attachmentId": file.number,
        "filename": file.name,
        "fileType": file.content_type,
        "size": file.size_bytes,
        "inline": bool(inline),
        **inline,
    }


def _choice(params: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """The first one where the parameter is absent."""
    value = params.get(name) or choices[0]
    if value not in choices:
        raise InvalidField(field=name, reason=f"one of {', '.join(choices)} is expected.")
    return value
