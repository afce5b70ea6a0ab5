"""Why a request is refused before it reaches the core: what is wrong with the HTTP, not with the mail.

As every ``DomainError``, each of these has an entry in each facade's ``errors.py``.
"""

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class PathUnknown(DomainError):
    code = "request.path_unknown"
    message = _("There is nothing at %(path)s.")


class MethodNotAllowed(DomainError):
    code = "request.method"
    message = _("%(method)s is not supported here.")


class MediaTypeUnsupported(DomainError):
    code = "request.media_type"
    message = _(
        "The body must be application/json in UTF-8 (or multipart/form-data, where files are taken), not compressed."
    )


class BodyTooLarge(DomainError):
    code = "request.too_large"
    message = _("The body is larger than %(limit_bytes)d bytes.")


class BodyUnreadable(DomainError):
    """The body is not the JSON that we read; ``reason`` says why."""

    code = "request.unreadable"
    message = _("The body cannot be read: %(reason)s")


class ParameterMissing(DomainError):
    code = "request.parameter_missing"
    message = _("The parameter '%(field)s' is required.")


class FieldUnparsable(DomainError):
    """A member or parameter is there but not of its type, or not one of its values."""

    code = "field.unparsable"
    message = _("%(field)s: %(reason)s")


class OrderUnsupported(DomainError):
    code = "list.order"
    message = _("Lists cannot be ordered by '%(field)s'.")


class FilterUnsupported(DomainError):
    code = "list.filter"
    message = _("Lists cannot be filtered by '%(field)s'.")


class RangeUnsupported(DomainError):
    code = "list.range"
    message = _("'%(field)s' has no order: greater and less do not apply.")


class MatchUnsupported(DomainError):
    code = "list.match"
    message = _("'%(field)s' is not text: MATCH does not apply.")


class FilterValueMalformed(DomainError):
    code = "list.value"
    message = _("'%(value)s' is not a value of '%(field)s'.")


class ForeignTenant(DomainError):
    """The request names a tenant other than its credential's."""

    code = "tenant.foreign"
    message = _("The request names a tenant that its API key does not belong to.")


class DatabaseUnavailable(DomainError):
    """Nothing was stored; the same request may succeed in a moment."""

    code = "database.unavailable"
    message = _("The service is not available at the moment. Try again in a few seconds.")
