"""What ``submit`` asks of an SMS beyond the rules of a mail: telephone numbers, plain text, and not too much of it."""

from django.conf import settings

from notifications import phones
from notifications.contracts import SendRequest
from notifications.errors import TextTooLong
from notifications.segments import measure
from tenants.errors import InvalidField

#: Most networks put no more together again; and a text that was meant for a mail is not billed hundredfold.
MAX_SEGMENTS = 10
_OF_MAIL = ("cc", "bcc", "sender", "reply_to", "headers", "files")


def check(request: SendRequest) -> None:
    """Raises InvalidField, CountryNotAllowed."""
    for recipient in request.recipients:
        phones.check(recipient.email, countries=settings.SMS_COUNTRIES)
    if not request.is_separate:
        raise InvalidField(field="is_separate", reason="an SMS goes to one number.")
    surplus = [name for name in _OF_MAIL if getattr(request, name)]
    if request.content is not None and (request.content.html is not None or request.content.subject):
        surplus.append("content")
    if surplus:
        raise InvalidField(field=surplus[0], reason="an SMS is a plain text without it.")


def count_segments(text: str) -> int:
    """The segments it is billed as. Raises TextTooLong."""
    measured = measure(text)
    if measured.segments > MAX_SEGMENTS:
        raise TextTooLong(segments=measured.segments, limit=MAX_SEGMENTS)
    return measured.segments
