"""The read side: a user's copies of sent mail, in the published shapes."""

from base64 import b64encode
from typing import Any

import pytest

from notifications.models import Message
from tenants.models import Tenant
from tenants.models.api_key import Scope
from tests.facades.works.conftest import OFFICE, Api, attachment, mail
from tests.factories import make_key

SENT = "/mailfolders/1/children"


def sent(api: Api, **changes: Any) -> int:
    """The mailId of a new copy."""
    return int(api.send(mail(**changes))["X-Message-Id"])


def listed(api: Api, **params: Any) -> list[int]:
    return [each["mailId"] for each in api.get(SENT, params).json()["mails"]]


def test_the_system_folders_are_there_with_their_sizes(api: Api) -> None:
    sent(api, body="12345", attachments=[attachment()])
    sent(api, body="12345", isSaveTracking=False)

    folders = api.get("/mailfolders").json()["mailFolders"]

    assert [(each["folderId"], each["folderName"], each["mailCount"], each["usage"]) for each in folders] == [
        (0, "Inbox", 0, 0),
        (1, "Sent", 2, 19),
        (2, "Tracking", 1, 14),
        (3, "Temporary", 0, 0),
        (4, "Trash", 0, 0),
        (5, "Spam", 0, 0),
        (6, "Memo", 0, 0),
    ]
    assert folders[1].keys() == {
        *("folderId", "folderType", "folderName", "unreadMailCount", "mailCount", "usage", "folderDepth"),
        *("parentFolderId", "hasChildFolder"),
    }
    assert (folders[1]["folderType"], folders[1]["unreadMailCount"], folders[1]["hasChildFolder"]) == ("S", 0, False)


def test_a_folder_lists_its_mails(api: Api) -> None:
    id_ = sent(api, to="ann@example.org; bob@example.org", cc="cem@example.org", attachments=[attachment()])

    answer = api.get(SENT).json()

    (entry,) = answer.pop("mails")
    assert answer == {"unreadCount": 0, "folderName": "Sent", "listCount": 1, "totalCount": 1, "responseMetaData": {}}
    times = {entry.pop("sentTime"), entry.pop("receivedTime")}
    assert len(times) == 1
    assert times.pop().endswith("+08:00")
    assert entry == {
        "mailId": id_,
        "folderId": 1,
        "status": "Read",
        "from": {"name": "The Office", "email": OFFICE},
        "to": [{"name": "", "email": "ann@example.org"}, {"name": "", "email": "bob@example.org"}],
        "cc": [{"name": "", "email": "cem@example.org"}],
        "subject": "Hello",
        "size": len("<p>It works.</p>") + 9,
        "attachCount": 1,
    }


def test_pages_follow_their_cursors_to_the_last_which_has_none(api: Api) -> None:
    ids = [sent(api) for _ in range(12)]
    found: list[int] = []
    cursor: dict[str, str | None] = {}
    for _ in range(3):
        answer = api.get(SENT, {"count": 5, **cursor}).json()
        found += [each["mailId"] for each in answer["mails"]]
        cursor = {"cursor": answer["responseMetaData"].get("nextCursor")}
        assert answer["totalCount"] == 12

    assert found == ids[::-1]
    assert cursor == {"cursor": None}


def test_a_list_is_narrowed(api: Api) -> None:
    to_me, filed, plain = sent(api, to=OFFICE), sent(api, attachments=[attachment()]), sent(api)

    assert listed(api) == listed(api, searchFilterType="all", isUnread="false") == [plain, filed, to_me]
    assert listed(api, searchFilterType="attach") == [filed]
    assert listed(api, searchFilterType="tome") == [to_me]
    assert listed(api, searchFilterType="mark") == listed(api, isUnread="true") == []


@pytest.mark.parametrize("folder", ["0", "3", "4", "5", "6"])
def test_folders_of_mail_from_others_are_empty(api: Api, folder: str) -> None:
    sent(api)

    assert api.get(f"/mailfolders/{folder}/children").json()["mails"] == []


def test_mail_that_is_only_tracked_is_in_no_list_and_read_by_its_number(api: Api) -> None:
    id_ = sent(api, isSaveSentMail=False)

    reply = api.get("/mailfolders/2/children")

    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_PARAMETER")
    assert listed(api) == []
    assert api.get(f"/{id_}").json()["mail"]["folderId"] == 2


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/mailfolders/7/children", {}, 404),
        ("/mailfolders/x/children", {}, 404),
        ("/mailfolders/-1/children", {}, 404),
        (SENT, {"count": "4"}, 400),
        (SENT, {"count": "201"}, 400),
        (SENT, {"count": "many"}, 400),
        (SENT, {"cursor": "?"}, 400),
        (SENT, {"cursor": "eA=="}, 400),
        (SENT, {"searchFilterType": "some"}, 400),
        (SENT, {"isUnread": "1"}, 400),
    ],
)
def test_lists_that_cannot_be_are_refused(api: Api, path: str, params: dict[str, str], status: int) -> None:
    assert api.get(path, params).status_code == status


def test_one_mail_is_read_whole(api: Api) -> None:
    image = attachment(filename="dot.png", fileType="image/png", inline=True, cid="dot")
    id_ = sent(api, to=OFFICE, securityLevel="Confidential", attachments=[attachment(), image])

    answer = api.get(f"/{id_}").json()

    assert answer.keys() == {"mail", "attachments", "threads"}
    shown = {name: answer["mail"][name] for name in ("mailId", "folderId", "status", "body", "securityLevel")}
    assert shown == {
        "mailId": id_,
        "folderId": 1,
        "status": 0x200104,
        "body": "<p>It works.</p>",
        "securityLevel": "Confidential",
    }
    assert answer["attachments"] == [
        {"attachmentId": 1, "filename": "invoice.txt", "fileType": "text/plain", "size": 9, "inline": False},
        {"attachmentId": 2, "filename": "dot.png", "fileType": "image/png", "size": 9, "inline": True, "cid": "dot"},
    ]
    assert api.get(f"/{id_}/attachments/1").json() == {
        "attachmentId": 1,
        "filename": "invoice.txt",
        "fileType": "text/plain",
        "size": 9,
        "data": b64encode(b"Invoice 7").decode(),
    }


@pytest.mark.parametrize("changes", [{"body": ...}, {"body": "", "contentType": "text"}])
def test_an_empty_body_reads_empty(api: Api, changes: dict[str, Any]) -> None:
    assert api.get(f"/{sent(api, **changes)}").json()["mail"]["body"] == ""


def test_a_deleted_mail_leaves_the_folders_and_not_the_record(api: Api) -> None:
    id_ = sent(api)

    assert (api.delete(f"/{id_}").status_code, api.delete(f"/{id_}").status_code) == (204, 404)
    assert (listed(api), api.get(f"/{id_}").status_code) == ([], 404)
    assert Message.across_tenants.count() == 1


@pytest.mark.parametrize("path", ["/999", "/x", "/-1", f"/{2**70}", "/999/attachments/1", "/999/attachments/x"])
def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    reply = api.get(path)

    assert (reply.status_code, reply.json()["code"]) == (404, "NOT_FOUND")


def test_nothing_that_one_sent_is_unread(api: Api) -> None:
    sent(api)

    assert api.get("/unread-count").json() == {"count": 0}


@pytest.mark.parametrize("path", ["/mailfolders", SENT, "/1", "/1/attachments/1", "/unread-count"])
def test_reading_takes_one_of_two_scopes(tenant: Tenant, api: Api, path: str) -> None:
    readers = [Api(make_key(tenant, scope, user_id=1)) for scope in (Scope.MAIL, Scope.MAIL_READ, Scope.EMAIL_READ)]
    id_ = sent(api, attachments=[attachment()])

    replies = [reader.get(path.replace("/1", f"/{id_}", 1) if path[1] == "1" else path) for reader in readers]

    assert [reply.status_code for reply in replies] == [200, 200, 403]
    assert Api(make_key(tenant, Scope.MAIL_READ, user_id=1)).delete(f"/{id_}").status_code == 403
