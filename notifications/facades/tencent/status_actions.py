"""What became of mail (tencent.md 4.2): an entry per recipient, and figures per day."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from notifications import statistics, traces
from notifications.contracts import Channel
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, days_of, end_of, page_of, required_day, seconds, start_of
from notifications.facades.tencent.parameters import Record, Text
from notifications.states import Status
from notifications.statistics import Figures
from notifications.traces import Trace
from tenants.auth import Principal
from tenants.models.api_key import Scope

#: The vendor's text says 30 days and its error says 90.
MAX_AGE = timedelta(days=90)
_OK, _BLOCKED, _UNSUBSCRIBED = 0, 1007, 1013
_QUEUED, _DELIVERED, _DROPPED, _REFUSED, _DELAYED = 0, 1, 2, 3, 8
_DELIVER_STATUS = {
    Status.PENDING: _QUEUED,
    Status.UNCERTAIN: _QUEUED,
    Status.SENT: _QUEUED,
    Status.DELIVERED: _DELIVERED,
    Status.FAILED: _DROPPED,
    Status.EXPIRED: _DROPPED,
    Status.SUPPRESSED: _DROPPED,
    Status.CANCELLED: _DROPPED,
    Status.BOUNCED: _REFUSED,
    Status.COMPLAINED: _REFUSED,
}


def list_statuses(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    day = required_day(params, "RequestDate")
    if not timezone.localdate() - MAX_AGE <= day <= timezone.localdate() + timedelta(days=1):
        raise TencentError("FailedOperation.NotSupportDate", days=MAX_AGE.days)
    found = traces.list_traces(
        principal.tenant.pk,
        since=start_of(day),
        until=end_of(day),
        out_id=params.get("MessageId") or None,
        address=params.get("ToEmailAddress") or None,
        offset=offset,
        size=size,
    )
    return {"EmailStatusList": [_shown(trace) for trace in found]}


def report(principal: Principal, params: Parameters) -> Parameters:
    since, until = days_of(params)
    if until - since >= timedelta(days=statistics.MAX_DAYS):
        raise TencentError("FailedOperation.NotSupportDate", days=statistics.MAX_DAYS)
    if params.get("Domain") or params.get("ReceivingMailboxType"):
        # Our figures are not kept by them; wrong ones would be worse than none.
        raise TencentError("UnsupportedOperation", action="GetStatisticsReport: Domain, ReceivingMailboxType")
    days = statistics.daily(
        principal.tenant.pk, since=since, until=until, channel=Channel.EMAIL, zone=timezone.get_default_timezone()
    )
    overall = sum((day.figures for day in days), Figures())
    return {
        "DailyVolumes": [_volume(day.date.isoformat(), day.figures) for day in days],
        "OverallVolume": _volume("", overall),
    }


def _shown(trace: Trace) -> dict[str, Any]:
    is_complaint = trace.status is Status.COMPLAINED
    return {
        "MessageId": trace.out_id,
        "ToEmailAddress": trace.address,
        "FromEmailAddress": trace.sender,
        "SendStatus": _send_status(trace),
        "DeliverStatus": _deliver_status(trace),
        "DeliverMessage": trace.words,
        "RequestTime": seconds(trace.accepted_at),
        "DeliverTime": seconds(trace.finished_at),
        "UserOpened": False,
        "UserClicked": False,
        "UserUnsubscribed": trace.has_unsubscribed,
        # The vendor's misspelling, and its correction beside it.
        "UserComplainted": is_complaint,
        "UserComplained": is_complaint,
    }


def _send_status(trace: Trace) -> int:
    if trace.status is not Status.SUPPRESSED:
        return _OK
    return _UNSUBSCRIBED if trace.has_unsubscribed else _BLOCKED


def _deliver_status(trace: Trace) -> int:
    is_delayed = trace.status is Status.PENDING and trace.attempts > 0
    return _DELAYED if is_delayed else _DELIVER_STATUS[trace.status]


def _volume(day: str, figures: Figures) -> dict[str, Any]:
    """The vendor counts opens and clicks too, which nobody tracks here."""
    return {
        "SendDate": day,
        "RequestCount": figures.accepted,
        "AcceptedCount": figures.taken,
        "DeliveredCount": figures.delivered,
        "OpenedCount": 0,
        "ClickedCount": 0,
        "BounceCount": figures.bounced,
        "UnsubscribeCount": 0,
    }


_STATUS = Record(
    {**PAGE, "RequestDate": Text(), "MessageId": Text(), "ToEmailAddress": Text()},
    required=("RequestDate", "Offset", "Limit"),
)
_REPORT = Record(
    {"StartDate": Text(), "EndDate": Text(), "Domain": Text(), "ReceivingMailboxType": Text()},
    required=("StartDate", "EndDate"),
)

ACTIONS = {
    "GetSendEmailStatus": Action(list_statuses, Scope.EMAIL_READ, _STATUS),
    "GetStatisticsReport": Action(report, Scope.EMAIL_READ, _REPORT),
}
