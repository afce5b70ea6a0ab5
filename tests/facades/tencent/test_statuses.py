"""GetSendEmailStatus: an entry per recipient, in the vendor's numbers. GetStatisticsReport: a row per day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.contracts import Address, Channel, SuppressionSource, UnsubscribeOffer
from notifications.models import Message
from notifications.states import Status
from notifications.suppression import Entry, add
from tests.facades.tencent.client import TencentApi, code_of
from tests.factories import fitting, send

pytestmark = pytest.mark.usefixtures("server")


def today() -> str:
    return timezone.localdate().isoformat()


def statuses(api: TencentApi, **changes: Any) -> list[dict[str, Any]]:
    params = {"RequestDate": today(), "Offset": 0, "Limit": 100, **changes}
    found: list[dict[str, Any]] = api.call("GetSendEmailStatus", params)["EmailStatusList"]
    return found


def numbers(entry: dict[str, Any]) -> tuple[int, int]:
    return entry["SendStatus"], entry["DeliverStatus"]


def become(message_id: int, **columns: Any) -> None:
    """As the outbox would leave it."""
    Message.across_tenants.filter(pk=message_id).update(**fitting(columns))


def test_an_entry_is_whole(api, tenant):
    receipt = send(tenant, "ann@example.org", out_id="qcloudses-30-1-date-x", sender=Address("noreply@example.com"))
    sent_at = timezone.now()
    become(receipt.message_ids[0], status=Status.FAILED, finished_at=sent_at, failure_reason="550 No such user")

    (entry,) = statuses(api)

    requested = entry.pop("RequestTime")
    assert 0 <= sent_at.timestamp() - requested < 60
    assert entry == {
        "MessageId": "qcloudses-30-1-date-x",
        "ToEmailAddress": "ann@example.org",
        "FromEmailAddress": "noreply@example.com",
        "SendStatus": 0,
        "DeliverStatus": 2,
        "DeliverMessage": "550 No such user",
        "DeliverTime": int(sent_at.timestamp()),
        "UserOpened": False,
        "UserClicked": False,
        "UserUnsubscribed": False,
        "UserComplainted": False,
        "UserComplained": False,
    }


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"status": Status.PENDING}, (0, 0)),
        ({"status": Status.PENDING, "attempts": 1, "failure_reason": "451 later"}, (0, 8)),
        ({"status": Status.UNCERTAIN, "attempts": 1}, (0, 0)),
        ({"status": Status.SENT, "attempts": 1}, (0, 0)),
        ({"status": Status.DELIVERED}, (0, 1)),
        ({"status": Status.FAILED}, (0, 2)),
        ({"status": Status.EXPIRED}, (0, 2)),
        ({"status": Status.CANCELLED}, (0, 2)),
        ({"status": Status.BOUNCED}, (0, 3)),
        ({"status": Status.COMPLAINED}, (0, 3)),
    ],
)
def test_each_status_in_the_vendor_s_numbers(api, tenant, columns, expected):
    become(send(tenant).message_ids[0], **columns)

    (entry,) = statuses(api)

    assert numbers(entry) == expected
    assert entry["UserComplainted"] is entry["UserComplained"] is (columns["status"] == Status.COMPLAINED)


def test_suppressed_recipients_are_1007_and_unsubscribed_ones_1013(api, tenant):
    add(tenant.pk, Channel.EMAIL, [Entry("blocked@example.org")], source=SuppressionSource.BOUNCE)
    add(
        tenant.pk,
        Channel.EMAIL,
        [Entry("left@example.org", category="newsletter")],
        source=SuppressionSource.UNSUBSCRIBE,
    )

    send(tenant, "blocked@example.org", "left@example.org", "ann@example.org", unsubscribe=UnsubscribeOffer())

    found = {entry["ToEmailAddress"]: entry for entry in statuses(api)}
    assert {address: numbers(entry) for address, entry in found.items()} == {
        "blocked@example.org": (1007, 2),
        "left@example.org": (1013, 2),
        "ann@example.org": (0, 0),
    }
    assert [entry["UserUnsubscribed"] for entry in found.values()] == [False, True, False]


def test_every_recipient_of_a_shared_mail_has_its_own_fate(api, tenant):
    shared = {"is_separate": False, "cc": (Address("cc@example.org"),), "bcc": (Address("bcc@example.org"),)}
    receipt = send(tenant, "Ann@example.org", "bob@example.org", **shared)
    outcomes = {
        "bob@example.org": {"verdict": "never", "code": 550, "words": "No such user"},
        "bcc@example.org": {"verdict": "suppressed", "code": None, "words": "Suppressed."},
        "Ann@example.org": {"verdict": "sent", "code": 250, "words": "OK"},
    }
    become(receipt.message_ids[0], status=Status.PARTIAL, recipient_outcomes=outcomes)

    found = statuses(api, MessageId=receipt.out_id)

    assert [(entry["ToEmailAddress"], numbers(entry), entry["DeliverMessage"]) for entry in found] == [
        ("Ann@example.org", (0, 0), "OK"),
        ("bob@example.org", (0, 2), "No such user"),
        ("cc@example.org", (0, 0), ""),
        ("bcc@example.org", (1007, 2), "Suppressed."),
    ]
    assert [entry["ToEmailAddress"] for entry in statuses(api, ToEmailAddress="CC@example.org")] == ["cc@example.org"]


def test_entries_are_paged_and_narrowed(api, tenant):
    first = send(tenant, *(f"p{n}@example.org" for n in range(5)))
    second = send(tenant, "p1@example.org")

    assert [each["ToEmailAddress"] for each in statuses(api, Offset=3, Limit=2)] == ["p3@example.org", "p4@example.org"]
    assert [each["MessageId"] for each in statuses(api, ToEmailAddress="p1@example.org")] == [
        first.out_id,
        second.out_id,
    ]
    assert len(statuses(api, MessageId=second.out_id)) == 1
    assert statuses(api, MessageId="nonsense") == []
    assert statuses(api, RequestDate=(timezone.localdate() - timedelta(days=1)).isoformat()) == []


def test_a_stranger_sees_nothing(tenant, stranger):
    receipt = send(tenant)

    assert statuses(stranger) == []
    assert statuses(stranger, MessageId=receipt.out_id) == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("InvalidParameterValue.WrongDate", {"RequestDate": "2026-02-30"}),
        ("InvalidParameterValue.WrongDate", {"RequestDate": "20260220"}),
        ("InvalidParameterValue.WrongDate", {"RequestDate": ""}),
        ("FailedOperation.NotSupportDate", {"RequestDate": "2020-01-01"}),
        ("FailedOperation.NotSupportDate", {"RequestDate": "2999-01-01"}),
        ("FailedOperation.InvalidLimit", {"Limit": 101}),
        ("InvalidParameterValue", {"Offset": 10**9}),
        ("MissingParameter", {"RequestDate": None}),
    ],
)
def test_what_cannot_be_asked(api, code, changes):
    params = {"RequestDate": today(), "Offset": 0, "Limit": 100, **changes}

    assert code_of(api.call("GetSendEmailStatus", params)) == code


def test_the_report_counts_days(api, tenant, stranger):
    receipt = send(tenant, *(f"p{n}@example.org" for n in range(4)))
    for message_id, status in zip(receipt.message_ids, (Status.SENT, Status.DELIVERED, Status.BOUNCED), strict=False):
        become(message_id, status=status)
    day = timezone.localdate()
    days = {"StartDate": (day - timedelta(days=3)).isoformat(), "EndDate": day.isoformat()}

    found = api.call("GetStatisticsReport", days)

    counts = ("RequestCount", "AcceptedCount", "DeliveredCount", "BounceCount", "OpenedCount", "ClickedCount")
    assert [found["OverallVolume"][name] for name in counts] == [4, 3, 1, 1, 0, 0]
    assert len(found["DailyVolumes"]) == 4
    assert found["DailyVolumes"][-1]["SendDate"] == today()
    assert found["DailyVolumes"][-1]["RequestCount"] == 4
    assert stranger.call("GetStatisticsReport", days)["OverallVolume"]["RequestCount"] == 0


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("InvalidParameterValue.WrongDate", {"StartDate": "yesterday"}),
        ("InvalidParameterValue.WrongDate", {"StartDate": "2026-11-02", "EndDate": "2026-11-01"}),
        ("FailedOperation.NotSupportDate", {"StartDate": "2025-11-02", "EndDate": "2026-11-01"}),
        ("UnsupportedOperation", {"Domain": "example.com"}),
    ],
)
def test_what_cannot_be_reported(api, code, changes):
    params = {"StartDate": "2026-11-01", "EndDate": "2026-11-02", **changes}

    assert code_of(api.call("GetStatisticsReport", params)) == code
