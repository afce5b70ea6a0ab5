"""AngusGM's words for SMS and ours: sending, and the record of a message; pure (angus.md 13).

Oddities of the contract:

- There is no text of the caller's own: every SMS is a template.
- ``mobiles`` beats ``receiveObject…``, silently; ``templateParams`` is one flat object for everybody.
- All numbers of a call get the same code, and the caller may bring it among the variables.
- ``verificationCodeValidSecond`` ends at 1440, AngusGM's limit of minutes applied to seconds; zero or less means what
  the template says.
- AngusGM sends in Chinese whatever ``language`` says; we send in the language that was asked for.
- The record keeps what was asked for under ``inputParam``; ours is of one number, for each is a message of its own.
  ``batch`` says that the call had several.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from notifications.contracts import Address, Channel, CodeWish, Lane, SendRequest, TemplateChoice
from notifications.facades.angus.audience_wire import parse_audience
from notifications.facades.angus.sms_bodies import MAX_CODE, SmsBody
from notifications.facades.angus.wire import SendContext, shown_language, shown_status
from notifications.search import MessageRow
from notifications.verification import MASK, VARIABLE
from tenants.errors import InvalidField

_BODY = SmsBody()
_CODE = re.compile(rf"[0-9A-Za-z]{{4,{MAX_CODE}}}")


def parse_sms(data: Any, context: SendContext) -> SendRequest:
    """One send, translated. Raises InvalidField, FieldUnparsable, BodyUnreadable."""
    body = _BODY.members(data)
    mobiles: list[Address] = body.get("mobiles") or []
    params = dict(body.get("templateParams") or {})
    language = body.get("language") or context.language or context.principal.tenant.default_language
    due_at = body.get("expectedSendDate")
    is_hurried = body.get("urgent") or (due_at is not None and due_at < context.now)
    return SendRequest(
        facade="angus",
        channel=Channel.SMS,
        recipients=tuple(mobiles),
        audience=None if mobiles else parse_audience(body),
        template=TemplateChoice(language, body["bizKey"]),
        code=_code_wish(body, params) if body["verificationCode"] else None,
        params=params,
        lane=Lane.URGENT if is_hurried else Lane.NORMAL,
        out_id=body.get("outId") or None,
        due_at=due_at,
        user_id=context.principal.user_id,
        key_id=context.principal.key_id,
        options={"language": language, "validSecond": body.get("verificationCodeValidSecond")},
    )


def present_sms(row: MessageRow) -> dict[str, Any]:
    """The record VO; null members are left out by the envelope."""
    return {
        "id": row.id,
        "templateCode": row.template_code,
        "language": shown_language(row),
        "bizKey": row.biz_key,
        "outId": row.out_id,
        "thirdOutputParam": row.provider_id or None,
        "failureReason": row.failure_reason or None,
        "inputParam": {
            "mobiles": row.to,
            "bizKey": row.biz_key,
            "expire": row.options.get("validSecond"),
            "templateParams": _shown_variables(row),
        },
        "content": "" if row.is_code else row.subject,
        "segments": row.segments,
        "verificationCode": row.is_code,
        "batch": row.is_batch,
        "sendTenantId": row.tenant_id,
        "sendUserId": row.user_id,
        "urgent": row.is_urgent,
        "sendStatus": shown_status(row),
        "actualSendDate": row.finished_at,
        "expectedSendDate": row.due_at,
        "createdDate": row.created_at,
    }


def _code_wish(body: Mapping[str, Any], params: dict[str, Any]) -> CodeWish:
    """Takes the caller's code out of the variables, which are stored in clear."""
    seconds = body.get("verificationCodeValidSecond") or 0
    code = params.pop(VARIABLE, None)
    if code is not None and not (isinstance(code, str | int) and _CODE.fullmatch(str(code))):
        raise InvalidField(field=f"templateParams.{VARIABLE}", reason=f"a code has 4 to {MAX_CODE} letters or digits.")
    return CodeWish(
        validity=timedelta(seconds=seconds) if seconds > 0 else None,
        is_shared=True,
        code=None if code is None else str(code),
    )


def _shown_variables(row: MessageRow) -> dict[str, Any] | None:
    params = dict(row.params)
    if row.is_code or VARIABLE in params:
        params[VARIABLE] = MASK
    return params or None
