"""Where the catalogue of the SMS endpoints differs from that of mail (angus.md 13)."""

from notifications.facades.angus.errors import Foreign, foreign
from tenants.errors import DomainError

_PRECONDITION = Foreign(400, "E0", "protocol_error")

#: By ``DomainError.code``. AngusGM calls a missing channel or template its own fault (500), a repeated code and a
#: provider's refusal business (200).
TABLE: dict[str, Foreign] = {
    "recipients.missing": _PRECONDITION._replace(data="xcm.gm.sms.receiver.is.missing"),
    "audience.empty": _PRECONDITION._replace(data="xcm.gm.sms.receiver.is.missing"),
    "code.recipient_missing": _PRECONDITION._replace(data="xcm.gm.sms.mobiles.is.missing"),
    "code.repeated": Foreign(200, "BSM042", "BSM042"),
    "code.rejected": _PRECONDITION._replace(data="xcm.gm.sms.verifyCode.error"),
    "server.missing": Foreign(500, "BSM000", "BSM000"),
    "template.not_bound": Foreign(500, "BSM030", "BSM030"),
    "delivery.failed": Foreign(200, "BSM043", "BSM043"),
}


def sms_foreign(error: DomainError) -> Foreign:
    """How this refusal reads in AngusGM's catalogue for SMS."""
    return TABLE.get(error.code) or foreign(error)
