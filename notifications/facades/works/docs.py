"""What the OpenAPI page says about the mail of WORKS: what the vendor publishes, and what is an extension of ours."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from notifications.facades.works.wire import MAX_FILE_NAME, SECURITY_LEVELS

_TAGS = ["WORKS mail"]
#: Described beside our native API.
_AUTH: Any = [{"bearer": []}]
_EXTENSION = (
    "An extension of Angarium: it shows the copies that the user's own sends have kept. The vendor publishes its "
    "answer in part; what is published has the same names here."
)


_ATTACHMENTS = inline_serializer(
    "WorksAttachment",
    {
        "filename": serializers.CharField(max_length=MAX_FILE_NAME),
        "fileType": serializers.CharField(required=False, help_text="Media type."),
        "data": serializers.CharField(help_text="Base64; blanks and line ends in it are ignored."),
        "inline": serializers.BooleanField(default=False, help_text="An image that the body shows."),
        "cid": serializers.CharField(
            required=False, help_text="What the body calls it after `cid:`; required for inline."
        ),
    },
    many=True,
    required=False,
)


class WorksAddress(serializers.Serializer[Any]):
    name = serializers.CharField()
    email = serializers.CharField()


class WorksMail(serializers.Serializer[Any]):
    to = serializers.CharField(help_text="Addresses, separated by `;`. At most 500 with those of cc and bcc.")
    cc = serializers.CharField(required=False)
    bcc = serializers.CharField(required=False)
    subject = serializers.CharField(help_text="Cut at 180 characters.")
    body = serializers.CharField(required=False, allow_blank=True)
    contentType = serializers.ChoiceField(choices=["html", "text"], default="html")
    userName = serializers.CharField(required=False, help_text="How the sender is shown. Absent: the contact's name.")
    isSaveSentMail = serializers.BooleanField(default=True, help_text="Keep a copy in the folder Sent.")
    isSaveTracking = serializers.BooleanField(default=True, help_text="Keep it in the folder Tracking.")
    isSendSeparately = serializers.BooleanField(default=False, help_text="One message per recipient.")
    securityLevel = serializers.ChoiceField(choices=SECURITY_LEVELS, default=SECURITY_LEVELS[0])
    attachments = _ATTACHMENTS


_REFUSAL = inline_serializer("WorksRefusal", {"code": serializers.CharField(), "description": serializers.CharField()})


def _refusal(description: str, code: str) -> OpenApiResponse:
    value = {"code": code, "description": "What is wrong, in a sentence."}
    return OpenApiResponse(
        _REFUSAL, description=description, examples=[OpenApiExample(code, value, response_only=True)]
    )


_REFUSALS = {
    401: _refusal("No key, or one that is unknown, revoked or expired.", "UNAUTHORIZED"),
    403: _refusal("The key lacks the scope, or may not act for this user.", "ACCESS_DENIED"),
    429: _refusal("Too many calls of this operation; `rateLimit-reset` says how long to wait.", "TOO_MANY_REQUESTS"),
}
_MISSING = {404: _refusal("No such mail, folder or attachment of this user.", "NOT_FOUND")}
_INVALID = {400: _refusal("The first thing that is wrong with the request.", "INVALID_PARAMETER")}


def _path(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description, **options)


def _query(name: str, type_: Any, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.QUERY, description=description, **options)


_USER = _path("user_id", "A contact's user id or address, URL-encoded, or `me`.")
_MAIL = _path("mail_id", "The number of a copy.")


def _read(operation_id: str, summary: str, answer: Any, *parameters: OpenApiParameter, **more: Any) -> dict[str, Any]:
    return {
        "operation_id": operation_id,
        "tags": _TAGS,
        "auth": _AUTH,
        "summary": summary,
        "description": _EXTENSION,
        "parameters": [_USER, *parameters],
        "responses": {200: answer, **_REFUSALS, **more.pop("refusals", {})},
        "extensions": {"x-angarium-extension": True},
    }


SEND: dict[str, Any] = {
    "operation_id": "works_send",
    "tags": _TAGS,
    "auth": _AUTH,
    "summary": "Send a mail as a user",
    "description": "The mail API of WORKS. Also without `/v1.0`. The answer has no body.",
    "parameters": [_USER],
    "request": WorksMail,
    "responses": {202: OpenApiResponse(None, description="Accepted."), **_INVALID, **_REFUSALS},
    "examples": [
        OpenApiExample(
            "To two, each alone",
            {
                "to": "ann@example.org; bob@example.org",
                "subject": "Offer",
                "body": "<p>Here it is.</p>",
                "isSendSeparately": True,
            },
            request_only=True,
        )
    ],
}
FOLDERS = _read(
    "works_folders",
    "The user's folders",
    inline_serializer(
        "WorksFolders",
        {
            "mailFolders": inline_serializer(
                "WorksFolder",
                {
                    "folderId": serializers.IntegerField(),
                    "folderType": serializers.CharField(help_text="S: the system's."),
                    "folderName": serializers.CharField(),
                    "unreadMailCount": serializers.IntegerField(),
                    "mailCount": serializers.IntegerField(),
                    "usage": serializers.IntegerField(help_text="Bytes."),
                    "folderDepth": serializers.IntegerField(),
                    "parentFolderId": serializers.IntegerField(),
                    "hasChildFolder": serializers.BooleanField(),
                },
                many=True,
            )
        },
    ),
)
_HEADING: dict[str, Any] = {
    "mailId": serializers.IntegerField(),
    "folderId": serializers.IntegerField(),
    "from": WorksAddress(),
    "to": WorksAddress(many=True),
    "cc": WorksAddress(many=True),
    "subject": serializers.CharField(),
    "sentTime": serializers.DateTimeField(),
    "receivedTime": serializers.DateTimeField(),
    "size": serializers.IntegerField(help_text="Bytes."),
    "attachCount": serializers.IntegerField(),
}
LIST = _read(
    "works_folder_mails",
    "The mails of a folder",
    inline_serializer(
        "WorksPage",
        {
            "mails": inline_serializer("WorksHeading", {**_HEADING, "status": serializers.CharField()}, many=True),
            "unreadCount": serializers.IntegerField(),
            "folderName": serializers.CharField(),
            "listCount": serializers.IntegerField(),
            "totalCount": serializers.IntegerField(),
            "responseMetaData": inline_serializer(
                "WorksNext", {"nextCursor": serializers.CharField(required=False, help_text="Not on the last page.")}
            ),
        },
    ),
    _path("folder_id", "0 Inbox to 6 Memo; 2, Tracking, is not listed."),
    _query("count", OpenApiTypes.INT, "5 to 200, default 30."),
    _query("cursor", OpenApiTypes.STR, "The `nextCursor` of the page before."),
    _query("searchFilterType", OpenApiTypes.STR, "Default all.", enum=["all", "mark", "attach", "tome"]),
    _query("isUnread", OpenApiTypes.BOOL, "Default false."),
    refusals={**_INVALID, **_MISSING},
)
_FILE: dict[str, Any] = {
    "attachmentId": serializers.IntegerField(),
    "filename": serializers.CharField(),
    "fileType": serializers.CharField(),
    "size": serializers.IntegerField(help_text="Bytes."),
}
DETAIL = _read(
    "works_mail",
    "One mail",
    inline_serializer(
        "WorksCopy",
        {
            "mail": inline_serializer(
                "WorksCopiedMail",
                {
                    **_HEADING,
                    "status": serializers.IntegerField(help_text="A sum of flags: 0x4 read, 0x100 sent, …"),
                    "body": serializers.CharField(),
                    "securityLevel": serializers.CharField(),
                },
            ),
            "attachments": inline_serializer(
                "WorksCopiedFile",
                {**_FILE, "inline": serializers.BooleanField(), "cid": serializers.CharField(required=False)},
                many=True,
            ),
            "threads": serializers.ListField(child=serializers.DictField(), help_text="Always empty."),
        },
    ),
    _MAIL,
    refusals=_MISSING,
)
DELETE: dict[str, Any] = DETAIL | {
    "operation_id": "works_mail_delete",
    "summary": "Delete a mail from the user's folders",
    "responses": {
        204: OpenApiResponse(None, description="Done. The record of operators stays."),
        **_REFUSALS,
        **_MISSING,
    },
}
ATTACHMENT = _read(
    "works_attachment",
    "One attachment",
    inline_serializer("WorksFile", {**_FILE, "data": serializers.CharField(help_text="Base64.")}),
    _MAIL,
    _path("attachment_id", "Its number in the mail."),
    refusals=_MISSING,
)
UNREAD = _read(
    "works_unread_count",
    "Unread mails: none, as all were sent by the user",
    inline_serializer("WorksUnread", {"count": serializers.IntegerField()}),
)
