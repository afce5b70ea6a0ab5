"""Every code of SendEmail that can occur here, by the fault that causes it; and nothing is stored, but where it is."""

from typing import Any

import pytest

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.models import Message
from notifications.suppression import Entry
from templates_app.models import Template, Translation
from tests.facades.tencent.client import code_of
from tests.facades.tencent.test_send import TEXT, b64, mail, publish
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

MB = 1024 * 1024


def people(count: int) -> list[str]:
    return [f"p{number}@example.org" for number in range(count)]


def with_template(data: str, number: int = 100091) -> dict[str, Any]:
    return {"Simple": ..., "Template": {"TemplateID": number, "TemplateData": data}}


def file(**changes: Any) -> dict[str, Any]:
    return {"FileName": "a.txt", "Content": TEXT, **changes}


def test_MissingParameter(api):
    assert code_of(api.call("SendEmail", mail(FromEmailAddress=...))) == "MissingParameter"
    assert code_of(api.call("SendEmail", mail(Subject=...))) == "MissingParameter"
    assert code_of(api.call("SendEmail", mail(Template={"TemplateID": 1}))) == "MissingParameter"


#: Code, then a call that causes it.
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("UnknownParameter", {"Ontent": "x"}),
    ("InvalidParameter", {"Destination": "ann@example.org"}),
    ("InvalidParameter", {"Template": {"TemplateID": "1", "TemplateData": "{}"}}),
    ("InvalidParameterValue", {"TriggerType": 2}),
    ("InvalidParameterValue", {"Unsubscribe": "12"}),
    ("InvalidParameterValue", {"Unsubscribe": "01"}),
    ("InvalidParameterValue", {"Bcc": ["Ann@Example.org"]}),
    ("InvalidParameterValue", {"Subject": " "}),
    ("InvalidParameterValue", {"Subject": "x" * 999}),
    ("InvalidParameterValue", {"SmtpMessageId": "no id"}),
    ("InvalidParameterValue", {"SmtpMessageId": "<a@b>\r\nBcc: x@example.org"}),
    ("InvalidParameterValue", {"SmtpHeaders": "{"}),
    ("InvalidParameterValue", {"SmtpHeaders": "[]"}),
    ("InvalidParameterValue", {"SmtpHeaders": '{"X-A": 1}'}),
    ("InvalidParameterValue", {"SmtpHeaders": '{"Bcc": "x@example.org"}'}),
    ("InvalidParameterValue", {"SmtpHeaders": '{"X-A": "a\\r\\nBcc: x@example.org"}'}),
    ("InvalidParameterValue", {"SmtpHeaders": '{"List-Unsubscribe": "<https://example.com>"}', "Unsubscribe": "1"}),
    ("InvalidParameterValue.EmailAddressIsNULL", {"Destination": ...}),
    ("InvalidParameterValue.EmailAddressIsNULL", {"Destination": [], "Cc": [], "Bcc": []}),
    ("InvalidParameterValue.EmailAddressIsNULL", {"Destination": [" "]}),
    ("InvalidParameterValue.EmailAddressIsNULL", {"FromEmailAddress": ""}),
    ("InvalidParameterValue.ReceiverEmailInvalid", {"Destination": ["ann"]}),
    ("InvalidParameterValue.ReceiverEmailInvalid", {"Destination": ["Ann <ann@example.org>"]}),
    ("InvalidParameterValue.ReceiverEmailInvalid", {"Cc": ["ann@example..org"]}),
    ("InvalidParameterValue.InvalidEmailIdentity", {"FromEmailAddress": "noreply@exam_ple"}),
    ("InvalidParameterValue.InvalidEmailIdentity", {"HeaderFrom": "noreply@example.net"}),
    ("InvalidParameterValue.EmailContentIsWrong", {"Simple": {"Text": "hello!"}}),
    ("InvalidParameterValue.EmailContentIsWrong", {"Simple": {"Html": b64(b"\xff")}}),
    ("InvalidParameterValue.EmailContentIsWrong", {"Simple": {"Html": b64("a\0b")}}),
    ("InvalidParameterValue.AttachContentIsWrong", {"Attachments": [file(Content="hello!")]}),
    ("InvalidParameterValue.AttachContentIsWrong", {"Attachments": [{"FileName": "a.txt"}]}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "News<noreply@example.com>"}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "News  <noreply@example.com>"}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "Ne:ws <noreply@example.com>"}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "noreply"}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "no(reply@example.com"}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "a\nb <noreply@example.com>"}),
    ("FailedOperation.IncorrectSender", {"HeaderFrom": "<noreply@example.com>"}),
    ("FailedOperation.IncorrectEmail", {"ReplyToAddresses": "a@example.org,b@example.org"}),
    ("FailedOperation.NotAuthenticatedSender", {"FromEmailAddress": "ceo@example.net"}),
    ("FailedOperation.NotAuthenticatedSender", {"HeaderFrom": "ceo@example.com"}),
    ("FailedOperation.TooManyRecipients", {"Destination": people(51)}),
    ("FailedOperation.TooManyRecipients", {"Cc": people(21)}),
    ("FailedOperation.TooManyRecipients", {"Bcc": people(21)}),
    ("FailedOperation.MissingEmailContent", {"Simple": ...}),
    ("FailedOperation.MissingEmailContent", {"Simple": {}}),
    ("FailedOperation.MissingEmailContent", {"Simple": {"Text": ""}}),
    ("FailedOperation.InvalidTemplateID", with_template("{}", 404)),
    ("FailedOperation.InvalidTemplateID", with_template("{}", 2**64 - 1)),
    ("FailedOperation.WrongContentJson", with_template("{")),
    ("FailedOperation.WrongContentJson", with_template("[]")),
    ("FailedOperation.WrongContentJson", with_template("")),
    ("FailedOperation.WrongContentJson", with_template("{}")),
    ("FailedOperation.WrongContentJson", with_template('{"code": null}')),
    ("FailedOperation.EmailContentToolarge", with_template('{"code": "' + "x" * 70_000 + '"}')),
    ("FailedOperation.EmailContentToolarge", {"Simple": {"Text": "x" * 8 * MB}}),
    ("FailedOperation.TooManyAttachments", {"Attachments": [file()] * 11}),
    ("FailedOperation.AttachContentToolarge", {"Attachments": [file(Content=b64(b"x" * 2 * MB + b"x"))] * 2}),
    ("FailedOperation.InvalidAttachName", {"Attachments": [file(FileName="")]}),
    ("FailedOperation.InvalidAttachName", {"Attachments": [file(FileName="x" * 256)]}),
    ("FailedOperation.InvalidAttachName", {"Attachments": [file(FileName="../a.txt")]}),
    ("FailedOperation.FileURLNotExist", {"Attachments": [{"FileName": "a", "FileURL": "https://example.com/a"}]}),
]


@pytest.mark.parametrize(("code", "changes"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_has_its_code(api, tenant, code, changes):
    publish(tenant, html="<p>{{ code }}</p>")

    answer = api.call("SendEmail", mail(**changes))

    assert code_of(answer) == code
    assert not Message.objects.for_tenant(tenant.pk).exists()


def test_WithOutPermission(api, tenant):
    tenant.allows_custom_content = False
    tenant.save(update_fields=["allows_custom_content"])

    assert code_of(api.call("SendEmail", mail())) == "FailedOperation.WithOutPermission"


def test_InvalidTemplateID_for_another_tenant_s_and_for_drafts(api, tenant):
    theirs = publish(TenantFactory(), html="<p>Theirs</p>")
    draft = Template(tenant=tenant, code="DRAFT", name="Draft")
    draft.save()
    Translation(pk=7, template=draft, language="en").save()

    for number in (theirs, 7):
        assert (
            code_of(api.call("SendEmail", mail(**with_template("{}", number)))) == "FailedOperation.InvalidTemplateID"
        )


def test_ExceedSendLimit(api, tenant):
    tenant.daily_quota = 0
    tenant.save(update_fields=["daily_quota"])

    assert code_of(api.call("SendEmail", mail())) == "FailedOperation.ExceedSendLimit"


def test_ResourceUnavailable_without_a_server(api, server):
    server.delete()

    assert code_of(api.call("SendEmail", mail())) == "ResourceUnavailable"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (SuppressionSource.MANUAL, "FailedOperation.EmailAddrInBlacklist"),
        (SuppressionSource.BOUNCE, "FailedOperation.EmailAddrInBlacklist"),
        (SuppressionSource.UNSUBSCRIBE, "FailedOperation.ReceiverHasUnsubscribed"),
    ],
)
def test_nobody_of_whom_may_get_it_is_told_and_on_record(api, tenant, source, code):
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org", "newsletter")], source=source)

    assert code_of(api.call("SendEmail", mail())) == code
    assert Message.objects.for_tenant(tenant.pk).get().status == "SUPPRESSED"
    assert code_of(api.call("SendEmail", mail(TriggerType=1))) == ""


def test_EmailAddrInBlacklist_where_only_some_have_unsubscribed(api, tenant):
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org")], source=SuppressionSource.UNSUBSCRIBE)
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("bob@example.org")])

    answer = api.call("SendEmail", mail(Destination=["ann@example.org", "bob@example.org"]))

    assert code_of(answer) == "FailedOperation.EmailAddrInBlacklist"
