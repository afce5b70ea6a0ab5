"""What a stranger tries at each route of the WORKS mail API, with the owner's users and mails, and gets nothing."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from notifications import mailboxes
from notifications.contracts import FileIn
from notifications.mailboxes import Folder, Outgoing
from notifications.models import MailCopy, Message
from tenants import directory
from tenants.models import Contact
from tests.factories import ContactFactory, SenderIdentityFactory, make_request
from tests.strangers import Stranger

THEIRS, OWN = "theirs@example.com", "own@example.com"
_BODY = {"to": "ann@example.org", "subject": "x"}


def _mail_id(stranger: Stranger) -> int:
    """A copy of the owner's; the stranger has a user of its own with the same user id."""
    if not Contact.objects.for_tenant(stranger.owner.pk).exists():
        ContactFactory(tenant=stranger.owner, email=THEIRS, user_id=7)
        ContactFactory(tenant=stranger.tenant, email=OWN, user_id=7)
        SenderIdentityFactory(tenant=stranger.owner, value="@example.com")
    owner = directory.resolve_mailbox(stranger.owner, THEIRS, acting_as=-1)
    request = make_request(files=(FileIn("a.txt", b"x"),))
    outgoing = Outgoing(request, to=("ann@example.org",), cc=(), folders=frozenset(Folder))
    return mailboxes.send(stranger.owner, owner, outgoing).copy_id or 0


def _is_denied(answer: tuple[int, Any]) -> bool:
    return (answer[0], answer[1]["code"]) == (403, "ACCESS_DENIED")


def _is_missing(answer: tuple[int, Any]) -> bool:
    return (answer[0], answer[1]["code"]) == (404, "NOT_FOUND")


def send(stranger: Stranger, base: str) -> None:
    _mail_id(stranger)
    before = Message.objects.for_tenant(stranger.owner.pk).count()
    assert _is_denied(stranger.post(f"{base}/{THEIRS}/mail", _BODY))
    # The number is a user of the stranger's own, whom no server lets it send as.
    assert stranger.post(f"{base}/7/mail", _BODY)[0] == 403
    assert Message.objects.for_tenant(stranger.owner.pk).count() == before


def read(stranger: Stranger, base: str) -> None:
    id_ = _mail_id(stranger)
    assert _is_denied(stranger.get(f"{base}/{THEIRS}/mail/{id_}"))
    assert _is_missing(stranger.get(f"{base}/7/mail/{id_}"))


def throw_away(stranger: Stranger, base: str) -> None:
    id_ = _mail_id(stranger)
    assert stranger.client.delete(f"{base}/{THEIRS}/mail/{id_}").status_code == 403
    assert stranger.client.delete(f"{base}/7/mail/{id_}").status_code == 404
    assert MailCopy.objects.for_tenant(stranger.owner.pk).filter(pk=id_).exists()


def read_attachment(stranger: Stranger, base: str) -> None:
    id_ = _mail_id(stranger)
    assert _is_denied(stranger.get(f"{base}/{THEIRS}/mail/{id_}/attachments/1"))
    assert _is_missing(stranger.get(f"{base}/7/mail/{id_}/attachments/1"))


def list_folders(stranger: Stranger, base: str) -> None:
    _mail_id(stranger)
    assert _is_denied(stranger.get(f"{base}/{THEIRS}/mail/mailfolders"))
    _, answer = stranger.get(f"{base}/7/mail/mailfolders")
    assert {folder["mailCount"] for folder in answer["mailFolders"]} == {0}


def list_mails(stranger: Stranger, base: str) -> None:
    id_ = _mail_id(stranger)
    assert _is_denied(stranger.get(f"{base}/{THEIRS}/mail/mailfolders/1/children"))
    cursor = b64encode(str(id_ + 1).encode()).decode()
    for query in ("", f"?cursor={cursor}", "?searchFilterType=attach"):
        _, answer = stranger.get(f"{base}/7/mail/mailfolders/1/children{query}")
        assert (answer["totalCount"], answer["mails"]) == (0, [])


def count_unread(stranger: Stranger, base: str) -> None:
    _mail_id(stranger)
    assert _is_denied(stranger.get(f"{base}/{THEIRS}/mail/unread-count"))


_WORKS: dict[tuple[str, str], Callable[[Stranger, str], None]] = {
    ("POST", "mail"): send,
    ("GET", "mail/unread-count"): count_unread,
    ("GET", "mail/mailfolders"): list_folders,
    ("GET", "mail/mailfolders/<str:folder_id>/children"): list_mails,
    ("GET", "mail/<str:mail_id>"): read,
    ("DELETE", "mail/<str:mail_id>"): throw_away,
    ("GET", "mail/<str:mail_id>/attachments/<str:attachment_id>"): read_attachment,
}


def _under(base: str, case: Callable[[Stranger, str], None]) -> Callable[[Stranger], None]:
    return lambda stranger: case(stranger, base)


CASES = {
    (method, f"{version}users/<str:user_id>/{path}"): _under(f"/{version}users", case)
    for (method, path), case in _WORKS.items()
    for version in ("", "v1.0/")
}
