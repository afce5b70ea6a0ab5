"""A sender's copies: made with the mail, in the folders wanted, for nobody else's eyes, gone without the record."""

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications import mailboxes, removal
from notifications.contracts import Content, FileIn
from notifications.mailboxes import Folder, FolderSize, Narrowing, Outgoing, Sent
from notifications.models import DeliveryWatch, MailCopy, Message
from tenants import directory
from tenants.directory import Mailbox
from tenants.errors import DomainError, MailboxDenied, NotFound
from tenants.models import Tenant
from tests.factories import ContactFactory, MailServerFactory, TenantFactory, make_request

pytestmark = pytest.mark.django_db

EVERYTHING = frozenset(Folder)
FILE = FileIn(name="a.txt", data=b"12345", content_type="text/plain")


@pytest.fixture
def tenant() -> Tenant:
    tenant: Tenant = MailServerFactory().tenant
    return tenant


def mailbox(tenant: Tenant, email: str = "office@example.com", user_id: int = 1) -> Mailbox:
    ContactFactory(tenant=tenant, email=email, user_id=user_id, name="Office")
    return directory.resolve_mailbox(tenant, email, acting_as=-1)


def send(
    tenant: Tenant, owner: Mailbox, *to: str, folders: frozenset[Folder] = EVERYTHING, files: tuple[FileIn, ...] = ()
) -> Sent:
    to = to or ("ann@example.org",)
    request = make_request(*to, content=Content("Hello", html="<p>Grüße</p>"), files=files)
    return mailboxes.send(tenant, owner, Outgoing(request, to=to, cc=("bob@example.org",), folders=folders))


def pages(tenant: Tenant, owner: Mailbox, **narrowing: object) -> list[int]:
    page = mailboxes.list_copies(tenant, owner, Folder.SENT, Narrowing(**narrowing), size=10)  # type: ignore[arg-type]
    return [copy.id for copy in page.copies]


@pytest.mark.parametrize("folders", [EVERYTHING, {Folder.SENT}, {Folder.TRACKING}, set()], ids=str)
def test_a_copy_is_in_the_folders_that_were_wanted(tenant: Tenant, folders: set[Folder]) -> None:
    owner = mailbox(tenant)
    sent = send(tenant, owner, folders=frozenset(folders), files=(FILE,))

    size = FolderSize(mails=1, size_bytes=len("<p>Grüße</p>".encode()) + 5)
    assert mailboxes.measure(tenant, owner) == {
        folder: size if folder in folders else FolderSize() for folder in Folder
    }
    assert (sent.copy_id is None) == (not folders)
    assert DeliveryWatch.across_tenants.get().notify == "office@example.com"


def test_a_copy_says_what_was_sent(tenant: Tenant) -> None:
    owner = mailbox(tenant)
    copy_id = send(tenant, owner, files=(FILE, FILE)).copy_id or 0

    copy = mailboxes.resolve_copy(tenant, owner, copy_id)

    assert (copy.to, copy.cc, copy.subject) == (("ann@example.org",), ("bob@example.org",), "Hello")
    assert (copy.body, copy.file_count, [file.number for file in copy.files]) == ("<p>Grüße</p>", 2, [1, 2])
    assert mailboxes.load_file(tenant, owner, copy_id, 2) == FILE


def test_a_folder_is_read_page_by_page_in_two_queries(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner = mailbox(tenant)
    ids = [send(tenant, owner, files=(FILE,)).copy_id for _ in range(3)]

    with django_assert_num_queries(2):
        first = mailboxes.list_copies(tenant, owner, Folder.SENT, Narrowing(), size=2)
    last = mailboxes.list_copies(tenant, owner, Folder.SENT, Narrowing(), size=2, before=first.next_before)

    assert [copy.id for page in (first, last) for copy in page.copies] == sorted(map(int, map(str, ids)), reverse=True)
    assert (first.total, last.total, last.next_before) == (3, 3, None)


def test_a_list_is_narrowed_to_mail_with_files_or_to_one_address(tenant: Tenant) -> None:
    owner = mailbox(tenant)
    plain, filed = send(tenant, owner, owner.email).copy_id, send(tenant, owner, files=(FILE,)).copy_id

    assert pages(tenant, owner) == [filed, plain]
    assert pages(tenant, owner, with_files=True) == [filed]
    assert pages(tenant, owner, to=owner.email) == [plain]


def test_what_is_thrown_away_stays_on_record(tenant: Tenant) -> None:
    owner = mailbox(tenant)
    copy_id = send(tenant, owner).copy_id or 0

    mailboxes.throw_away(tenant, owner, copy_id)

    assert pages(tenant, owner) == []
    assert Message.across_tenants.count() == 1


def test_a_record_that_is_deleted_takes_its_copy_along(tenant: Tenant) -> None:
    sent = send(tenant, mailbox(tenant))

    removal.remove(tenant_id=tenant.pk, message_ids=sent.receipt.message_ids)

    assert not MailCopy.across_tenants.exists()
    assert not DeliveryWatch.across_tenants.exists()


@pytest.mark.parametrize("stranger", ["colleague", "tenant"])
def test_nobody_else_finds_it(tenant: Tenant, stranger: str) -> None:
    copy_id = send(tenant, mailbox(tenant), files=(FILE,)).copy_id or 0
    theirs = tenant if stranger == "colleague" else TenantFactory()
    other = mailbox(theirs, email="other@example.com", user_id=2)

    assert pages(theirs, other) == []
    for look in (
        lambda: mailboxes.resolve_copy(theirs, other, copy_id),
        lambda: mailboxes.load_file(theirs, other, copy_id, 1),
        lambda: mailboxes.throw_away(theirs, other, copy_id),
    ):
        with pytest.raises(NotFound):
            look()
    assert MailCopy.across_tenants.count() == 1


@pytest.mark.parametrize("number", [0, -1, 2**40, 2**70])
def test_numbers_that_nothing_has_find_nothing(tenant: Tenant, number: int) -> None:
    owner = mailbox(tenant)
    copy_id = send(tenant, owner, files=(FILE,)).copy_id or 0

    for copy, file in ((copy_id, number), (number, 1)):
        with pytest.raises(NotFound):
            mailboxes.load_file(tenant, owner, copy, file)
    for act in (mailboxes.resolve_copy, mailboxes.throw_away):
        with pytest.raises(NotFound):
            act(tenant, owner, number)


def test_a_mail_that_is_refused_leaves_no_copy(tenant: Tenant) -> None:
    owner = mailbox(tenant)
    tenant.allows_custom_content = False

    with pytest.raises(DomainError):
        send(tenant, owner)

    assert not MailCopy.across_tenants.exists()


@pytest.mark.parametrize(
    ("user", "acting_as"),
    [("1", -1), ("office@example.com", -1), ("OFFICE@Example.com", -1), ("1", 1), ("office@example.com", 1), ("me", 1)],
)
def test_a_mailbox_is_named_by_user_id_address_or_me(tenant: Tenant, user: str, acting_as: int) -> None:
    owner = mailbox(tenant)

    assert directory.resolve_mailbox(tenant, user, acting_as=acting_as) == owner


@pytest.mark.parametrize(
    ("user", "acting_as"),
    [
        ("me", -1),
        ("me", 9),
        ("2", 1),
        ("other@example.com", 1),
        ("9", -1),
        ("nobody@example.com", -1),
        ("gone@example.com", -1),
        ("4", -1),
        ("5", -1),
        ("", -1),
        ("a\0b@example.com", -1),
        ("office%40example.com", -1),
        ("9" * 30, -1),
    ],
)
def test_all_other_mailboxes_are_denied(tenant: Tenant, user: str, acting_as: int) -> None:
    mailbox(tenant)
    mailbox(tenant, email="other@example.com", user_id=2)
    mailbox(TenantFactory(), email="theirs@example.com", user_id=5)
    ContactFactory(tenant=tenant, email="gone@example.com", user_id=3, is_active=False)
    ContactFactory(tenant=tenant, email=None, user_id=4)

    with pytest.raises(MailboxDenied):
        directory.resolve_mailbox(tenant, user, acting_as=acting_as)
