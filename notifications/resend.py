"""Once more what did not arrive: a message that failed or was cancelled becomes a new one, which takes the usual way.

An operator's ``outbox.requeue`` gives the same message another life; here the old record stays what it is.
"""

from notifications import attachments
from notifications.contracts import (
    Address,
    Channel,
    Content,
    Lane,
    Receipt,
    SendRequest,
    TemplateChoice,
    UnsubscribeOffer,
)
from notifications.errors import WrongState
from notifications.models import Message
from notifications.states import Status
from notifications.submit import submit
from tenants.errors import NotFound
from tenants.models import Tenant

RESENDABLE = (
    Status.FAILED,
    Status.EXPIRED,
    Status.BOUNCED,
    Status.COMPLAINED,
    Status.SUPPRESSED,
    Status.CANCELLED,
)
_ACTION = "sent again"


def resend(tenant: Tenant, message_id: int, *, key_id: int | None, resource: str) -> Receipt:
    """A new message like this one, due at once, of the template's present version.

    Raises NotFound (naming ``resource``), WrongState, and whatever ``submit`` raises.
    """
    message = Message.objects.for_tenant(tenant.pk).filter(pk=message_id).select_related("submission").first()
    if message is None:
        raise NotFound(resource=resource, id=message_id)
    if message.status not in RESENDABLE:
        raise WrongState(status=message.status, action=_ACTION)
    if message.is_code:
        # It was erased, and whoever asked for it has asked again.
        raise WrongState(status="a verification code", action=_ACTION)
    return submit(tenant, _request(tenant, message, key_id))


def _request(tenant: Tenant, message: Message, key_id: int | None) -> SendRequest:
    call = message.submission
    is_template = message.template_code is not None
    language = message.language or tenant.default_language
    footer = call.unsubscribe_footer
    return SendRequest(
        facade=call.facade,
        channel=Channel(message.channel),
        recipients=_named(message, message.to),
        cc=_named(message, message.cc),
        bcc=_named(message, message.bcc),
        template=TemplateChoice(language, code=message.template_code, subject=call.subject) if is_template else None,
        content=None if is_template else Content(call.subject, html=call.html, text=call.text),
        params=message.params or {},
        sender=Address(call.sender_address, call.sender_name) if call.sender_address else None,
        envelope_from=call.envelope_from,
        reply_to=tuple(map(Address, call.reply_to)),
        headers=call.headers,
        files=attachments.load([call.pk]).get(call.pk, ()),
        is_separate=len(message.to) == 1,
        lane=Lane(message.lane),
        category=call.category,
        unsubscribe=None if footer is None else UnsubscribeOffer(footer or None),
        biz_key=message.biz_key,
        language=message.language,
        out_id=message.out_id,
        user_id=message.user_id,
        key_id=key_id,
        options=call.options,
    )


def _named(message: Message, addresses: list[str]) -> tuple[Address, ...]:
    names = message.names or {}
    return tuple(Address(address, names.get(address, "")) for address in addresses)
