"""Lists of recipients, which this API calls receivers (tencent.md 4). Filled at once, never in the background."""

import json
from typing import Any

from notifications import recipient_lists
from notifications.errors import TooManyRecipients
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, moment_of, page_of, shown
from notifications.facades.tencent.parameters import ListOf, Record, Shape, Text, Whole
from notifications.facades.tencent.renaming import Codes, renamed
from notifications.facades.tencent.send_parts import parse_variables
from notifications.recipient_lists import NewEntry, Wanted
from tenants.auth import Principal
from tenants.errors import AlreadyExists, InvalidField, LimitReached, NotFound, StillInUse
from tenants.models.api_key import Scope

#: Bytes of one recipient's TemplateData.
MAX_DATA = 800
_TO_UPLOAD, _UPLOADED = 1, 3
_VALID, _INVALID = 1, 2
#: By what the InvalidField is about.
_ILLEGAL = {
    "name": "InvalidParameterValue.ReceiverNameIllegal",
    "description": "InvalidParameterValue.ReceiverDescIllegal",
}
_MISSING: Codes = {NotFound: "OperationDenied.ReceiverNotExist"}
_NOT_MADE: Codes = {
    AlreadyExists: "InvalidParameterValue.RepeatReceiverName",
    LimitReached: "LimitExceeded.ExceedReceiverLimit",
}
_NOT_ADDED: Codes = {
    **_MISSING,
    TooManyRecipients: "LimitExceeded.ReceiverDetailRequestLimit",
    LimitReached: "LimitExceeded.ReceiverDetailCountLimit",
}


def create(principal: Principal, params: Parameters) -> Parameters:
    try:
        with renamed(_NOT_MADE):
            made = recipient_lists.create(
                principal.tenant.pk, name=params["ReceiversName"], description=params.get("Desc", "")
            )
    except InvalidField as error:
        raise TencentError(_ILLEGAL[error.params["field"]]) from error
    return {"ReceiverId": made.pk}


def add(principal: Principal, params: Parameters) -> Parameters:
    return _add(principal, params, [NewEntry(email) for email in params.get("Emails", ())])


def add_with_data(principal: Principal, params: Parameters) -> Parameters:
    entries = [NewEntry(each["Email"], _variables(each["TemplateData"])) for each in params.get("Datas", ())]
    return _add(principal, params, entries)


def list_receivers(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    status = params.get("Status")
    if status not in (None, _TO_UPLOAD, _UPLOADED):
        return {"TotalCount": 0, "Data": []}
    total, rows = recipient_lists.list_lists(
        principal.tenant.pk,
        keyword=params.get("KeyWord", ""),
        is_empty=None if status is None else status == _TO_UPLOAD,
        offset=offset,
        size=size,
    )
    return {"TotalCount": total, "Data": [_receiver(row) for row in rows]}


def list_details(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    with renamed(_MISSING):
        recipients = recipient_lists.resolve(principal.tenant.pk, params["ReceiverId"])
    status = params.get("Status")
    wanted = Wanted(
        address=params.get("Email", ""),
        is_valid=None if status is None else status == _VALID,
        since=_moment(params, "CreateTimeBegin"),
        until=_moment(params, "CreateTimeEnd"),
    )
    total, rows = recipient_lists.list_entries(recipients, wanted, offset=offset, size=size)
    return {
        "TotalCount": total,
        "ValidCount": recipients.valid_count,
        "InvalidCount": recipients.invalid_count,
        "Data": [_detail(row) for row in rows],
    }


def delete(principal: Principal, params: Parameters) -> Parameters:
    with renamed({**_MISSING, StillInUse: "OperationDenied.ReceiverIsOperating"}):
        recipient_lists.delete(principal.tenant.pk, params["ReceiverId"])
    return {}


def _add(principal: Principal, params: Parameters, entries: list[NewEntry]) -> Parameters:
    if "ReceiverId" not in params:
        raise TencentError("MissingParameter.ReceiverIdNecessary")
    if not entries:
        raise TencentError("MissingParameter.EmailsNecessary")
    with renamed(_NOT_ADDED):
        added = recipient_lists.add(principal.tenant.pk, params["ReceiverId"], entries)
    return {
        "TotalCount": added.total,
        # What was uploaded, so that the counts make up the total; ListReceiverDetails tells which are wrong.
        "ValidCount": added.valid + added.invalid,
        "TooLongCount": added.too_long,
        "EmptyEmailCount": added.empty,
        "RepeatCount": added.repeated,
    }


def _variables(written: str) -> dict[str, Any]:
    if len(written.encode()) > MAX_DATA:
        raise TencentError("InvalidParameterValue.TemplateDataLenLimit")
    try:
        return parse_variables(written)
    except TencentError as error:
        raise TencentError("InvalidParameterValue.TemplateDataError") from error


def _moment(params: Parameters, name: str) -> Any:
    if not params.get(name):
        return None
    moment = moment_of(params[name])
    if moment is None:
        raise TencentError("InvalidParameterValue.WrongDate", parameter=name)
    return moment


def _receiver(row: Any) -> dict[str, Any]:
    count = row.valid_count + row.invalid_count
    return {
        "ReceiverId": row.pk,
        "ReceiversName": row.name,
        "Count": count,
        "Desc": row.description,
        "ReceiversStatus": _UPLOADED if count else _TO_UPLOAD,
        "CreateTime": shown(row.created_at),
        "InvalidCount": row.invalid_count,
    }


def _detail(row: Any) -> dict[str, Any]:
    return {
        "Email": row.address,
        "CreateTime": shown(row.created_at),
        "TemplateData": json.dumps(row.params, ensure_ascii=False) if row.params else "",
        "Reason": row.flaw,
        "Status": _INVALID if row.flaw else _VALID,
        "EmailId": row.pk,
    }


_ID: dict[str, Shape] = {"ReceiverId": Whole()}
_DATA = Record({"Email": Text(), "TemplateData": Text()}, required=("Email", "TemplateData"))
_CREATED = Record({"ReceiversName": Text(), "Desc": Text()}, required=("ReceiversName",))
_WANTED = Record({**PAGE, "Status": Whole(minimum=1, maximum=3), "KeyWord": Text()}, required=tuple(PAGE))
_DETAILS = Record(
    {
        **_ID,
        **PAGE,
        "Email": Text(),
        "CreateTimeBegin": Text(),
        "CreateTimeEnd": Text(),
        "Status": Whole(minimum=_VALID, maximum=_INVALID),
    },
    required=(*_ID, *PAGE),
)

ACTIONS = {
    "CreateReceiver": Action(create, Scope.EMAIL_SEND, _CREATED),
    # What these two miss has codes of its own.
    "CreateReceiverDetail": Action(add, Scope.EMAIL_SEND, Record({**_ID, "Emails": ListOf(Text())})),
    "CreateReceiverDetailWithData": Action(add_with_data, Scope.EMAIL_SEND, Record({**_ID, "Datas": ListOf(_DATA)})),
    "ListReceivers": Action(list_receivers, Scope.EMAIL_READ, _WANTED),
    "ListReceiverDetails": Action(list_details, Scope.EMAIL_READ, _DETAILS),
    "DeleteReceiver": Action(delete, Scope.EMAIL_SEND, Record(_ID, required=tuple(_ID))),
}
