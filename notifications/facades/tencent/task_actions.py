"""Mail to a whole list of recipients, and how it is doing (tencent.md 4): BatchSendEmail and ListSendTasks."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from notifications import batches
from notifications.batches import Kind, State, Wish
from notifications.errors import CustomContentDisabled, RecipientsMissing, SenderMissing, SenderNotAllowed
from notifications.facades.tencent import send_parts
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, moment_of, page_of, shown
from notifications.facades.tencent.parameters import Record, Text, Whole
from notifications.facades.tencent.renaming import Codes, renamed
from templates_app import catalogue
from templates_app.errors import TemplateMissing
from tenants.auth import Principal
from tenants.errors import NotFound
from tenants.models.api_key import Scope

MAX_SUBJECT = 100
#: A mark that some countries ask of advertising: none, before the subject, after it.
_MARK = "(AD)"
_KINDS = {1: Kind.NOW, 2: Kind.TIMED, 3: Kind.CYCLIC}
_TYPES = {kind: number for number, kind in _KINDS.items()}
_STATES = {
    1: (State.WAITING,),
    5: (State.SENDING,),
    6: (State.PAUSED,),
    7: (State.FAILED, State.STOPPED),
    10: (State.SENT,),
}
_STATUSES = {state: number for number, states in _STATES.items() for state in states}
_NOT_MADE: Codes = {
    NotFound: "OperationDenied.ReceiverNotExist",
    RecipientsMissing: "OperationDenied.ReceiverStatusError",
    SenderNotAllowed: "OperationDenied.SendAddressStatusError",
    SenderMissing: "OperationDenied.SendAddressStatusError",
    TemplateMissing: "OperationDenied.TemplateStatusError",
    CustomContentDisabled: "FailedOperation.WithOutPermission",
}


def send(principal: Principal, params: Parameters) -> Parameters:
    wish = _wish(principal, params)
    kind = _KINDS[params["TaskType"]]
    begins_at, interval = _times(kind, params)
    with renamed(_NOT_MADE):
        task = batches.create(
            principal.tenant,
            params["ReceiverId"],
            wish,
            kind=kind,
            begins_at=begins_at,
            interval=interval,
            facade="tencent",
            key_id=principal.key_id,
        )
    return {"TaskId": task.pk}


def list_tasks(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    states = _STATES.get(params["Status"]) if "Status" in params else ()
    if states is None:
        raise TencentError("InvalidParameterValue", parameter="Status")
    total, rows = batches.list_tasks(
        principal.tenant.pk,
        states=states,
        kind=_KINDS[params["TaskType"]] if "TaskType" in params else None,
        list_id=params.get("ReceiverId"),
        offset=offset,
        size=size,
    )
    return {"TotalCount": total, "Data": [_shown(row) for row in rows]}


def _wish(principal: Principal, params: Parameters) -> Wish:
    if params.get("Attachments"):
        # The vendor declares them and takes none here.
        raise TencentError("FailedOperation.NoAttachPermission")
    if not 1 <= len(params["Subject"].strip()) <= MAX_SUBJECT:
        raise TencentError("InvalidParameterValue.SubjectLengthError")
    sender = send_parts.parse_sender(params["FromEmailAddress"])
    reply_to = send_parts.parse_reply_to(params.get("ReplyToAddresses", ""))
    offer = send_parts.parse_unsubscribe(params.get("Unsubscribe", ""))
    content = _content(principal, params)
    return Wish(
        # The recipients' own variables stay out of it: all of them get the same subject.
        subject=_marked(params, content.get("params", {})),
        sender=sender,
        reply_to=reply_to[0].email if reply_to else "",
        unsubscribe_footer=(offer.footer_language or "") if offer else None,
        **content,
    )


def _marked(params: Parameters, variables: dict[str, Any]) -> str:
    subject = send_parts.filled_subject(params["Subject"].strip(), variables)
    return {0: subject, 1: f"{_MARK}{subject}", 2: f"{subject}{_MARK}"}[params.get("ADLocation", 0)]


def _content(principal: Principal, params: Parameters) -> dict[str, Any]:
    """Of a template, or of the caller's own words, as members of a ``Wish``."""
    if "Template" in params:
        number, written = params["Template"]["TemplateID"], params["Template"]["TemplateData"]
        with renamed({NotFound: "InvalidParameterValue.TemplateNotExist"}):
            row = catalogue.resolve_row(principal.tenant.pk, number)
        if row.version is None:
            raise TencentError("OperationDenied.TemplateStatusError")
        variables = _variables(written)
        labels = {"TemplateID": number, "TemplateData": written}
        return {"template_code": row.code, "language": row.language, "params": variables, "labels": labels}
    if not params.get("Simple"):
        raise TencentError("MissingParameter.SendParamNecessary")
    content = send_parts.parse_simple(params["Subject"], params["Simple"])
    return {"html": content.html, "text": content.text}


def _variables(written: str) -> dict[str, Any]:
    try:
        return send_parts.parse_variables(written)
    except TencentError as error:
        raise TencentError("InvalidParameterValue.InValidTemplateData") from error


def _times(kind: Kind, params: Parameters) -> tuple[datetime | None, timedelta | None]:
    """(begin, interval)."""
    match kind:
        case Kind.TIMED:
            if "TimedParam" not in params:
                raise TencentError("MissingParameter.TimedParamNecessary")
            return _begin(params["TimedParam"]), None
        case Kind.CYCLIC:
            if "CycleParam" not in params:
                raise TencentError("MissingParameter.CycleParamNecessary")
            cycle = params["CycleParam"]
            is_last = cycle.get("TermCycle") == 1
            return _begin(cycle), None if is_last else timedelta(hours=cycle["IntervalTime"])
    return None, None


def _begin(given: Parameters) -> datetime:
    begins_at = moment_of(given["BeginTime"])
    if begins_at is None:
        raise TencentError("InvalidParameterValue.WrongDate", parameter="BeginTime")
    if begins_at < timezone.now():
        raise TencentError("InvalidParameterValue.BeginTimeBeforeNow")
    return begins_at


def _shown(task: Any) -> dict[str, Any]:
    begin = {"BeginTime": shown(task.begins_at)}
    cycle = {
        **begin,
        "IntervalTime": int(task.interval / timedelta(hours=1)) if task.interval else 0,
        "TermCycle": int(task.interval is None),
    }
    return {
        "TaskId": task.pk,
        "FromEmailAddress": task.sender,
        "ReceiverId": task.list_number,
        "ReceiversName": task.list_name,
        "TaskStatus": _STATUSES[State(task.state)],
        "TaskType": _TYPES[Kind(task.kind)],
        "RequestCount": task.request_count,
        "SendCount": task.request_count - task.waiting_count,
        "CacheCount": task.waiting_count,
        "CreateTime": shown(task.created_at),
        "UpdateTime": shown(task.updated_at),
        "Subject": task.subject,
        "Template": task.wish["labels"] or None,
        "CycleParam": cycle if task.kind == Kind.CYCLIC else None,
        "TimedParam": begin if task.kind == Kind.TIMED else None,
        "ErrMsg": task.error or ("Stopped." if task.state == State.STOPPED else ""),
    }


_TYPE = Whole(minimum=1, maximum=3)
_CYCLE = Record(
    {"BeginTime": Text(), "IntervalTime": Whole(minimum=1, maximum=24 * 366), "TermCycle": Whole(maximum=1)},
    required=("BeginTime", "IntervalTime"),
)
_SENT = Record(
    {
        "FromEmailAddress": Text(),
        "ReceiverId": Whole(),
        "Subject": Text(),
        "TaskType": _TYPE,
        "ReplyToAddresses": Text(),
        "Template": send_parts.TEMPLATE,
        "Simple": send_parts.SIMPLE,
        "Attachments": send_parts.ATTACHMENTS,
        "CycleParam": _CYCLE,
        "TimedParam": Record({"BeginTime": Text()}, required=("BeginTime",)),
        "Unsubscribe": Text(),
        "ADLocation": Whole(maximum=2),
    },
    required=("FromEmailAddress", "ReceiverId", "Subject", "TaskType"),
)
_WANTED = Record({**PAGE, "Status": Whole(), "ReceiverId": Whole(), "TaskType": _TYPE}, required=tuple(PAGE))

ACTIONS = {
    "BatchSendEmail": Action(send, Scope.EMAIL_SEND, _SENT),
    "ListSendTasks": Action(list_tasks, Scope.EMAIL_READ, _WANTED),
}
