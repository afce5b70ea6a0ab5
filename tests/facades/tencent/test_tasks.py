"""BatchSendEmail and ListSendTasks: made, run by the sweep, shown in the vendor's numbers."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications import batches
from notifications.models import BatchTask, MailServer, Message, Submission
from notifications.states import Status
from templates_app import publishing
from templates_app.models import Template
from tests.facades.tencent.client import TencentApi, code_of
from tests.factories import end


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def at(**shift: int) -> str:
    return (timezone.localtime() + timedelta(**shift)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def people(api: TencentApi) -> int:
    number: int = api.call("CreateReceiver", {"ReceiversName": "People"})["ReceiverId"]
    data = [{"Email": "ann@example.org", "TemplateData": '{"name": "Ann"}'}]
    api.call("CreateReceiverDetailWithData", {"ReceiverId": number, "Datas": data})
    api.call("CreateReceiverDetail", {"ReceiverId": number, "Emails": ["bob@example.org"]})
    return number


@pytest.fixture
def template(api: TencentApi) -> int:
    content = {"Text": b64("Dear {{name}} of {{town}}")}
    number: int = api.call("CreateEmailTemplate", {"TemplateName": "News", "TemplateContent": content})["TemplateID"]
    return number


def task(people: int, **changes: Any) -> dict[str, Any]:
    """A member changed to ``...`` is left out."""
    params = {
        "FromEmailAddress": "News <noreply@example.com>",
        "ReceiverId": people,
        "Subject": "News",
        "TaskType": 1,
        "Simple": {"Text": b64("Hello")},
        **changes,
    }
    return {name: value for name, value in params.items() if value is not ...}


def make(api: TencentApi, people: int, **changes: Any) -> int:
    number: int = api.call("BatchSendEmail", task(people, **changes))["TaskId"]
    return number


def listed(api: TencentApi, **params: Any) -> list[dict[str, Any]]:
    answer = api.call("ListSendTasks", {"Offset": 0, "Limit": 100, **params})
    assert answer["TotalCount"] == len(answer["Data"])
    rows: list[dict[str, Any]] = answer["Data"]
    return rows


def test_a_task_runs_and_is_counted(api, tenant, people, template):
    number = make(
        api,
        people,
        Subject="News of {{town}}",
        Simple=...,
        Template={"TemplateID": template, "TemplateData": '{"town": "Rome", "name": "you"}'},
        ReplyToAddresses="help@example.com",
        Unsubscribe="1",
        ADLocation=1,
    )
    (waiting,) = listed(api)
    assert (waiting["TaskStatus"], waiting["RequestCount"]) == (1, 0)

    batches.run_due()

    sent = Message.objects.for_tenant(tenant.pk).order_by("id")
    assert [(message.to, message.subject, message.params) for message in sent] == [
        (["ann@example.org"], "(AD)News of Rome", {"town": "Rome", "name": "Ann"}),
        (["bob@example.org"], "(AD)News of Rome", {"town": "Rome", "name": "you"}),
    ]
    submission = Submission.objects.for_tenant(tenant.pk).get()
    assert (submission.sender_name, submission.reply_to, submission.unsubscribe_footer) == (
        "News",
        ["help@example.com"],
        "en",
    )
    end(sent.filter(recipient="ann@example.org"), Status.SENT)
    batches.run_due()
    (row,) = listed(api, Status=5, ReceiverId=people, TaskType=1)
    del row["CreateTime"], row["UpdateTime"]
    assert row == {
        "TaskId": number,
        "FromEmailAddress": "noreply@example.com",
        "ReceiverId": people,
        "ReceiversName": "People",
        "TaskStatus": 5,
        "TaskType": 1,
        "RequestCount": 2,
        "SendCount": 1,
        "CacheCount": 1,
        "Subject": "(AD)News of Rome",
        "Template": {"TemplateID": template, "TemplateData": '{"town": "Rome", "name": "you"}'},
        "CycleParam": None,
        "TimedParam": None,
        "ErrMsg": "",
    }
    end(sent, Status.SENT)
    batches.run_due()
    assert [each["TaskId"] for each in listed(api, Status=10)] == [number]


def test_timed_and_cyclic_tasks_say_when(api, people):
    begin = at(hours=2)
    make(api, people, TaskType=2, TimedParam={"BeginTime": begin})
    make(api, people, TaskType=3, CycleParam={"BeginTime": begin, "IntervalTime": 24})
    make(api, people, TaskType=3, CycleParam={"BeginTime": begin, "IntervalTime": 24, "TermCycle": 1})

    batches.run_due()

    assert [(row["TaskStatus"], row["TimedParam"], row["CycleParam"]) for row in listed(api)] == [
        (1, None, {"BeginTime": begin, "IntervalTime": 0, "TermCycle": 1}),
        (1, None, {"BeginTime": begin, "IntervalTime": 24, "TermCycle": 0}),
        (1, {"BeginTime": begin}, None),
    ]
    assert len(listed(api, TaskType=3)) == 2


def test_a_refused_run_shows_its_reason(api, tenant, people):
    make(api, people)
    MailServer.objects.for_tenant(tenant.pk).update(enabled=False)

    batches.run_due()

    (row,) = listed(api, Status=7)
    assert "No enabled SMTP server" in row["ErrMsg"]


def test_receiver_is_operating(api, people):
    make(api, people, TaskType=2, TimedParam={"BeginTime": at(hours=2)})

    answer = api.call("DeleteReceiver", {"ReceiverId": people})

    assert code_of(answer) == "OperationDenied.ReceiverIsOperating"


def test_a_stranger_sees_no_task_and_sends_to_no_list(api, stranger, people, template):
    make(api, people)

    assert listed(stranger) == []
    assert code_of(stranger.call("BatchSendEmail", task(people))) == "OperationDenied.ReceiverNotExist"
    own: int = stranger.call("CreateReceiver", {"ReceiversName": "Mine"})["ReceiverId"]
    theirs = task(own, Simple=..., Template={"TemplateID": template, "TemplateData": "{}"})
    assert code_of(stranger.call("BatchSendEmail", theirs)) == "InvalidParameterValue.TemplateNotExist"


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("MissingParameter", {"Subject": ...}),
    ("InvalidParameterValue", {"TaskType": 4}),
    ("InvalidParameterValue", {"ADLocation": 3}),
    ("InvalidParameterValue.SubjectLengthError", {"Subject": " "}),
    ("InvalidParameterValue.SubjectLengthError", {"Subject": "x" * 101}),
    ("FailedOperation.IncorrectSender", {"FromEmailAddress": "News: <noreply@example.com>"}),
    ("OperationDenied.SendAddressStatusError", {"FromEmailAddress": "noreply@other.example"}),
    ("MissingParameter.SendParamNecessary", {"Simple": ...}),
    ("MissingParameter.TimedParamNecessary", {"TaskType": 2}),
    ("MissingParameter.CycleParamNecessary", {"TaskType": 3}),
    ("InvalidParameterValue.BeginTimeBeforeNow", {"TaskType": 2, "TimedParam": {"BeginTime": "2020-01-01 00:00:00"}}),
    ("InvalidParameterValue.WrongDate", {"TaskType": 2, "TimedParam": {"BeginTime": "soon"}}),
    ("MissingParameter", {"TaskType": 3, "CycleParam": {"BeginTime": "2999-01-01 00:00:00"}}),
    ("InvalidParameterValue.TemplateNotExist", {"Template": {"TemplateID": 10**9, "TemplateData": "{}"}}),
    ("FailedOperation.NoAttachPermission", {"Attachments": [{"FileName": "a.txt", "Content": ""}]}),
]


@pytest.mark.parametrize(("code", "changes"), FAULTS, ids=[code for code, _ in FAULTS])
def test_what_cannot_be_a_task(api, tenant, people, code, changes):
    assert code_of(api.call("BatchSendEmail", task(people, **changes))) == code
    assert not BatchTask.objects.for_tenant(tenant.pk).exists()


def test_receiver_status_error(api):
    nobody: int = api.call("CreateReceiver", {"ReceiversName": "Nobody"})["ReceiverId"]

    assert code_of(api.call("BatchSendEmail", task(nobody))) == "OperationDenied.ReceiverStatusError"


def test_in_valid_template_data(api, people, template):
    params = task(people, Template={"TemplateID": template, "TemplateData": "[]"})

    assert code_of(api.call("BatchSendEmail", params)) == "InvalidParameterValue.InValidTemplateData"


def test_template_status_error(api, tenant, people):
    row = Template(tenant=tenant, code="DRAFT", name="Draft")
    row.save()
    translation = publishing.translation_of(row, "en")
    publishing.draft(translation, subject="x", text="x")

    params = task(people, Template={"TemplateID": translation.pk, "TemplateData": "{}"})

    assert code_of(api.call("BatchSendEmail", params)) == "OperationDenied.TemplateStatusError"


def test_with_out_permission(api, tenant, people):
    tenant.allows_custom_content = False
    tenant.save()

    assert code_of(api.call("BatchSendEmail", task(people))) == "FailedOperation.WithOutPermission"


def test_what_cannot_be_listed(api):
    for code, params in (
        ("FailedOperation.InvalidLimit", {"Limit": 101}),
        ("InvalidParameterValue", {"Status": 2}),
        ("InvalidParameterValue", {"TaskType": 0}),
        ("MissingParameter", {"Limit": None}),
    ):
        assert code_of(api.call("ListSendTasks", {"Offset": 0, "Limit": 10, **params})) == code
