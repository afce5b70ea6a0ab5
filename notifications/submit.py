"""The only door in. One ``SendRequest`` becomes durable rows in one transaction, or a refusal and nothing at all."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from django.db import transaction

from notifications import accepted, attachments, fetch, outbox, routing, scheduling, sms, suppression, verification
from notifications.accepted import Accepted
from notifications.contracts import Address, Channel, Receipt, SendRequest, SuppressionSource
from notifications.errors import (
    BizKeyMissing,
    CodeRecipientMissing,
    ContentMissing,
    CustomContentDisabled,
    RecipientsMissing,
)
from notifications.models import MailServer
from templates_app import render
from templates_app.render import ResolvedTemplate
from tenants import directory, quotas
from tenants.audience import Reach
from tenants.models import Tenant

_REACH = {Channel.EMAIL: Reach.EMAIL, Channel.SMS: Reach.PHONE}


def submit(tenant: Tenant, request: SendRequest, *, server: MailServer | None = None) -> Receipt:
    """Stores the request's messages, due at once or at ``request.due_at``; they are committed when this returns.

    ``server`` is for a caller who sends them through it himself, whichever the tenant's mail leaves through otherwise.
    Raises a DomainError of ``notifications``, ``templates_app`` or ``tenants``; then nothing is stored.
    """
    call = _check(tenant, request, server)
    submission = call.submission()
    with transaction.atomic():
        codes = _issue_codes(call)
        quotas.spend(tenant, call.due_count)
        submission_id, message_ids = outbox.enqueue(submission, call.shared(), call.messages(codes), count=call.count)
        if call.files:
            attachments.store(tenant.pk, submission_id, call.files)
    return Receipt(
        submission_id=submission_id,
        out_id=submission["out_id"],
        message_ids=tuple(message_ids),
        suppressed=call.suppressed,
    )


def _check(tenant: Tenant, request: SendRequest, server: MailServer | None) -> Accepted:
    """Every refusal there is, in the order in which AngusGM checks (angus.md 3.1)."""
    request = _with_recipients(tenant, request)
    biz_key = (request.template and request.template.biz_key) or request.biz_key
    _check_content(tenant, request, biz_key)
    # A limit of sanity, so our own clock will do; when a message is due is the database's to say.
    scheduling.check_times(request.due_at, request.expires_at, now=datetime.now(UTC))
    server = server or routing.resolve_primary(tenant.pk, request.channel)
    if request.channel is Channel.EMAIL:
        routing.check_sender(tenant.pk, request.sender, server)
        if request.envelope_from is not None:
            routing.check_sender(tenant.pk, Address(request.envelope_from), server)
    attachments.check_files(request.files, limit_bytes=tenant.max_attachment_bytes)
    template = _resolve_template(tenant, request)
    # Last, since it takes seconds: everything else about the request is known to be right.
    files = fetch.fetch_all(request.files)
    attachments.check_size(files, limit_bytes=tenant.max_attachment_bytes)
    return Accepted(tenant, request, server, template, biz_key, files, _find_suppressed(tenant, request))


def _with_recipients(tenant: Tenant, request: SendRequest) -> SendRequest:
    """The request with everybody whom it is for. Addresses that it names itself win over its audience."""
    if not request.recipients:
        if request.audience is None:
            raise RecipientsMissing
        # A code is for whoever asked for it, never for a group.
        if request.code is not None:
            raise CodeRecipientMissing
        found = directory.resolve_addresses(tenant, request.audience, reach=_REACH[request.channel])
        request = replace(request, recipients=tuple(map(Address, found)))
    if request.channel is Channel.SMS:
        sms.check(request)
    return request


def _check_content(tenant: Tenant, request: SendRequest, biz_key: str | None) -> None:
    if request.template is not None:
        if not (biz_key or request.template.code):
            raise BizKeyMissing
    elif request.content is None or not (request.content.html or request.content.text):
        raise ContentMissing(field="content")
    elif not request.content.subject and request.channel is Channel.EMAIL:
        raise ContentMissing(field="subject")
    elif not tenant.allows_custom_content:
        raise CustomContentDisabled
    if request.code is not None and not biz_key:
        raise BizKeyMissing


def _resolve_template(tenant: Tenant, request: SendRequest) -> ResolvedTemplate | None:
    """The version to send, once every recipient's variables are known to be there."""
    choice = request.template
    if choice is None:
        return None
    template = render.resolve(
        tenant, channel=request.channel, biz_key=choice.biz_key, code=choice.code, language=choice.language
    )
    masked = accepted.secrets(request, verification.MASK)
    # Those without variables of their own are all alike.
    for recipient in request.recipients if request.params_by_recipient else request.recipients[:1]:
        template.check_params(accepted.own_params(request, recipient) | masked, recipient.email)
    return template


def _find_suppressed(tenant: Tenant, request: SendRequest) -> dict[str, SuppressionSource]:
    everybody = (address.email for address in chain(request.recipients, request.cc, request.bcc))
    return suppression.find(tenant.pk, request.channel, everybody, category=accepted.category(request))


def _issue_codes(call: Accepted) -> dict[str, str]:
    """A code for each recipient who may get one, by address."""
    wish = call.request.code
    if wish is None or call.biz_key is None:
        return {}
    return verification.issue(
        call.tenant.pk,
        call.biz_key,
        [recipient.email for recipient in call.request.recipients if recipient.email not in call.suppressed],
        validity=call.code_validity,
        shared_code=(wish.code or verification.random_code()) if wish.is_shared else None,
    )
