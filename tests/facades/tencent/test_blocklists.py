"""Block lists: two views of the one list of suppressions, and neither undoes what a recipient asked for."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.contracts import Channel, SuppressionSource
from notifications.models import Suppression
from notifications.suppression import Entry, add
from tests.facades.tencent.client import TencentApi, code_of


def block(tenant: Any, *addresses: str, source: SuppressionSource = SuppressionSource.BOUNCE) -> None:
    add(tenant.pk, Channel.EMAIL, [Entry(address) for address in addresses], source=source)


def today(**shift: int) -> str:
    return (timezone.localdate() + timedelta(**shift)).isoformat()


def blocked(api: TencentApi, **changes: Any) -> dict[str, Any]:
    days = {"StartDate": today(), "EndDate": today(), "Limit": 10, "Offset": 0}
    return api.call("ListBlackEmailAddress", {**days, **changes})


def custom(api: TencentApi, **changes: Any) -> dict[str, Any]:
    return api.call("ListCustomBlacklist", {"Offset": 0, "Limit": 10, "Status": 2, **changes})


def left(tenant: Any) -> set[str]:
    return set(Suppression.objects.for_tenant(tenant.pk).values_list("address", flat=True))


def test_the_list_names_addresses_that_get_nothing(api, tenant, stranger):
    block(tenant, "a@example.org", "b@example.org")
    block(tenant, "left@example.org", source=SuppressionSource.UNSUBSCRIBE)

    found = blocked(api)

    assert [row["EmailAddress"] for row in found["BlackList"]] == ["b@example.org", "a@example.org"]
    assert found["TotalCount"] == 2
    assert found["BlackList"][0]["BounceTime"].startswith(today())
    assert found["BlackList"][0]["IspDesc"] == "Suppressed: earlier mail to the address came back."
    assert blocked(api, EmailAddress="A@example.org", TaskID="1")["TotalCount"] == 1
    assert blocked(api, StartDate=today(days=-9), EndDate=today(days=-1))["TotalCount"] == 0
    assert blocked(stranger)["TotalCount"] == 0


def test_an_address_is_taken_off_but_not_one_that_unsubscribed(api, tenant):
    block(tenant, "a@example.org", "b@example.org")
    block(tenant, "left@example.org", source=SuppressionSource.UNSUBSCRIBE)

    api.call("DeleteBlackList", {"EmailAddressList": ["A@example.org", "left@example.org", "nobody"]})

    assert left(tenant) == {"b@example.org", "left@example.org"}


def test_a_stranger_takes_nothing_off(tenant, stranger):
    block(tenant, "a@example.org")
    block(tenant, "mine@example.org", source=SuppressionSource.MANUAL)
    row = Suppression.objects.for_tenant(tenant.pk).get(address="mine@example.org")

    assert code_of(stranger.call("DeleteBlackList", {"EmailAddressList": ["a@example.org"]})) == ""
    assert code_of(stranger.call("DeleteCustomBlackList", {"Emails": ["mine@example.org"]})) == ""
    answer = stranger.call("UpdateCustomBlackList", {"Id": row.pk, "Email": "x@example.org"})

    assert code_of(answer) == "ResourceNotFound"
    assert left(tenant) == {"a@example.org", "mine@example.org"}
    assert custom(stranger)["TotalCount"] == 0


def test_a_custom_list_is_counted_as_it_is_filled(api, tenant):
    block(tenant, "known@example.org", source=SuppressionSource.MANUAL)
    emails = ["a@example.org", "A@example.org", "known@example.org", "nobody", f"{'x' * 250}@example.org"]

    counts = api.call("CreateCustomBlacklist", {"Emails": emails, "ExpireDate": today(days=1)})

    del counts["RequestId"]
    assert counts == {"TotalCount": 5, "ValidCount": 1, "TooLongCount": 1, "RepeatCount": 2, "InvalidCount": 1}
    rows = {row["Email"]: row for row in custom(api)["Data"]}
    assert (rows["a@example.org"]["ExpireDate"], rows["a@example.org"]["Status"]) == (today(days=1), 1)
    assert rows["known@example.org"]["ExpireDate"] == ""
    assert custom(api, Email="a@example.org")["TotalCount"] == 1


def test_an_entry_is_changed_and_removed(api, tenant):
    api.call("CreateCustomBlacklist", {"Emails": ["a@example.org", "b@example.org"]})
    rows = {row["Email"]: row["Id"] for row in custom(api)["Data"]}

    api.call(
        "UpdateCustomBlackList", {"Id": rows["a@example.org"], "Email": "c@example.org", "ExpireDate": "2020-01-01"}
    )

    assert [(row["Email"], row["ExpireDate"]) for row in custom(api, Status=0)["Data"]] == [
        ("c@example.org", "2020-01-01")
    ]
    assert [row["Email"] for row in custom(api, Status=1)["Data"]] == ["b@example.org"]
    clash = api.call("UpdateCustomBlackList", {"Id": rows["a@example.org"], "Email": "b@example.org"})
    assert code_of(clash) == "ResourceInUse"

    api.call("DeleteCustomBlackList", {"Emails": ["b@example.org", "c@example.org"]})
    assert left(tenant) == set()


@pytest.mark.parametrize(
    ("code", "action", "params"),
    [
        ("InvalidParameterValue.WrongDate", "ListBlackEmailAddress", {"StartDate": "x", "EndDate": "2026-01-01"}),
        (
            "InvalidParameterValue.WrongDate",
            "ListBlackEmailAddress",
            {"StartDate": "2026-01-02", "EndDate": "2026-01-01"},
        ),
        (
            "FailedOperation.InvalidLimit",
            "ListBlackEmailAddress",
            {"StartDate": "2026-01-01", "EndDate": "2026-01-01", "Limit": 101},
        ),
        ("MissingParameter", "DeleteBlackList", {}),
        ("MissingParameter.EmailsNecessary", "CreateCustomBlacklist", {"Emails": []}),
        (
            "InvalidParameterValue.WrongDate",
            "CreateCustomBlacklist",
            {"Emails": ["a@example.org"], "ExpireDate": "soon"},
        ),
        ("InvalidParameterValue", "ListCustomBlacklist", {"Offset": 0, "Limit": 1, "Status": 3}),
        ("ResourceNotFound", "UpdateCustomBlackList", {"Id": 2**63, "Email": "a@example.org"}),
    ],
)
def test_what_is_refused(api, code, action, params):
    if action == "ListBlackEmailAddress":
        params = {"Limit": 10, "Offset": 0, **params}

    assert code_of(api.call(action, params)) == code
