"""The root of all refusals.

A ``DomainError`` is something the caller can understand and change. It carries a stable code, a sentence that says
what to do, and parameters; a facade turns it into the foreign API's own words (see ``facades/*/errors.py``).
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal. ``code`` never changes once released; ``message`` is a ``%(name)s`` template over ``params``."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str | Promise] = _("The request was refused.")

    def __init__(self, **params: Any) -> None:
        super().__init__(self.code)
        self.params = params

    def __str__(self) -> str:
        return str(self.message) % self.params


class CredentialMissing(DomainError):
    code = "credential.missing"
    message = _("No API key was sent. Send it as 'Authorization: Bearer <key>'.")


class CredentialInvalid(DomainError):
    """Unknown, revoked and expired keys read the same: a caller must not learn which keys once existed."""

    code = "credential.invalid"
    message = _("The API key is not valid. It may have been revoked or have expired.")


class AddressNotAllowed(DomainError):
    code = "credential.address"
    message = _("This API key may not be used from your network address.")


class ScopeMissing(DomainError):
    code = "credential.scope"
    message = _("The API key lacks the scope '%(scope)s'.")


class TenantInactive(DomainError):
    code = "tenant.inactive"
    message = _("This tenant is switched off.")


class QuotaExceeded(DomainError):
    code = "tenant.quota"
    message = _("The daily quota of %(limit)d messages is used up. It starts anew at midnight UTC.")


class NotFound(DomainError):
    """Also what a stranger gets for somebody else's row: existence is not disclosed."""

    code = "not_found"
    message = _("%(resource)s not found: [%(id)s]")


class InvalidField(DomainError):
    """``field`` is the caller's own spelling of it; ``reason`` says what would be accepted."""

    code = "field.invalid"
    message = _("%(field)s: %(reason)s")


class AlreadyExists(DomainError):
    code = "exists"
    message = _("%(resource)s is there already: [%(id)s]")


class LimitReached(DomainError):
    code = "limit"
    message = _("%(resource)s: at most %(limit)d are allowed.")


class StillInUse(DomainError):
    code = "in_use"
    message = _("%(resource)s is still used by %(user)s: [%(id)s]")


class DomainTaken(DomainError):
    """Who publishes our key under a domain owns it; there can be one at a time."""

    code = "domain.taken"
    message = _("Another tenant has verified the domain %(domain)s.")


class DomainUnverified(DomainError):
    code = "domain.unverified"
    message = _("The domain %(domain)s is not verified. Publish its records, then check it.")


class DnsUnavailable(DomainError):
    """Trying again may help: neither presence nor absence of the record is known."""

    code = "dns.unavailable"
    message = _("The DNS gave no answer about %(name)s. Try again in a moment.")


class AudienceUnknown(DomainError):
    """Also for ids that another tenant's directory has: existence is not disclosed."""

    code = "audience.unknown"
    message = _("%(kind)s: not in this tenant's directory: %(ids)s.")


class AudienceEmpty(DomainError):
    """``reach``: what was looked for and nobody active has, email or phone."""

    code = "audience.empty"
    message = _("%(kind)s: no active contact of this tenant's directory matches and has an address (%(reach)s).")


class AudienceTooLarge(DomainError):
    code = "audience.too_large"
    message = _("More than %(limit)d contacts match. Split the call by departments or groups.")


class MailboxDenied(DomainError):
    """Unknown, another tenant's, another user's than the key's: all read the same. ``reason`` says what would help."""

    code = "mailbox.denied"
    message = _("Access to this mailbox is denied: %(reason)s")


class FileRefused(DomainError):
    """The file as a whole; what is wrong with single lines is reported by line."""

    code = "file.unreadable"
    message = _("The file cannot be read: %(reason)s")


class DirectoryChanged(DomainError):
    """Somebody else changed the same contacts in the same moment."""

    code = "directory.changed"
    message = _("The directory was changed at the same moment. Nothing was imported; try again.")


class SealBroken(DomainError):
    """Never the caller's fault: a sealed value cannot be opened with the keys in FIELD_ENCRYPTION_KEYS."""

    code = "seal.broken"
    message = _("A stored secret cannot be opened with the configured FIELD_ENCRYPTION_KEYS.")
