"""Lists of recipients: made, filled, read and deleted; each fault has the vendor's code."""

from typing import Any

import pytest

from notifications import recipient_lists
from notifications.models import RecipientList, RecipientListEntry
from tests.facades.tencent.client import TencentApi, code_of


def create(api: TencentApi, name: str = "People", **params: Any) -> int:
    number: int = api.call("CreateReceiver", {"ReceiversName": name, **params})["ReceiverId"]
    return number


def fill(api: TencentApi, number: int, *emails: str) -> dict[str, Any]:
    answer = api.call("CreateReceiverDetail", {"ReceiverId": number, "Emails": list(emails)})
    del answer["RequestId"]
    return answer


def with_data(api: TencentApi, number: int, data: str, email: str = "ann@example.org") -> str:
    params = {"ReceiverId": number, "Datas": [{"Email": email, "TemplateData": data}]}
    return code_of(api.call("CreateReceiverDetailWithData", params))


def details(api: TencentApi, number: int, **params: Any) -> dict[str, Any]:
    return api.call("ListReceiverDetails", {"ReceiverId": number, "Offset": 0, "Limit": 100, **params})


def test_a_list_is_made_filled_and_read(api):
    number = create(api, Desc="Everybody")

    counts = fill(api, number, "ann@example.org", "ANN@example.org", "", "nobody", f"{'x' * 260}@example.org")
    assert with_data(api, number, '{"name": "小明"}', "bob@example.org") == ""

    assert counts == {"TotalCount": 5, "ValidCount": 2, "TooLongCount": 1, "EmptyEmailCount": 1, "RepeatCount": 1}
    found = details(api, number)
    assert (found["TotalCount"], found["ValidCount"], found["InvalidCount"]) == (3, 2, 1)
    assert [(row["Email"], row["Status"], row["TemplateData"]) for row in found["Data"]] == [
        ("ann@example.org", 1, ""),
        ("nobody", 2, ""),
        ("bob@example.org", 1, '{"name": "小明"}'),
    ]
    assert "not an e-mail address" in found["Data"][1]["Reason"]
    (listed,) = api.call("ListReceivers", {"Offset": 0, "Limit": 10})["Data"]
    del listed["CreateTime"]
    assert listed == {
        "ReceiverId": number,
        "ReceiversName": "People",
        "Count": 3,
        "Desc": "Everybody",
        "ReceiversStatus": 3,
        "InvalidCount": 1,
    }


def test_lists_and_entries_are_narrowed(api):
    empty, number = create(api, "Empty"), create(api, "People")
    fill(api, number, "ann@example.org", "nobody")

    def names(**params: Any) -> list[str]:
        found = api.call("ListReceivers", {"Offset": 0, "Limit": 10, **params})
        assert found["TotalCount"] == len(found["Data"])
        return [row["ReceiversName"] for row in found["Data"]]

    def emails(**params: Any) -> list[str]:
        return [row["Email"] for row in details(api, number, **params)["Data"]]

    assert names() == ["People", "Empty"]
    assert (names(Status=1), names(Status=2), names(Status=3)) == (["Empty"], [], ["People"])
    assert names(KeyWord="mpt") == ["Empty"]
    assert emails(Status=1) == emails(Email="Ann@example.org") == ["ann@example.org"]
    assert emails(Status=2) == ["nobody"]
    assert emails(CreateTimeBegin="2020-01-01 00:00:00", CreateTimeEnd="2020-01-02 00:00:00") == []
    assert details(api, empty)["TotalCount"] == 0


def test_a_deleted_list_is_gone(api, tenant):
    number = create(api)
    fill(api, number, "ann@example.org")

    assert code_of(api.call("DeleteReceiver", {"ReceiverId": number})) == ""

    assert code_of(details(api, number)) == "OperationDenied.ReceiverNotExist"
    assert not RecipientListEntry.objects.for_tenant(tenant.pk).exists()


def test_receiver_not_exist_also_for_a_stranger_s(api, stranger, tenant):
    number = create(api)

    actions: dict[str, dict[str, Any]] = {
        "CreateReceiverDetail": {"Emails": ["x@example.org"]},
        "CreateReceiverDetailWithData": {"Datas": [{"Email": "x@example.org", "TemplateData": "{}"}]},
        "ListReceiverDetails": {"Offset": 0, "Limit": 1},
        "DeleteReceiver": {},
    }
    for action, more in actions.items():
        for caller, wanted in ((stranger, number), (api, 2**63), (api, 0)):
            answer = caller.call(action, {"ReceiverId": wanted, **more})
            assert code_of(answer) == "OperationDenied.ReceiverNotExist"
    assert stranger.call("ListReceivers", {"Offset": 0, "Limit": 1})["TotalCount"] == 0
    assert RecipientList.objects.for_tenant(tenant.pk).get().valid_count == 0


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("InvalidParameterValue.ReceiverNameIllegal", {"ReceiversName": ""}),
        ("InvalidParameterValue.ReceiverNameIllegal", {"ReceiversName": "x" * 201}),
        ("InvalidParameterValue.ReceiverDescIllegal", {"ReceiversName": "Fine", "Desc": "x" * 501}),
        ("InvalidParameterValue.RepeatReceiverName", {"ReceiversName": "People"}),
    ],
)
def test_what_is_no_list(api, code, params):
    create(api)

    assert code_of(api.call("CreateReceiver", params)) == code


def test_exceed_receiver_limit(api, monkeypatch):
    monkeypatch.setattr(recipient_lists, "MAX_LISTS", 1)
    create(api)

    assert code_of(api.call("CreateReceiver", {"ReceiversName": "More"})) == "LimitExceeded.ExceedReceiverLimit"


def test_what_is_no_entry(api, monkeypatch):
    number = create(api)

    assert code_of(fill_raw(api, {"Emails": ["a@example.org"]})) == "MissingParameter.ReceiverIdNecessary"
    assert code_of(fill_raw(api, {"ReceiverId": number})) == "MissingParameter.EmailsNecessary"
    assert code_of(fill_raw(api, {"ReceiverId": number, "Emails": []})) == "MissingParameter.EmailsNecessary"
    assert with_data(api, number, "[1]") == "InvalidParameterValue.TemplateDataError"
    assert with_data(api, number, "name=x") == "InvalidParameterValue.TemplateDataError"
    assert with_data(api, number, '{"n": "%s"}' % ("x" * 800)) == "InvalidParameterValue.TemplateDataLenLimit"
    wrong = details(api, number, CreateTimeBegin="yesterday")
    assert code_of(wrong) == "InvalidParameterValue.WrongDate"
    monkeypatch.setattr(recipient_lists, "MAX_PER_CALL", 2)
    monkeypatch.setattr(recipient_lists, "MAX_ENTRIES", 1)
    three = fill_raw(api, {"ReceiverId": number, "Emails": ["a@example.org"] * 3})
    assert code_of(three) == "LimitExceeded.ReceiverDetailRequestLimit"
    two = fill_raw(api, {"ReceiverId": number, "Emails": ["a@example.org", "b@example.org"]})
    assert code_of(two) == "LimitExceeded.ReceiverDetailCountLimit"
    assert details(api, number)["TotalCount"] == 0


def fill_raw(api: TencentApi, params: dict[str, Any]) -> dict[str, Any]:
    return api.call("CreateReceiverDetail", params)
