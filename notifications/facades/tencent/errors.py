"""Our refusals in Tencent Cloud's words, and the refusals that only this facade knows.

Every answer is HTTP 200; the code alone says what went wrong (tencent.md 2.8, 2.9, 3.3). Some are spelled as the vendor
spells them: ``Toolarge``, ``WithOutPermission``, ``UnsupportMailType``, ``EmailAddressIsNULL``.
"""

from typing import Any

from tenants.errors import DomainError

CRASH = "InternalError"


class TencentError(Exception):
    """A refusal by a rule of this API alone: raise it in a handler with the vendor's code.

    Its sentence comes from ``sentences.py``, over ``params``; a test demands one in both languages.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class OnRecord(TencentError):
    """A refusal of what is stored all the same, such as mail to somebody who gets none."""


#: By ``DomainError.code``; a test demands an entry for every code there is.
TABLE: dict[str, str] = {
    "refused": "FailedOperation",
    # Who is calling
    "credential.missing": "MissingParameter",
    "credential.invalid": "AuthFailure.SecretIdNotFound",
    "credential.address": "IpNotInWhitelist",
    "credential.scope": "AuthFailure.UnauthorizedOperation",
    "calls.exceeded": "RequestLimitExceeded",
    "tenant.inactive": "UnauthorizedOperation",
    "mailbox.denied": "UnauthorizedOperation",
    "tenant.quota": "FailedOperation.ExceedSendLimit",
    "tenant.foreign": "UnauthorizedOperation",
    # The request
    "request.path_unknown": "ResourceNotFound",
    "request.method": "UnsupportedProtocol",
    "request.media_type": "UnsupportedProtocol",
    "request.too_large": "RequestSizeLimitExceeded",
    "request.unreadable": "InvalidParameter",
    "request.parameter_missing": "MissingParameter",
    "field.unparsable": "InvalidParameter",
    "field.invalid": "InvalidParameterValue",
    "list.order": "InvalidParameterValue",
    "list.filter": "InvalidParameterValue",
    "list.range": "InvalidParameterValue",
    "list.match": "InvalidParameterValue",
    "list.value": "InvalidParameterValue",
    "idempotency.invalid": "InvalidParameterValue",
    "idempotency.mismatch": "InvalidParameterValue",
    "idempotency.in_flight": "ResourceInUse",
    "not_found": "ResourceNotFound",
    "exists": "ResourceInUse",
    "limit": "LimitExceeded",
    "in_use": "ResourceInUse",
    "domain.taken": "InvalidParameterValue.CreatedByOther",
    "domain.unverified": "OperationDenied.DomainNotVerified",
    "dns.unavailable": "ResourceUnavailable",
    # Sending
    "recipients.missing": "InvalidParameterValue.EmailAddressIsNULL",
    "recipients.too_many": "FailedOperation.TooManyRecipients",
    "recipients.country": "InvalidParameterValue",
    "audience.unknown": "ResourceNotFound",
    "audience.empty": "InvalidParameterValue.EmailAddressIsNULL",
    "audience.too_large": "FailedOperation.TooManyRecipients",
    "code.recipient_missing": "InvalidParameterValue.EmailAddressIsNULL",
    "code.repeated": "FailedOperation.FrequencyLimit",
    "code.rejected": "InvalidParameterValue",
    "biz_key.missing": "FailedOperation.InvalidTemplateID",
    "content.missing": "FailedOperation.MissingEmailContent",
    "content.disabled": "FailedOperation.WithOutPermission",
    "content.too_long": "FailedOperation.EmailContentToolarge",
    "server.missing": "ResourceUnavailable",
    "server.none": "ResourceUnavailable",
    "server.platform": "OperationDenied",
    "server.name_taken": "ResourceInUse",
    "server.limit": "LimitExceeded",
    "server.place": "InvalidParameterValue",
    "server.busy": "ResourceInUse",
    "sender.not_allowed": "FailedOperation.NotAuthenticatedSender",
    "sender.missing": "FailedOperation.IncorrectSender",
    "attachments.too_many": "FailedOperation.TooManyAttachments",
    "attachments.too_large": "FailedOperation.AttachContentToolarge",
    "attachments.unsupported": "FailedOperation.InvalidAttachName",
    "attachments.unreachable": "FailedOperation.FileURLNotExist",
    "schedule.too_far": "InvalidParameterValue",
    "schedule.expiry": "InvalidParameterValue",
    "message.wrong_state": "OperationDenied",
    "delivery.failed": "FailedOperation.SendEmailErr",
    # Templates
    "template.not_bound": "FailedOperation.InvalidTemplateID",
    "template.missing": "FailedOperation.InvalidTemplateID",
    "template.exists": "ResourceInUse",
    # A variable that TemplateData lacks is a fault of TemplateData.
    "template.variable_missing": "FailedOperation.WrongContentJson",
    "template.refused": "InvalidParameterValue.TemplateContentIsWrong",
    "template.render_failed": "FailedOperation.WrongContentJson",
    # Ours
    "database.unavailable": "ServiceUnavailable",
    "seal.broken": CRASH,
    "file.unreadable": "InvalidParameterValue",
    "directory.changed": "ResourceInUse",
}


def foreign(error: DomainError) -> str:
    """The code under which this refusal is known in Tencent's catalogue."""
    return TABLE.get(error.code, TABLE["refused"])
