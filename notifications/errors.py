"""Why ``submit`` and its neighbours refuse. Each facade maps every one of these to its own words."""

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, InvalidField


class RecipientsMissing(DomainError):
    code = "recipients.missing"
    message = _("No recipient was given.")


class TooManyRecipients(DomainError):
    code = "recipients.too_many"
    message = _("At most %(limit)d recipients are allowed.")


class CountryNotAllowed(DomainError):
    code = "recipients.country"
    message = _("SMS to %(country)s are not allowed here.")


class CodeRecipientMissing(DomainError):
    code = "code.recipient_missing"
    message = _("A verification code needs a recipient address.")


class CodeRepeated(DomainError):
    """``seconds``: how long until the next code for this address may be asked for."""

    code = "code.repeated"
    message = _("A code was sent to this address a moment ago. Try again in %(seconds)d seconds.")


class CodeRejected(DomainError):
    """Wrong, used, expired, guessed at too often or never sent: the caller must not learn which."""

    code = "code.rejected"
    message = _("The verification code is wrong or has expired.")


class BizKeyMissing(DomainError):
    code = "biz_key.missing"
    message = _("A template is chosen by a business key, and none was given.")


class ContentMissing(DomainError):
    code = "content.missing"
    message = _("%(field)s: own content needs a subject and a body.")


class TextTooLong(DomainError):
    code = "content.too_long"
    message = _("The SMS would take %(segments)d segments; at most %(limit)d are allowed.")


class CustomContentDisabled(DomainError):
    code = "content.disabled"
    message = _("This tenant sends by template only.")


class ServerMissing(DomainError):
    code = "server.missing"
    message = _("No enabled %(protocol)s server is available. Add or enable one first.")


class AnyServerMissing(DomainError):
    code = "server.none"
    message = _("No mail server is enabled. Add or enable one first.")


class ServerOfPlatform(DomainError):
    """A tenant sees the servers that all tenants share, and does not change them."""

    code = "server.platform"
    message = _("The server '%(name)s' belongs to the platform, and only its administrators change it.")


class ServerNameTaken(DomainError):
    code = "server.name_taken"
    message = _("There is a server with the name '%(name)s' already.")


class ServerLimitReached(DomainError):
    code = "server.limit"
    message = _("At most %(limit)d servers are allowed.")


class ServerBusy(DomainError):
    """Two people switched servers in the same moment; the other one won."""

    code = "server.busy"
    message = _("Somebody else is switching servers at this moment. Look again, then try again.")


class SenderNotAllowed(DomainError):
    code = "sender.not_allowed"
    message = _("This tenant may not send as %(sender)s. Add it to the sender identities or to the server.")


class SenderMissing(DomainError):
    code = "sender.missing"
    message = _("The server '%(server)s' has no sender address and the request names none.")


class TooManyAttachments(DomainError):
    code = "attachments.too_many"
    message = _("At most %(limit)d attachments are allowed.")


class AttachmentTooLarge(DomainError):
    code = "attachments.too_large"
    message = _("The attachments are larger than %(limit_bytes)d bytes.")


class AttachmentUnsupported(DomainError):
    code = "attachments.unsupported"
    message = _("Attachment '%(name)s': %(reason)s")


class PlaceRefused(InvalidField):
    """Behind our walls, or at a port that has nothing to do with mail. Only for tenants' own servers."""

    code = "server.place"
    message = _("%(field)s: a tenant's server is on the public internet, and for mail at one of the ports %(ports)s.")


class AttachmentUnreachable(DomainError):
    """Trying again may help: the file's own server did not deliver it in time."""

    code = "attachments.unreachable"
    message = _("Attachment '%(name)s' could not be fetched: %(reason)s")


class ScheduleTooFar(DomainError):
    code = "schedule.too_far"
    message = _("A message can be scheduled at most %(days)d days ahead.")


class ExpiryTooSoon(DomainError):
    code = "schedule.expiry"
    message = _("The message would expire before it is due.")


class WrongState(DomainError):
    """The row is there, but what was asked does not fit its status any more (somebody else won the race)."""

    code = "message.wrong_state"
    message = _("The message is %(status)s, so it cannot be %(action)s.")


class DeliveryFailed(DomainError):
    """A synchronous test send failed; ``words`` are the server's own."""

    code = "delivery.failed"
    message = _("The server refused the message: %(words)s")


class AllowanceExceeded(DomainError):
    """``seconds``: how long until the window of this operation ends."""

    code = "calls.exceeded"
    message = _("At most %(limit)d calls of this operation are allowed. Try again in %(seconds)d seconds.")


class IdempotencyKeyInvalid(DomainError):
    code = "idempotency.invalid"
    message = _("Idempotency-Key takes 1 to %(limit)d printable characters.")


class IdempotencyMismatch(DomainError):
    code = "idempotency.mismatch"
    message = _("This Idempotency-Key was used with another request body. Use a new key for a new request.")


class IdempotencyInFlight(DomainError):
    code = "idempotency.in_flight"
    message = _("The first request with this Idempotency-Key is still being worked on. Try again in a moment.")
