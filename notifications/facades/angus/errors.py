"""Our refusals in AngusGM's words: HTTP status, ``code``, error key, and where it has one, the key in ``data``.

The families are AngusGM's (angus.md 1.5, 12): E0 protocol and pre-conditions, E1 business (HTTP 200), E2 system, E3
quota, or a code of its own. Its clients take "200 with XC-E-Key" for a business error, so those keep their 200.
"""

from typing import NamedTuple

from tenants.errors import DomainError


class Foreign(NamedTuple):
    status: int
    code: str
    e_key: str
    #: AngusGM shows the key of the sentence here; everything else that it leaks in ``data`` stays null with us.
    data: str | None = None
    #: For the Retry-After header, where waiting helps and the refusal itself does not say how long.
    retry_after_s: int | None = None


CRASH = Foreign(500, "E2", "unknown_error")
_VALIDATION = Foreign(400, "E0", "param_validation_error")
_PARSING = Foreign(400, "E0", "param_parsing_error")
_PRECONDITION = Foreign(400, "E0", "protocol_error")

#: By ``DomainError.code``; a test demands an entry for every code there is.
TABLE: dict[str, Foreign] = {
    "refused": _PRECONDITION,
    # Who is calling
    "credential.missing": Foreign(401, "E0", "unauthorized"),
    "credential.invalid": Foreign(401, "E0", "invalid_token"),
    "credential.address": Foreign(403, "E0", "forbidden"),
    "credential.scope": Foreign(403, "E0", "insufficient_scope"),
    "tenant.inactive": Foreign(403, "E0", "forbidden"),
    "tenant.quota": Foreign(200, "E3", "quota_error"),
    "tenant.foreign": Foreign(403, "E0", "fatal_exit"),
    # The request
    "request.path_unknown": Foreign(404, "E0", "handler_not_found"),
    "request.method": Foreign(405, "E0", "method_not_supported"),
    "request.media_type": Foreign(415, "E0", "media_type_not_supported"),
    "request.too_large": Foreign(413, "E0", "param_validation_error"),
    "request.unreadable": _PARSING,
    "request.parameter_missing": Foreign(400, "E0", "param_missing"),
    "field.unparsable": _PARSING,
    "field.invalid": _VALIDATION,
    "list.order": Foreign(400, "E0", "unsupported_order_by"),
    "list.filter": Foreign(400, "E0", "unsupported_filter_field"),
    "list.range": Foreign(400, "E0", "unsupported_range_filter"),
    "list.match": Foreign(400, "E0", "unsupported_match_filter"),
    "list.value": Foreign(400, "E0", "param_format_error"),
    "idempotency.invalid": _VALIDATION,
    "idempotency.mismatch": Foreign(422, "E0", "idempotency_key_reused"),
    "idempotency.in_flight": Foreign(409, "E0", "idempotency_key_in_use", retry_after_s=2),
    "not_found": Foreign(404, "E0", "resource_not_found"),
    "exists": Foreign(409, "E0", "resource_already_exists"),
    "limit": Foreign(200, "E3", "quota_error"),
    "in_use": Foreign(409, "E0", "protocol_error"),
    "domain.taken": Foreign(409, "E0", "resource_already_exists"),
    "domain.unverified": _PRECONDITION,
    "dns.unavailable": Foreign(503, "E0", "service_unavailable", retry_after_s=5),
    "mailbox.denied": Foreign(403, "E0", "forbidden"),
    "calls.exceeded": Foreign(429, "E0", "too_many_requests"),
    # Sending
    "recipients.missing": _PRECONDITION._replace(data="xcm.gm.email.receiver.is.missing"),
    "recipients.too_many": _VALIDATION,
    "recipients.country": _VALIDATION,
    # AngusGM answers success and sends nothing (angus.md 7.5).
    "audience.unknown": _PRECONDITION,
    "audience.empty": _PRECONDITION._replace(data="xcm.gm.email.receiver.is.missing"),
    "audience.too_large": _VALIDATION,
    "code.recipient_missing": _PRECONDITION._replace(data="xcm.gm.email.verifyCode.toAddress.is.missing"),
    "code.repeated": Foreign(429, "E0", "too_many_requests"),
    # AngusGM tells an expired code (…verifyCode.expired) from a wrong one, and so which addresses have a code.
    "code.rejected": _PRECONDITION._replace(data="xcm.gm.email.verifyCode.error"),
    "biz_key.missing": _PRECONDITION._replace(data="xcm.gm.template.bizKey.not.null"),
    "content.missing": _VALIDATION,
    "content.disabled": Foreign(403, "E0", "forbidden"),
    "content.too_long": _VALIDATION,
    "server.missing": _PRECONDITION._replace(data="xcm.gm.no.sever.available.t"),
    "server.none": _PRECONDITION._replace(data="xcm.gm.no.sever.available"),
    "server.platform": Foreign(403, "E0", "forbidden"),
    "server.place": _VALIDATION,
    "server.name_taken": Foreign(409, "E0", "resource_already_exists"),
    "server.limit": Foreign(200, "BEM103", "quota_error"),
    "server.busy": Foreign(409, "E0", "protocol_error"),
    "sender.not_allowed": _PRECONDITION,
    "sender.missing": _PRECONDITION,
    "attachments.too_many": Foreign(200, "E1", "E1", "xcm.gm.too.many.attachment.t"),
    "attachments.too_large": Foreign(413, "E0", "param_validation_error"),
    "attachments.unsupported": _VALIDATION,
    "attachments.unreachable": _VALIDATION,
    "schedule.too_far": _VALIDATION,
    "schedule.expiry": _VALIDATION,
    "message.wrong_state": Foreign(409, "E0", "protocol_error"),
    "delivery.failed": Foreign(200, "BEM305", "BEM305"),
    # Templates
    "template.not_bound": Foreign(200, "BEM4001", "BEM4001", "xcm.gm.no.template.biz.config.t"),
    "template.missing": Foreign(404, "E0", "resource_not_found"),
    "template.exists": Foreign(409, "E0", "resource_already_exists"),
    "template.variable_missing": _VALIDATION,
    "template.refused": _VALIDATION,
    "template.render_failed": Foreign(200, "BEM203", "BEM203"),
    # Ours
    "database.unavailable": Foreign(503, "E0", "service_unavailable", retry_after_s=5),
    "seal.broken": CRASH,
    "file.unreadable": _VALIDATION,
    "directory.changed": Foreign(409, "E0", "protocol_error"),
}


def foreign(error: DomainError) -> Foreign:
    """How this refusal reads in AngusGM's catalogue."""
    return TABLE.get(error.code, _PRECONDITION)
