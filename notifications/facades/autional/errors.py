"""Our refusals in Autional's words: an HTTP status, and a code that begins with it.

Autional publishes no list of codes (autional.md 3): ours are the status times a thousand and a serial number, and never
change once released. 429, 413 and 503 are not in its documents either, but clients know them.
"""

from typing import NamedTuple

from tenants.errors import DomainError


class Foreign(NamedTuple):
    status: int
    code: int
    #: For the Retry-After header, where waiting helps and the refusal itself does not say how long.
    retry_after_s: int | None = None


def _as(code: int, retry_after_s: int | None = None) -> Foreign:
    return Foreign(code // 1000, code, retry_after_s)


CRASH = _as(500000)
_INVALID = _as(400001)
_UNREADABLE = _as(400002)
_RECIPIENTS = _as(400003)
_CONTENT = _as(400004)
_NO_WAY_OUT = _as(400005)
_TEMPLATE_REFUSED = _as(400006)
_VARIABLES = _as(400007)
_SCHEDULE = _as(400008)
_FORBIDDEN = _as(403001)
_NOT_FOUND = _as(404001)
_CONFLICT = _as(409001)

#: By ``DomainError.code``; a test demands an entry for every code there is.
TABLE: dict[str, Foreign] = {
    "refused": _INVALID,
    # Who is calling
    "credential.missing": _as(401001),
    "credential.invalid": _as(401002),
    "credential.address": _as(403002),
    "calls.exceeded": _as(429001),
    "mailbox.denied": _as(403006),
    "credential.scope": _FORBIDDEN,
    "tenant.inactive": _as(403003),
    # Retry-After is the time until midnight UTC; the envelope knows it.
    "tenant.quota": _as(429002),
    "tenant.foreign": _as(403004),
    # The request
    "request.path_unknown": _as(404002),
    "request.method": _as(405001),
    "request.media_type": _as(415001),
    "request.too_large": _as(413001),
    "request.unreadable": _UNREADABLE,
    "request.parameter_missing": _INVALID,
    "field.unparsable": _UNREADABLE,
    "field.invalid": _INVALID,
    "list.order": _INVALID,
    "list.filter": _INVALID,
    "list.range": _INVALID,
    "list.match": _INVALID,
    "list.value": _INVALID,
    "idempotency.invalid": _INVALID,
    "idempotency.mismatch": _as(422001),
    "idempotency.in_flight": _as(409002, retry_after_s=2),
    "not_found": _NOT_FOUND,
    "exists": _as(409003),
    "limit": _as(409004),
    "in_use": _as(409005),
    # Sending
    "recipients.missing": _RECIPIENTS,
    "recipients.too_many": _RECIPIENTS,
    "recipients.country": _RECIPIENTS,
    "audience.unknown": _RECIPIENTS,
    "audience.empty": _RECIPIENTS,
    "audience.too_large": _RECIPIENTS,
    "code.recipient_missing": _RECIPIENTS,
    "code.repeated": _as(429003),
    "code.rejected": _INVALID,
    "biz_key.missing": _CONTENT,
    "content.missing": _CONTENT,
    "content.too_long": _CONTENT,
    "content.disabled": _as(403005),
    "server.missing": _NO_WAY_OUT,
    "server.none": _NO_WAY_OUT,
    "server.platform": _FORBIDDEN,
    "server.name_taken": _CONFLICT,
    "server.limit": _CONFLICT,
    "server.busy": _CONFLICT,
    "server.place": _INVALID,
    "sender.not_allowed": _FORBIDDEN,
    "sender.missing": _NO_WAY_OUT,
    "attachments.too_many": _INVALID,
    "attachments.too_large": _as(413002),
    "attachments.unsupported": _INVALID,
    "attachments.unreachable": _INVALID,
    "schedule.too_far": _SCHEDULE,
    "schedule.expiry": _SCHEDULE,
    "message.wrong_state": _CONFLICT,
    "delivery.failed": _as(500001),
    # Templates
    "template.not_bound": _as(404003),
    "template.missing": _as(404003),
    "template.exists": _as(409003),
    "template.variable_missing": _VARIABLES,
    "template.refused": _TEMPLATE_REFUSED,
    "template.render_failed": _VARIABLES,
    # Ours
    "domain.taken": _CONFLICT,
    "domain.unverified": _FORBIDDEN,
    "dns.unavailable": _as(503002, retry_after_s=5),
    "database.unavailable": _as(503001, retry_after_s=5),
    "seal.broken": CRASH,
    # Only people and commands import files.
    "file.unreadable": _INVALID,
    "directory.changed": _CONFLICT,
}


def foreign(error: DomainError) -> Foreign:
    """How this refusal reads in Autional's envelope."""
    return TABLE.get(error.code, _INVALID)
