"""Our refusals in the words of WORKS: HTTP status and ``code`` (works.md 2 and 3). ``description`` is our own sentence.

The vendor documents 400, 403 and 500 for a send, and 401, 404 and 429 for all of its API. Its clients take every 4xx
but 401 and 429 for final, and do not repeat after a 5xx. What the caller can mend is a 4xx, what is wrong with the
installation a 500.
"""

from typing import NamedTuple

from tenants.errors import DomainError


class Foreign(NamedTuple):
    status: int
    code: str
    #: For the Retry-After header, where waiting helps and the refusal itself does not say how long.
    retry_after_s: int | None = None


CRASH = Foreign(500, "INTERNAL_SERVER_ERROR")
_INVALID = Foreign(400, "INVALID_PARAMETER")
_FORBIDDEN = Foreign(403, "FORBIDDEN")
_NOT_FOUND = Foreign(404, "NOT_FOUND")
_UNAUTHORIZED = Foreign(401, "UNAUTHORIZED")
_CONFLICT = Foreign(409, "CONFLICT")
_TOO_MANY = Foreign(429, "TOO_MANY_REQUESTS")
_UNAVAILABLE = Foreign(503, "SERVICE_UNAVAILABLE", retry_after_s=5)

#: By ``DomainError.code``; a test demands an entry for every code there is.
TABLE: dict[str, Foreign] = {
    "refused": _INVALID,
    # Who is calling
    "credential.missing": _UNAUTHORIZED,
    "credential.invalid": _UNAUTHORIZED,
    "credential.address": _FORBIDDEN,
    "credential.scope": _FORBIDDEN,
    "tenant.inactive": _FORBIDDEN,
    "tenant.foreign": _FORBIDDEN,
    "tenant.quota": _TOO_MANY,
    "calls.exceeded": _TOO_MANY,
    # The platform answers alike for users that there are not (works.md 2).
    "mailbox.denied": Foreign(403, "ACCESS_DENIED"),
    # The request
    "request.path_unknown": _NOT_FOUND,
    "request.method": Foreign(405, "METHOD_NOT_ALLOWED"),
    "request.media_type": Foreign(415, "UNSUPPORTED_MEDIA_TYPE"),
    "request.too_large": Foreign(413, "PAYLOAD_TOO_LARGE"),
    "request.unreadable": _INVALID,
    "request.parameter_missing": _INVALID,
    "field.unparsable": _INVALID,
    "field.invalid": _INVALID,
    "list.order": _INVALID,
    "list.filter": _INVALID,
    "list.range": _INVALID,
    "list.match": _INVALID,
    "list.value": _INVALID,
    "idempotency.invalid": _INVALID,
    "idempotency.mismatch": Foreign(422, "INVALID_PARAMETER"),
    "idempotency.in_flight": Foreign(409, "CONFLICT", retry_after_s=2),
    "not_found": _NOT_FOUND,
    "exists": _CONFLICT,
    "limit": _FORBIDDEN,
    "in_use": _CONFLICT,
    "domain.taken": _CONFLICT,
    "domain.unverified": _FORBIDDEN,
    "dns.unavailable": _UNAVAILABLE,
    # Sending
    "recipients.missing": _INVALID,
    "recipients.too_many": _INVALID,
    "recipients.country": _INVALID,
    "audience.unknown": _INVALID,
    "audience.empty": _INVALID,
    "audience.too_large": _INVALID,
    "code.recipient_missing": _INVALID,
    "code.repeated": _TOO_MANY,
    "code.rejected": _INVALID,
    "biz_key.missing": _INVALID,
    "content.missing": _INVALID,
    "content.disabled": _FORBIDDEN,
    "content.too_long": _INVALID,
    "server.missing": CRASH,
    "server.none": CRASH,
    "server.place": _INVALID,
    "server.platform": _FORBIDDEN,
    "server.name_taken": _CONFLICT,
    "server.limit": _FORBIDDEN,
    "server.busy": _CONFLICT,
    # A contact is a sender only where its address is one that the tenant or its server sends as.
    "sender.not_allowed": _FORBIDDEN,
    "sender.missing": CRASH,
    "attachments.too_many": _INVALID,
    "attachments.too_large": _INVALID,
    "attachments.unsupported": _INVALID,
    "attachments.unreachable": _INVALID,
    "schedule.too_far": _INVALID,
    "schedule.expiry": _INVALID,
    "message.wrong_state": _CONFLICT,
    "delivery.failed": CRASH,
    # Templates, which this API does not have
    "template.not_bound": _INVALID,
    "template.missing": _NOT_FOUND,
    "template.exists": _CONFLICT,
    "template.variable_missing": _INVALID,
    "template.refused": _INVALID,
    "template.render_failed": _INVALID,
    # Ours
    "database.unavailable": _UNAVAILABLE,
    "seal.broken": CRASH,
    "file.unreadable": _INVALID,
    "directory.changed": _CONFLICT,
}


def foreign(error: DomainError) -> Foreign:
    """How this refusal reads to a client of WORKS."""
    return TABLE.get(error.code, _INVALID)
