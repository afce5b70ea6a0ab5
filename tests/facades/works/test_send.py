"""Sending: the vendor's own example and each property, down to the bytes that would arrive."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from notifications.models import DeliveryWatch, MailCopy, Message
from tenants.models import Tenant
from tenants.models.api_key import Scope
from tests.facades.works.conftest import OFFICE, Api, attachment, mail, messages, received, stored
from tests.factories import ContactFactory, make_key

EXAMPLE = (Path(__file__).parent / "vendor/send.json").read_bytes()
PIXEL = b"\x89PNG\r\n\x1a\n not much of a picture"


def only() -> Message:
    (message,) = messages()
    return message


def test_the_vendor_s_example_arrives_as_it_asks(api: Api) -> None:
    reply = api.send_raw(EXAMPLE)

    assert (reply.status_code, reply.content, reply["Content-Length"]) == (202, b"", "0")
    assert "Content-Type" not in reply
    arrived = received(only())
    assert (arrived["To"], arrived["From"], arrived["Subject"]) == ("admin@example.com", f"admin <{OFFICE}>", "Test")
    text, file = arrived.iter_parts()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/html", "Body")
    assert (file.get_filename(), file.get_content_type()) == ("index.html", "text/html")
    # There is a blank within its Base64.
    html = file.get_payload(decode=True)
    assert isinstance(html, bytes)
    assert html.startswith(b'<!DOCTYPE html>\n<html lang="ja">\n<head>')
    assert html.endswith(b"</html>")
    assert only().submission.options == {
        "securityLevel": "General",
        "isSendSeparately": False,
        "isSaveSentMail": True,
        "isSaveTracking": True,
    }


@pytest.mark.parametrize("base", ["/users", "/v1.0/users"])
@pytest.mark.parametrize("user", ["me", "1", "office@example.com", "office%40example.com", "OFFICE@example.com"])
def test_a_user_has_several_names(api: Api, base: str, user: str) -> None:
    assert api.send_raw(EXAMPLE, path=f"{base}/{user}/mail").status_code == 202
    assert only().submission.sender_address == OFFICE
    assert only().user_id == 1


def test_a_key_of_no_user_sends_as_anybody_of_its_tenant_but_has_no_me(tenant: Tenant, api: Api) -> None:
    ContactFactory(tenant=tenant, email="sales@example.com", name="Sales")
    key = make_key(tenant, Scope.MAIL)

    assert Api(key, "sales@example.com").send(mail()).status_code == 202
    assert str(received(only())["From"]) == "Sales <sales@example.com>"
    assert Api(key, "me").send(mail()).json()["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("a@example.org; b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org;b@example.org;", ["a@example.org", "b@example.org"]),
        ("a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org; b@example.org; A@example.org", ["a@example.org", "b@example.org"]),
        ("a@bücher.example.org", ["a@xn--bcher-kva.example.org"]),
    ],
)
def test_several_addresses_are_one_string(api: Api, to: str, expected: list[str]) -> None:
    assert api.send(mail(to=to)).status_code == 202
    assert only().to == expected


def test_copies_go_to_cc_and_bcc_and_bcc_is_seen_by_nobody(api: Api) -> None:
    api.send(mail(cc="cem@example.org; dee@example.org", bcc="eve@example.org"))

    message = only()
    arrived = received(message)
    assert (message.cc, message.bcc) == (["cem@example.org", "dee@example.org"], ["eve@example.org"])
    assert str(arrived["Cc"]) == "cem@example.org, dee@example.org"
    assert b"eve@" not in arrived.as_bytes()


def test_sent_separately_everybody_sees_only_himself(api: Api) -> None:
    body = mail(to="a@example.org; b@example.org", cc="c@example.org", bcc="d@example.org; a@example.org")
    api.send(body | {"isSendSeparately": True})

    assert [(m.to, m.cc, m.bcc) for m in messages()] == [([f"{name}@example.org"], [], []) for name in "abcd"]
    copy = MailCopy.across_tenants.get()
    assert (copy.to, copy.cc) == (["a@example.org", "b@example.org"], ["c@example.org"])


@pytest.mark.parametrize("subject", ["x" * 200, "題" * 181, "😀" * 181], ids=["ascii", "cjk", "astral"])
def test_a_subject_is_cut_at_180_characters(api: Api, subject: str) -> None:
    assert api.send(mail(subject=subject)).status_code == 202
    assert received(only())["Subject"] == subject[:180]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({}, "text/html"), ({"contentType": "html"}, "text/html"), ({"contentType": "text"}, "text/plain")],
)
def test_the_body_is_html_unless_it_is_text(api: Api, changes: dict[str, Any], kind: str) -> None:
    api.send(mail(**changes))

    arrived = received(only())
    assert (arrived.get_content_type(), arrived.get_content().strip()) == (kind, "<p>It works.</p>")


@pytest.mark.parametrize("changes", [{"body": ""}, {"body": ...}, {"body": None}, {"body": "", "contentType": "text"}])
def test_a_body_may_be_empty(api: Api, changes: dict[str, Any]) -> None:
    assert api.send(mail(**changes)).status_code == 202
    assert received(only()).get_content().strip() == ""


@pytest.mark.parametrize(
    ("changes", "sender"),
    [
        ({}, f"The Office <{OFFICE}>"),
        ({"userName": "営業部"}, f"営業部 <{OFFICE}>"),
        ({"userName": ""}, f"The Office <{OFFICE}>"),
    ],
)
def test_the_sender_s_name_is_that_of_the_contact_or_the_one_given(
    api: Api, changes: dict[str, Any], sender: str
) -> None:
    api.send(mail(**changes))

    assert str(received(only())["From"]) == sender


@pytest.mark.parametrize(
    ("level", "header"),
    [
        ("General", None),
        ("Restricted", "Private"),
        ("Confidential", "Company-Confidential"),
        ("Non-business", "Personal"),
    ],
)
def test_the_security_level_is_the_header_sensitivity(api: Api, level: str, header: str | None) -> None:
    api.send(mail(securityLevel=level))

    assert received(only())["Sensitivity"] == header
    assert only().submission.options["securityLevel"] == level


@pytest.mark.parametrize(
    ("changes", "folders"),
    [
        ({}, {1, 2}),
        ({"isSaveSentMail": False}, {2}),
        ({"isSaveTracking": False}, {1}),
        ({"isSaveSentMail": False, "isSaveTracking": False}, set()),
    ],
)
def test_copies_are_kept_in_sent_and_tracking_unless_not_wanted(
    api: Api, changes: dict[str, Any], folders: set[int]
) -> None:
    reply = api.send(mail(**changes))

    counted = {each["folderId"]: each["mailCount"] for each in api.get("/mailfolders").json()["mailFolders"]}
    assert {number for number, count in counted.items() if count} == folders
    assert ("X-Message-Id" in reply) == bool(folders)


def test_an_inline_image_is_where_the_html_shows_it_and_a_file_beside_it(api: Api) -> None:
    image = attachment(
        filename="dot.png", fileType="image/png", inline=True, cid="reddotiVBOR", data=b64encode(PIXEL).decode()
    )
    body = mail(body='<img src="cid:reddotiVBOR" alt="Red dot" />', attachments=[image, attachment()])

    assert api.send(body).status_code == 202

    related, file = received(only()).iter_parts()
    assert (related.get_content_type(), file.get_filename()) == ("multipart/related", "invoice.txt")
    html, picture = related.iter_parts()
    assert 'src="cid:reddotiVBOR"' in html.get_content()
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<reddotiVBOR>", "inline")
    assert picture.get_payload(decode=True) == PIXEL


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "SW52\r\nb2lj ZSA3\t"},
        {"fileType": "text/plain; charset=utf-8"},
        {"cid": "unused"},
        {"inline": False},
        {"filename": "報告" * 125},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_attachments_are_read_leniently(api: Api, changes: dict[str, Any]) -> None:
    assert api.send(mail(attachments=[attachment(**changes)])).status_code == 202
    (file,) = received(only()).iter_attachments()
    assert (file.get_content_type(), file.get_content_disposition()) == ("text/plain", "attachment")
    assert (file.get_filename(), file.get_content().strip()) == (changes.get("filename", "invoice.txt"), "Invoice 7")


def test_no_type_is_octets_and_no_attachments_are_none(api: Api) -> None:
    api.send(mail(attachments=[attachment(fileType=...)]))
    api.send(mail(attachments=[]))

    with_file, without = messages()
    assert [file.get_content_type() for file in received(with_file).iter_attachments()] == ["application/octet-stream"]
    assert not received(without).is_multipart()


def test_a_file_of_twenty_megabytes_fits_and_a_byte_more_does_not(api: Api) -> None:
    full = b64encode(bytes(20 * 1024 * 1024)).decode()
    # As mail programs write it, with a line end after 76 characters.
    broken = "\r\n".join(full[at : at + 76] for at in range(0, len(full), 76))

    taken = api.send(mail(attachments=[attachment(data=broken)]))
    refused = api.send(mail(attachments=[attachment(data=full), attachment()]))

    assert (taken.status_code, refused.status_code, refused.json()["code"]) == (202, 400, "INVALID_PARAMETER")
    assert stored() == (1, 1)


def test_the_limit_of_files_is_the_tenant_s(api: Api, tenant: Tenant) -> None:
    Tenant.objects.update(max_attachment_bytes=8)

    reply = api.send(mail(attachments=[attachment()]))

    assert (reply.status_code, reply.json()["description"]) == (400, "The attachments are larger than 8 bytes.")


def test_members_that_nobody_knows_are_ignored(api: Api) -> None:
    assert api.send(mail(priority="high", attachments=[attachment(size=9)])).status_code == 202


def test_a_sender_hears_of_its_failures(api: Api) -> None:
    api.send(mail(isSaveSentMail=False, isSaveTracking=False))

    watch = DeliveryWatch.across_tenants.get()
    assert (watch.message_id, watch.notify) == (only().pk, OFFICE)


def test_an_idempotency_key_sends_once_and_the_answer_stays_empty(api: Api) -> None:
    replies = [api.send(mail(), headers={"Idempotency-Key": "one"}) for _ in range(2)]

    assert [(reply.status_code, reply.content, reply["Content-Length"]) for reply in replies] == [(202, b"", "0")] * 2
    assert ["Idempotent-Replayed" in reply for reply in replies] == [False, True]
    assert not any("Content-Type" in reply for reply in replies)
    assert len(messages()) == 1
    assert api.send(mail(subject="x"), headers={"Idempotency-Key": "one"}).status_code == 422


def test_the_readme_s_example_works(api: Api) -> None:
    page = (Path(__file__).parents[3] / "README.md").read_text().split("### From LINE WORKS")[1]
    body = page.split("-d '")[1].split("'\n")[0]

    assert api.send_raw(body.encode()).status_code == 202
    assert [message.to for message in messages()] == [["ann@example.org"], ["bob@example.org"]]
