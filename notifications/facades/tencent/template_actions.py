"""Templates (tencent.md 4.1): made, read, listed, changed and deleted by number. Ours need no review.

Only the account's own: the platform's, which all tenants share, are no account's in this API.
"""

import base64
import binascii
import secrets
from typing import Any

from django.db.models import QuerySet

from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, page_of, seconds
from notifications.facades.tencent.parameters import Record, Shape, Text, Whole
from notifications.facades.tencent.renaming import Codes, renamed
from templates_app import catalogue, own_templates
from templates_app.catalogue import TemplateRow
from templates_app.errors import TemplateRefused
from templates_app.own_templates import Change
from templates_app.publishing import MAX_PART_CHARS
from tenants.auth import Principal
from tenants.errors import LimitReached, NotFound
from tenants.models.api_key import Scope

_MAX_NAME = 100
#: ``{{name}}`` and nothing else.
_DIALECT = "double"
_APPROVED, _UNDER_REVIEW = 0, 1
_MISSING: Codes = {NotFound: "InvalidParameterValue.TemplateNotExist"}
_REFUSED: Codes = {
    TemplateRefused: "InvalidParameterValue.TemplateContentIsWrong",
    LimitReached: "FailedOperation.ExceedTemplateLimit",
}


def create(principal: Principal, params: Parameters) -> Parameters:
    tenant = principal.tenant
    with renamed(_REFUSED):
        made = own_templates.create(
            tenant.pk,
            # Callers know it by its number; nobody asks for it by code.
            code=f"SES-{secrets.token_hex(8).upper()}",
            language=tenant.default_language,
            wanted=_wanted(params),
        )
    return {"TemplateID": made.pk}


def read(principal: Principal, params: Parameters) -> Parameters:
    row = _own(principal, params["TemplateID"])
    return {
        "TemplateContent": {"Html": _encoded(row.source.html), "Text": _encoded(row.source.text)},
        "TemplateStatus": _status(row),
        "TemplateName": row.name,
    }


def list_templates(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    total, rows = catalogue.list_templates(principal.tenant.pk, _newest_own, offset=offset, size=size)
    return {"TemplatesMetadata": [_metadata(row) for row in rows], "TotalCount": total}


def update(principal: Principal, params: Parameters) -> Parameters:
    wanted = _wanted(params)
    row = _own(principal, params["TemplateID"])
    with renamed(_MISSING | _REFUSED, template=row.id):
        own_templates.change(principal.tenant.pk, row.id, wanted)
    return {}


def delete(principal: Principal, params: Parameters) -> Parameters:
    with renamed(_MISSING, template=params["TemplateID"]):
        own_templates.retire(principal.tenant.pk, params["TemplateID"])
    return {}


def _own(principal: Principal, template_id: int) -> TemplateRow:
    with renamed(_MISSING, template=template_id):
        row = catalogue.resolve_row(principal.tenant.pk, template_id)
    if row.is_platform:
        raise TencentError("InvalidParameterValue.TemplateNotExist", template=template_id)
    return row


def _newest_own(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(template__tenant__isnull=False).order_by("-public_id")


def _wanted(params: Parameters) -> Change:
    content = params["TemplateContent"]
    parts = {"html": _decoded(content.get("Html", "")), "text": _decoded(content.get("Text", ""))}
    if not any(text.strip() for text in parts.values()):
        raise TencentError("InvalidParameterValue.TemplateContentIsNULL")
    if any(len(text) > MAX_PART_CHARS for text in parts.values()):
        raise TencentError("FailedOperation.TemplateContentToolarge", limit=MAX_PART_CHARS)
    return Change(columns={"name": _name(params["TemplateName"])}, parts=parts, dialect=_DIALECT)


def _name(written: str) -> str:
    name = written.strip()
    if not name:
        raise TencentError("InvalidParameterValue.TemplateNameIsNULL")
    if len(name) > _MAX_NAME or not name.isprintable():
        raise TencentError("InvalidParameterValue.TemplateNameIllegal", limit=_MAX_NAME)
    return name


def _decoded(written: str) -> str:
    try:
        return base64.b64decode(written, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise TencentError("InvalidParameterValue.TemplateContentIsWrong") from error


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _status(row: TemplateRow) -> int:
    return _UNDER_REVIEW if row.version is None else _APPROVED


def _metadata(row: TemplateRow) -> Parameters:
    return {
        "TemplateID": row.id,
        "TemplateName": row.name,
        "TemplateStatus": _status(row),
        "CreatedTimestamp": seconds(row.created_at),
        "ReviewReason": "",
    }


_CONTENT = Record({"Html": Text(), "Text": Text()})
_ID: dict[str, Shape] = {"TemplateID": Whole()}
_WORDS: dict[str, Shape] = {"TemplateName": Text(), "TemplateContent": _CONTENT}

ACTIONS = {
    "CreateEmailTemplate": Action(create, Scope.TEMPLATE_WRITE, Record(_WORDS, required=tuple(_WORDS))),
    "GetEmailTemplate": Action(read, Scope.EMAIL_READ, Record(_ID, required=tuple(_ID))),
    "ListEmailTemplates": Action(list_templates, Scope.EMAIL_READ, Record(PAGE, required=tuple(PAGE))),
    "UpdateEmailTemplate": Action(update, Scope.TEMPLATE_WRITE, Record(_ID | _WORDS, required=(*_ID, *_WORDS))),
    "DeleteEmailTemplate": Action(delete, Scope.TEMPLATE_WRITE, Record(_ID, required=tuple(_ID))),
}
