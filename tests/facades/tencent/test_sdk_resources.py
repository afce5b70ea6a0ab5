"""The vendor's own client, unchanged: templates, statuses, domains, lists and tasks, as it spells and reads them."""

import base64
import json
from typing import Any

import pytest
from django.utils import timezone
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.ses.v20201002 import models
from tencentcloud.ses.v20201002.ses_client import SesClient

from notifications import batches
from notifications.models import Message
from notifications.states import Status
from tests.facades.tencent.test_sdk import METHODS, connect
from tests.factories import end

__all__ = ["connect"]

# The client asks the clock in a way that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

PAGE = {"Offset": 0, "Limit": 10}


def call(client: SesClient, action: str, **params: Any) -> Any:
    wanted = getattr(models, f"{action}Request")()
    wanted.from_json_string(json.dumps(params))
    return getattr(client, action)(wanted)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_it_keeps_templates_sends_with_them_and_reads_what_became_of_the_mail(connect, tenant):
    numbers = [
        call(
            connect(signed, by),
            "CreateEmailTemplate",
            TemplateName=f"{signed} {by}",
            TemplateContent={"Html": b64("<p>Dear {{name}}</p>"), "Text": b64("Dear {{name}}")},
        ).TemplateID
        for signed, by in METHODS
    ]
    client = connect()
    page = call(client, "ListEmailTemplates", **PAGE)
    assert [each.TemplateID for each in page.TemplatesMetadata] == numbers[::-1]
    assert page.TotalCount == len(METHODS)
    found = call(client, "GetEmailTemplate", TemplateID=numbers[0])
    assert (found.TemplateName, found.TemplateStatus) == ("TC3-HMAC-SHA256 POST", 0)
    assert base64.b64decode(found.TemplateContent.Text) == b"Dear {{name}}"

    sent = call(
        client,
        "SendEmail",
        FromEmailAddress="noreply@example.com",
        Subject="Hi {{name}}",
        Destination=["ann@example.org"],
        Template={"TemplateID": numbers[0], "TemplateData": json.dumps({"name": "Ann"})},
    )
    end(Message.objects.for_tenant(tenant.pk), Status.DELIVERED)

    today = timezone.localdate().isoformat()
    for signed, by in METHODS:
        answer = call(connect(signed, by), "GetSendEmailStatus", RequestDate=today, MessageId=sent.MessageId, **PAGE)
        (entry,) = answer.EmailStatusList
        assert (entry.ToEmailAddress, entry.SendStatus, entry.DeliverStatus) == ("ann@example.org", 0, 1)
        assert entry.UserComplained is False
    volumes = call(client, "GetStatisticsReport", StartDate=today, EndDate=today)
    assert volumes.OverallVolume.RequestCount == 1


def test_it_understands_that_a_template_is_gone(connect):
    client = connect()
    number = call(client, "CreateEmailTemplate", TemplateName="x", TemplateContent={"Text": b64("x")}).TemplateID
    call(client, "UpdateEmailTemplate", TemplateID=number, TemplateName="y", TemplateContent={"Text": b64("y")})
    call(client, "DeleteEmailTemplate", TemplateID=number)

    with pytest.raises(TencentCloudSDKException) as caught:
        call(client, "GetEmailTemplate", TemplateID=number)

    assert caught.value.code == "InvalidParameterValue.TemplateNotExist"


def test_it_keeps_lists_and_sends_to_them(connect, tenant):
    client, form = connect(), connect("HmacSHA256", "POST")
    number = call(client, "CreateReceiver", ReceiversName="People", Desc="All").ReceiverId
    counts = call(form, "CreateReceiverDetail", ReceiverId=number, Emails=["ann@example.org", "ann@example.org"])
    assert (counts.TotalCount, counts.ValidCount, counts.RepeatCount) == (2, 1, 1)
    data = [{"Email": "bob@example.org", "TemplateData": "{}"}]
    call(form, "CreateReceiverDetailWithData", ReceiverId=number, Datas=data)
    assert [row.Email for row in call(client, "ListReceiverDetails", ReceiverId=number, **PAGE).Data] == [
        "ann@example.org",
        "bob@example.org",
    ]

    task = call(
        form,
        "BatchSendEmail",
        FromEmailAddress="noreply@example.com",
        ReceiverId=number,
        Subject="News",
        TaskType=1,
        Simple={"Text": b64("Hello")},
    ).TaskId
    batches.run_due()

    (row,) = call(client, "ListSendTasks", **PAGE).Data
    assert (row.TaskId, row.TaskStatus, row.RequestCount, row.CycleParam) == (task, 5, 2, None)
    assert call(client, "ListReceivers", **PAGE).Data[0].Count == 2


def test_it_keeps_domains_and_block_lists(connect):
    client = connect()
    made = call(client, "CreateEmailIdentity", EmailIdentity="mail.example.com", DKIMOption=0)
    assert [attribute.Type for attribute in made.Attributes] == ["TXT", "TXT"]
    assert made.VerifiedForSendingStatus is False
    assert call(client, "ListEmailIdentities").EmailIdentities[0].IdentityName == "mail.example.com"
    assert call(client, "ListEmailAddress").EmailSenders == []

    call(client, "CreateCustomBlacklist", Emails=["a@example.org"])
    today = timezone.localdate().isoformat()
    blocked = call(client, "ListBlackEmailAddress", StartDate=today, EndDate=today, **PAGE)
    assert [row.EmailAddress for row in blocked.BlackList] == ["a@example.org"]
    call(client, "DeleteBlackList", EmailAddressList=["a@example.org"])
    assert call(client, "ListCustomBlacklist", Status=2, **PAGE).TotalCount == 0
