"""SendEmail: what a good call becomes, in rows and on the wire."""

import base64
import json
import re
from typing import Any

import pytest

from notifications import suppression
from notifications.contracts import Channel
from notifications.delivery.compose import compose
from notifications.models import Message, Submission
from notifications.suppression import Entry
from templates_app import publishing
from templates_app.models import Template, Translation
from tenants.models import SigningKey, Tenant
from tests.facades.tencent.client import code_of
from tests.factories import SenderIdentityFactory

pytestmark = pytest.mark.django_db

TEXT = "aGVsbG8gd29ybGQ="


def mail(**changes: Any) -> dict[str, Any]:
    """A small valid call; a parameter changed to ``...`` is left out."""
    params = {
        "FromEmailAddress": "noreply@example.com",
        "Subject": "Hello",
        "Destination": ["ann@example.org"],
        "Simple": {"Text": TEXT},
        **changes,
    }
    return {name: value for name, value in params.items() if value is not ...}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def publish(tenant: Tenant | None, *, code: str = "WELCOME", subject: str = "Hi", html: str, pk: int = 100091) -> int:
    """A published template under the number that the vendor's example names."""
    template = Template(tenant=tenant, code=code, name=code)
    template.save()
    translation = Translation(pk=pk, template=template, language="en")
    translation.save()
    publishing.publish(publishing.draft(translation, subject=subject, html=html))
    return pk


def sent(tenant: Tenant) -> list[Message]:
    return list(Message.objects.for_tenant(tenant.pk).select_related("submission").order_by("pk"))


def test_own_content_arrives_as_it_was_written(api, tenant, server):
    answer = api.call(
        "SendEmail",
        mail(
            FromEmailAddress="News Team <noreply@example.com>",
            Destination=["ann@example.org", "Bob@Example.org", "ann@EXAMPLE.org"],
            Cc=["cc@example.org"],
            Bcc=["bcc@example.org"],
            ReplyToAddresses="answers@example.com",
            Simple={"Html": b64("<p>Grüße</p>"), "Text": b64("Grüße")},
            Attachments=[{"FileName": "plan.pdf", "Content": b64(b"%PDF")}, {"FileName": "x", "Content": ""}],
            SmtpHeaders='{"X-Campaign": "spring"}',
            SmtpMessageId="<abc@example.com>",
        ),
    )

    (row,) = sent(tenant)
    composed = compose(row, server)
    assert answer["MessageId"] == row.submission.out_id
    assert re.fullmatch(rf"qcloudses-30-{tenant.pk}-date-\d{{14}}-[A-Za-z0-9]{{11}}1", answer["MessageId"])
    assert (composed.sender.name, composed.sender.email) == ("News Team", "noreply@example.com")
    assert [address.email for address in composed.to] == ["ann@example.org", "Bob@example.org"]
    assert ([a.email for a in composed.cc], [a.email for a in composed.bcc]) == (
        ["cc@example.org"],
        ["bcc@example.org"],
    )
    assert [address.email for address in composed.reply_to] == ["answers@example.com"]
    assert (composed.subject, composed.html, composed.text) == ("Hello", "<p>Grüße</p>", "Grüße")
    assert (composed.headers["X-Campaign"], composed.rfc_message_id) == ("spring", "<abc@example.com>")
    files = row.submission.attachments.values_list("name", "content_type", "blob__data")
    assert [(name, kind, bytes(data)) for name, kind, data in files] == [
        ("plan.pdf", "application/pdf", b"%PDF"),
        ("x", "application/octet-stream", b""),
    ]
    key = SigningKey.objects.for_tenant(tenant.pk).get()
    assert (row.submission.facade, row.submission.key_id) == ("tencent", None)
    assert row.submission.options == {"signingKeyId": key.pk}


def test_a_template_is_known_by_its_number(api, tenant, server):
    number = publish(tenant, subject="Unused", html="<p>Code {{ code }} for {{ name }}</p>")

    answer = api.call(
        "SendEmail",
        mail(
            Simple=...,
            Subject="Your code {{code}}, {{ name }} {{other}}",
            Template={"TemplateID": number, "TemplateData": '{"code": 1234, "name": "<Ann>", "more": null}'},
        ),
    )

    (row,) = sent(tenant)
    composed = compose(row, server)
    assert "MessageId" in answer
    assert composed.subject == "Your code 1234, <Ann> {{other}}"
    assert "Code 1234 for &lt;Ann&gt;" in (composed.html or "")


def test_with_a_template_simple_counts_for_nothing(api, tenant, server):
    number = publish(None, html="<p>From the platform</p>")

    api.call("SendEmail", mail(Subject="", Template={"TemplateID": number, "TemplateData": "{}"}, Simple={"Html": "?"}))

    composed = compose(sent(tenant)[0], server)
    assert (composed.subject, composed.html) == ("Hi", "<p>From the platform</p>")


@pytest.mark.parametrize(
    ("changes", "lane", "category"),
    [
        ({}, 2, "newsletter"),
        ({"TriggerType": 0}, 2, "newsletter"),
        ({"TriggerType": 1}, 0, ""),
        ({"TriggerType": 1, "Simple": {"Text": b64("x" * 800_000)}}, 2, ""),
        ({"TriggerType": 1, "Unsubscribe": "1"}, 0, "newsletter"),
    ],
)
def test_the_trigger_says_whether_mail_may_wait_and_be_left(api, tenant, changes, lane, category):
    api.call("SendEmail", mail(**changes))

    (row,) = sent(tenant)
    assert (row.lane, row.submission.category) == (lane, category)


@pytest.mark.parametrize(
    ("number", "footer"),
    [
        ("", None), ("0", None), ("1", "en"), ("2", "zh-CN"), ("3", "zh-TW"), ("4", "es"), ("5", "fr"), ("6", "de"),
        ("7", "ja"), ("8", "ko"), ("9", "ar"), ("10", "th"), ("11", "id"),
    ],
)  # fmt: skip
def test_unsubscribe_names_the_language_of_the_footer(api, tenant, number, footer):
    api.call("SendEmail", mail(Unsubscribe=number, Destination=["ann@example.org", "bob@example.org"]))

    rows = sent(tenant)
    assert {row.submission.unsubscribe_footer for row in rows} == {footer}
    assert len(rows) == (1 if footer is None else 2)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"Destination": ["a@example.org", "b@example.org"]}, [(["a@example.org", "b@example.org"], [], [])]),
        (
            {"Destination": ..., "Cc": ["c@example.org"], "Bcc": ["d@example.org"]},
            [(["c@example.org"], [], ["d@example.org"])],
        ),
        (
            {"Destination": [], "Bcc": ["c@example.org", "d@example.org"]},
            [(["c@example.org"], [], []), (["d@example.org"], [], [])],
        ),
    ],
)
def test_who_sees_whom(api, tenant, changes, shown):
    api.call("SendEmail", mail(**changes))

    assert [(row.to, row.cc, row.bcc) for row in sent(tenant)] == shown


def test_the_from_header_may_differ_from_the_envelope(api, tenant, server):
    SenderIdentityFactory(tenant=tenant, value="@example.com")

    api.call("SendEmail", mail(HeaderFrom="Shop <shop@example.com>", FromEmailAddress="bounces@example.com"))

    composed = compose(sent(tenant)[0], server)
    assert (composed.sender.name, composed.sender.email) == ("Shop", "shop@example.com")
    assert composed.mail_from == "bounces@example.com"


def test_suppressed_recipients_are_left_out_and_on_record(api, tenant):
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("bob@example.org")])

    answer = api.call("SendEmail", mail(Destination=["ann@example.org", "bob@example.org"]))

    assert code_of(answer) == ""
    assert (sent(tenant)[0].recipient_outcomes or {})["bob@example.org"]["verdict"] == "suppressed"


def test_a_repeated_idempotency_key_sends_once_also_when_nobody_gets_it(api, tenant):
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("bob@example.org")])
    for recipient, code in (("ann@example.org", ""), ("bob@example.org", "FailedOperation.EmailAddrInBlacklist")):
        body = json.dumps(mail(Destination=[recipient])).encode()
        answers = [api.send("SendEmail", body, headers={"idempotency-key": recipient}) for _ in range(2)]

        assert answers[0].content == answers[1].content
        assert code_of(json.loads(answers[0].content)["Response"]) == code

    assert Submission.objects.for_tenant(tenant.pk).count() == 2


def test_the_vendor_s_own_examples_are_accepted(api, tenant):
    """Byte for byte, as the document has them."""
    SenderIdentityFactory(tenant=tenant, value="@mail.qcloud.com")
    publish(tenant, html="<p>{{ code }}</p>")
    both = b"""{
"FromEmailAddress": "QCLOUDTEAM <noreply@mail.qcloud.com>",
"ReplyToAddresses": "qcloud@tencent.com",
"Destination": [
"user@example.com"
],
"Simple": {
"Html": "PGh0bWw+PGRpdj5IZWxsb1dvcmxkPC9kaXY+PC9odG1sPg==",
"Text": "aGVsbG8gd29ybGQ="
},
"Subject": "YourTestSubject"
}"""
    template = rb"""{
"FromEmailAddress": "QCLOUDTEAM <noreply@mail.qcloud.com>",
"ReplyToAddresses": "qcloud@tencent.com",
"Destination": [
"user@example.com"
],
"Template": {
"TemplateID": 100091,
"TemplateData": "{\"code\":\"1234\"}"
},
"Subject": "YourTestSubject"
}"""
    text = both.replace(b'"Html": "PGh0bWw+PGRpdj5IZWxsb1dvcmxkPC9kaXY+PC9odG1sPg==",\n', b"")

    for body in (both, template, text):
        assert b'"MessageId":"qcloudses-30-' in api.send("SendEmail", body).content

    assert [(row.to, row.subject) for row in sent(tenant)] == [(["user@example.com"], "YourTestSubject")] * 3
