"""Which headers callers may set in their mail: asked when a call is read, and again where headers are written. Pure."""

import re

from tenants.errors import InvalidField

_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
#: Ours to set, or what tells others where a message came from.
_RESERVED = re.compile(
    r"(from|to|cc|bcc|sender|reply-to|subject|date|message-id|return-path|received|(mime|content|dkim|resent)-.*)",
    re.IGNORECASE,
)


def check_header(name: str) -> None:
    """Raises InvalidField for a name that callers may not set, or that is none."""
    if not _NAME.fullmatch(name):
        raise InvalidField(field="headers", reason="a header name has 1 to 64 letters, digits and hyphens.")
    if _RESERVED.fullmatch(name):
        raise InvalidField(field="headers", reason=f"the header '{name}' cannot be set.")
