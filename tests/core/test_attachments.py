"""Files of a submission: which are refused, that bytes are kept once, and that they come back as they were."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import attachments
from notifications.contracts import FileIn, Lane
from notifications.errors import AttachmentTooLarge, AttachmentUnsupported, TooManyAttachments
from notifications.models import Attachment, Blob, Submission
from tenants.errors import DomainError
from tenants.models import Tenant
from tests.crowd import at_once
from tests.factories import MailServerFactory, send

pytestmark = pytest.mark.django_db

PDF = FileIn(name="报告.pdf", data=b"%PDF-1.7 \x00\xff", content_type="application/pdf")
LOGO = FileIn(name="logo.png", data=b"\x89PNG", content_type="image/png", content_id="logo@example")


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


def test_files_come_back_in_their_order_as_they_were(tenant: Tenant) -> None:
    submission_id = send(tenant, files=(PDF, LOGO)).submission_id

    assert attachments.load([submission_id]) == {submission_id: (PDF, LOGO)}


def test_a_submission_without_files_has_none(tenant: Tenant) -> None:
    submission_id = send(tenant).submission_id

    assert attachments.load([submission_id]) == {}


def test_an_empty_file_is_a_file(tenant: Tenant) -> None:
    empty = FileIn(name="empty.txt", data=b"")
    submission_id = send(tenant, files=(empty,)).submission_id

    assert attachments.load([submission_id]) == {submission_id: (empty,)}


def test_equal_content_is_kept_once_however_often_it_is_sent(tenant: Tenant) -> None:
    copy = FileIn(name="copy.pdf", data=PDF.data)
    send(tenant, files=(PDF, copy))
    send(tenant, files=(PDF,))

    assert Blob.across_tenants.count() == 1
    assert Attachment.across_tenants.count() == 3


def test_tenants_do_not_share_content(tenant: Tenant) -> None:
    neighbour = MailServerFactory().tenant
    send(tenant, files=(PDF,))
    send(neighbour, files=(PDF,))

    assert Blob.across_tenants.count() == 2
    owners = Attachment.across_tenants.values_list("tenant_id", "blob__tenant_id")
    assert set(owners) == {(tenant.pk, tenant.pk), (neighbour.pk, neighbour.pk)}


def test_the_files_of_many_submissions_are_one_query(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submissions = [send(tenant, files=(PDF, LOGO)).submission_id for _ in range(3)]

    with django_assert_num_queries(1):
        found = attachments.load(submissions)

    assert found == dict.fromkeys(submissions, (PDF, LOGO))
    assert len({id(file.data) for files in found.values() for file in files}) == 2


def test_a_hundred_files_are_taken_and_no_more() -> None:
    attachments.check_files((PDF,) * 100)

    with pytest.raises(TooManyAttachments):
        attachments.check_files((PDF,) * 101)


def test_the_limit_is_on_the_sum(settings: Settings) -> None:
    settings.MAX_ATTACHMENT_BYTES = 10
    half = FileIn(name="half", data=b"12345")

    attachments.check_files((half, half))
    with pytest.raises(AttachmentTooLarge):
        attachments.check_files((half, half, FileIn(name="drop", data=b"1")))


def test_a_tenant_s_own_limit_wins(tenant: Tenant, settings: Settings) -> None:
    settings.MAX_ATTACHMENT_BYTES = 4
    tenant.max_attachment_bytes = 5
    send(tenant, files=(FileIn(name="five", data=b"12345"),))

    tenant.max_attachment_bytes = 3
    with pytest.raises(AttachmentTooLarge) as refusal:
        send(tenant, files=(FileIn(name="four", data=b"1234"),))

    assert refusal.value.params == {"limit_bytes": 3}


@pytest.mark.parametrize(
    "name",
    ["", "x" * 251, "a/b", "..\\x", "a\r\nb", "a\x00b", "a\u2028b", "a\u202egpj.exe", "\ud800"],
    ids=ascii,
)
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(AttachmentUnsupported) as refusal:
        attachments.check_files((FileIn(name=name, data=b""),))

    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain; charset=utf-8",
        "text/plain\r\nBcc: x",
        "text/pl ain",
        "a" * 64 + "/b",
    ],
    ids=ascii,
)
def test_a_content_type_is_a_type_and_a_subtype(content_type: str) -> None:
    with pytest.raises(AttachmentUnsupported):
        attachments.check_files((FileIn(name="a", data=b"", content_type=content_type),))


@pytest.mark.parametrize("content_id", ["", "<logo>", "a b", "a\r\nb", "é", "x" * 121], ids=ascii)
def test_a_content_id_has_only_characters_that_a_header_may_have(content_id: str) -> None:
    with pytest.raises(AttachmentUnsupported):
        attachments.check_files((FileIn(name="a", data=b"", content_id=content_id),))


def test_a_refused_file_leaves_nothing_behind(tenant: Tenant) -> None:
    with pytest.raises(DomainError):
        send(tenant, files=(PDF, FileIn(name="", data=b"")))

    assert not Blob.across_tenants.exists()
    assert not Submission.across_tenants.exists()


@pytest.mark.django_db(transaction=True)
def test_sends_at_once_with_the_same_files_in_another_order_all_succeed() -> None:
    tenant = MailServerFactory().tenant
    files = tuple(FileIn(name=f"{n}.bin", data=bytes([n]) * 100_000) for n in range(10))
    orders, lanes = (files, files[::-1]), (Lane.NORMAL, Lane.BULK)

    answers = at_once(8, lambda n: send(tenant, files=orders[n % 2], lane=lanes[n % 2]).submission_id)

    submissions = [answer for answer in answers if isinstance(answer, int)]
    assert len(submissions) == 8
    assert Blob.across_tenants.count() == 10
    assert attachments.load(submissions) == {id_: orders[n % 2] for n, id_ in enumerate(submissions)}
