"""Files of a send: named in the JSON, by their bytes or by an address, and parts of a multipart body; pure."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from notifications.contracts import FileAt, FileIn
from notifications.facades.angus.bodies import MAX_FILE_NAME, MAX_FILES
from notifications.facades.multipart import Part
from tenants.errors import InvalidField


def parse_files(items: Sequence[Mapping[str, Any]], parts: Sequence[Part]) -> tuple[FileIn | FileAt, ...]:
    """Those that the JSON names, then those beside it. Raises InvalidField."""
    if len(items) + len(parts) > MAX_FILES:
        raise InvalidField(field="attachments", reason=f"At most {MAX_FILES} are allowed.")
    return (*(_file(item, n) for n, item in enumerate(items)), *map(_uploaded, parts))


def _file(item: Mapping[str, Any], number: int) -> FileIn | FileAt:
    field = f"attachments[{number}].content"
    if item.get("url") and item.get("content") is None:
        return FileAt(name=item["name"], url=item["url"], content_id=item.get("contentId") or None)
    if item.get("content") is None or item.get("url"):
        raise InvalidField(field=field, reason="either the bytes of the file as base64, or its url, is required.")
    try:
        # Mail programs break base64 into lines.
        data = base64.b64decode("".join(item["content"].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidField(field=field, reason="this is not base64.") from error
    return FileIn(
        name=item["name"],
        data=data,
        content_type=item.get("contentType") or "application/octet-stream",
        content_id=item.get("contentId") or None,
    )


def _uploaded(part: Part) -> FileIn:
    if len(part.file_name or "") > MAX_FILE_NAME:
        raise InvalidField(field="attachments.name", reason=f"at most {MAX_FILE_NAME} characters are allowed.")
    return FileIn(
        name=part.file_name or "",
        data=part.data,
        content_type=part.content_type or "application/octet-stream",
        content_id=part.content_id,
    )
