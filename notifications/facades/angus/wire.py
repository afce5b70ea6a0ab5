"""AngusGM's words for sending and for the record of a message, and ours; pure (angus.md 3.1, 3.2).

Oddities of the contract:

- ``toAddress`` beats ``receiveObject…``, silently.
- ``batch`` counts only for CUSTOM; a TEMPLATE mail and one to ALL are always one message per recipient. A TEMPLATE mail
  is always HTML.
- ``templateParams`` with at most one entry is for every recipient, whatever its key says; with more, each recipient
  gets the entry written exactly like its address. With ``verificationCode`` they are discarded.
- ``verificationCodeValidSecond`` of zero or less means: what the template says.
- ``sendTenantId`` and ``sendUserId`` count only on ``/innerapi``; elsewhere the credential's stand. -1 is nobody.
- The record calls the sender ``fromAddr``, shows no content of mails with a code, and stars for the code itself.

Ours beyond it: attachments may carry their bytes (``content``, base64, with ``contentType`` and ``contentId``) or be
parts of a multipart body; ``cancelKey``, ``expireDate``, ``category`` and ``unsubscribe``; variables may be any JSON;
unknown members are refused, since a misspelt one would be silently ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language

from notifications.addresses import parse as parse_address
from notifications.contracts import (
    Address,
    CodeWish,
    Content,
    Lane,
    Receipt,
    SendRequest,
    TemplateChoice,
    UnsubscribeOffer,
)
from notifications.facades.angus.audience_wire import EVERYBODY, parse_audience
from notifications.facades.angus.bodies import SendBody
from notifications.facades.angus.files_wire import parse_files
from notifications.facades.angus.locale import named_language
from notifications.facades.multipart import Part
from notifications.facades.refusals import ForeignTenant
from notifications.search import FileRow, MessageRow
from notifications.states import Status
from notifications.suppression import clean_category
from notifications.verification import MASK, VARIABLE
from tenants.audience import Audience, AudienceKind
from tenants.auth import Principal
from tenants.errors import InvalidField

#: Nobody in particular, where AngusGM wants a tenant or a user.
_NOBODY = -1
#: DESIGN 5. Whatever is not listed here has ended without reaching everybody.
_SEND_STATUS = {
    Status.PENDING: "PENDING",
    Status.UNCERTAIN: "PENDING",
    Status.SENT: "SUCCESS",
    Status.DELIVERED: "SUCCESS",
}
_STATUS_NAMES = {
    "en": {"PENDING": "Pending", "SUCCESS": "Success", "FAILURE": "Failure"},
    "zh-hans": {"PENDING": "待发送", "SUCCESS": "成功", "FAILURE": "失败"},
}
#: Bound once: reading keeps nothing in it, and copying its fields takes longer than reading a body with them.
_BODY = SendBody()


@dataclass(frozen=True, slots=True)
class SendContext:
    """What a body means depends on who sent it, where to, and when."""

    principal: Principal
    now: datetime
    #: The language that the request asked for elsewhere than in its body.
    language: str | None
    #: ``/innerapi``: another service speaks, on behalf of the user named in the body.
    is_trusted: bool = False
    #: That came beside the JSON.
    files: tuple[Part, ...] = ()


def parse_send(data: Any, context: SendContext) -> SendRequest:
    """One send, translated.

    Raises InvalidField, FieldUnparsable, BodyUnreadable, AttachmentUnsupported, ForeignTenant.
    """
    body = _BODY.members(data)
    if context.is_trusted:
        _check_tenant(body, context.principal)
    written: dict[str, Address] = body.get("toAddress") or {}
    audience = None if written else parse_audience(body)
    is_template = body["type"] == "TEMPLATE"
    is_code = body["verificationCode"]
    biz_key = body.get("bizKey") or None
    language = body.get("language") or context.language or context.principal.tenant.default_language
    return SendRequest(
        facade="angus",
        recipients=tuple(dict.fromkeys(written.values())),
        audience=audience,
        cc=tuple(dict.fromkeys((body.get("ccAddress") or {}).values())),
        template=TemplateChoice(language, biz_key, subject=body.get("subject") or "") if is_template else None,
        content=None if is_template else _content(body),
        biz_key=biz_key,
        language=language,
        **({} if is_code else _variables(body.get("templateParams") or {}, written)),
        sender=_sender(body),
        files=parse_files(body.get("attachments") or (), context.files),
        is_separate=is_template or body.get("batch") is False or _is_for(audience, AudienceKind.ALL),
        lane=_lane(body, context, audience),
        code=CodeWish(_validity(body)) if is_code else None,
        category=clean_category(body.get("category") or ""),
        unsubscribe=_offer(body),
        out_id=body.get("outId") or None,
        cancel_key=body.get("cancelKey") or None,
        due_at=body.get("expectedSendDate"),
        expires_at=body.get("expireDate"),
        user_id=_user_id(body, context),
        key_id=context.principal.key_id,
        options={"language": language, "validSecond": body.get("verificationCodeValidSecond")},
    )


def present_receipt(receipt: Receipt) -> dict[str, Any]:
    """AngusGM answers null; its clients ignore what we add."""
    suppressed = [{"address": to, "reason": source.value.upper()} for to, source in receipt.suppressed.items()]
    return {
        "ids": receipt.message_ids,
        "submissionId": receipt.submission_id,
        "outId": receipt.out_id,
        "suppressed": suppressed or None,
    }


def present_message(row: MessageRow) -> dict[str, Any]:
    """The record VO; null members are left out by the envelope."""
    return {
        "id": row.id,
        "templateCode": row.template_code,
        "language": shown_language(row),
        "bizKey": row.biz_key,
        "outId": row.out_id,
        "emailType": row.kind,
        "subject": row.subject,
        "fromAddr": row.sender or None,
        "verificationCode": row.is_code,
        "verificationCodeValidSecond": row.options.get("validSecond"),
        "toAddress": row.to,
        "ccAddress": row.cc or None,
        "html": row.is_html,
        "sendStatus": shown_status(row),
        "failureReason": row.failure_reason or None,
        "content": "" if row.is_code else row.content,
        "templateParams": _shown_variables(row),
        "attachments": [_shown_file(file) for file in row.files] or None,
        "expectedSendDate": row.due_at,
        "actualSendDate": row.finished_at,
        "createdDate": row.created_at,
        "urgent": row.is_urgent,
        "batch": row.is_batch,
        "sendTenantId": row.tenant_id,
    }


def shown_language(row: MessageRow) -> dict[str, str] | None:
    language = row.language or row.options.get("language")
    return named_language(language) if language else None


def shown_status(row: MessageRow) -> dict[str, str]:
    send_status = _SEND_STATUS.get(row.status, "FAILURE")
    return {"value": send_status, "message": _status_names()[send_status]}


def statuses_behind(send_status: str) -> list[Status]:
    """Our statuses that AngusGM calls by this name; none when it is no name of its."""
    return [status for status in Status if _SEND_STATUS.get(status, "FAILURE") == send_status]


def _check_tenant(body: Mapping[str, Any], principal: Principal) -> None:
    if body.get("sendTenantId") not in (None, _NOBODY, principal.tenant.pk):
        raise ForeignTenant


def _is_for(audience: Audience | None, *kinds: AudienceKind) -> bool:
    return audience is not None and audience.kind in kinds


def _lane(body: Mapping[str, Any], context: SendContext, audience: Audience | None) -> Lane:
    if body.get("urgent") or _is_past(body, context.now):
        return Lane.URGENT
    # What goes to everybody lets the rest of the tenant's mail pass.
    return Lane.BULK if _is_for(audience, *EVERYBODY) else Lane.NORMAL


def _content(body: Mapping[str, Any]) -> Content:
    text = body.get("content") or None
    is_html = body["html"]
    return Content(body.get("subject") or "", html=text if is_html else None, text=None if is_html else text)


def _variables(params: Mapping[str, Mapping[str, Any]], written: Mapping[str, Address]) -> dict[str, Any]:
    if len(params) <= 1:
        return {"params": next(iter(params.values()), {})}
    if not written:
        return {"params_by_recipient": params}
    return {"params_by_recipient": {written[key].email: inner for key, inner in params.items() if key in written}}


def _sender(body: Mapping[str, Any]) -> Address | None:
    return parse_address(body["fromAddress"], field="fromAddress") if body.get("fromAddress") else None


def _offer(body: Mapping[str, Any]) -> UnsubscribeOffer | None:
    offer = body.get("unsubscribe")
    if body["verificationCode"] and (offer is not None or body.get("category")):
        name = "category" if offer is None else "unsubscribe"
        raise InvalidField(field=name, reason="nobody can leave verification codes.")
    return None if offer is None else UnsubscribeOffer(offer.get("footerLanguage"))


def _is_past(body: Mapping[str, Any], now: datetime) -> bool:
    """AngusGM sends at once what is overdue, before everything that is not (angus.md 7.2)."""
    due_at = body.get("expectedSendDate")
    return due_at is not None and due_at < now


def _validity(body: Mapping[str, Any]) -> timedelta | None:
    seconds = body.get("verificationCodeValidSecond") or 0
    return timedelta(seconds=seconds) if seconds > 0 else None


def _user_id(body: Mapping[str, Any], context: SendContext) -> int:
    named = body.get("sendUserId") if context.is_trusted else None
    return context.principal.user_id if named is None else int(named)


def _status_names() -> Mapping[str, str]:
    return _STATUS_NAMES["zh-hans" if get_language() == "zh-hans" else "en"]


def _shown_variables(row: MessageRow) -> dict[str, Any] | None:
    params = dict(row.params)
    if row.is_code or VARIABLE in params:
        params[VARIABLE] = MASK
    return {row.to[0]: params} if params else None


def _shown_file(file: FileRow) -> dict[str, Any]:
    return {
        "name": file.name,
        "contentType": file.content_type,
        "contentId": file.content_id,
        "size": file.size_bytes,
    }
