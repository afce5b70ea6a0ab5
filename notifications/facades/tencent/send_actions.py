"""SendEmail: found, translated, submitted."""

from dataclasses import replace
from datetime import UTC, datetime

from notifications.contracts import Receipt, SendRequest, SuppressionSource, TemplateChoice
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import OnRecord, TencentError
from notifications.facades.tencent.send_wire import PARAMETERS, new_message_id, parse_send
from notifications.submit import submit
from templates_app import catalogue
from tenants.auth import Principal
from tenants.errors import NotFound
from tenants.models.api_key import Scope

#: The vendor's limit of a whole request that sends.
LIMIT_BYTES = 8 * 1024 * 1024


def send_email(principal: Principal, params: Parameters) -> Parameters:
    message_id = new_message_id(principal.tenant.pk, now=datetime.now(UTC))
    template = find_template(principal.tenant.pk, params["Template"]["TemplateID"]) if "Template" in params else None
    request = parse_send(params, template, message_id=message_id)
    # ``key_id`` is for API keys; whose signature it was is a fact of this facade.
    request = replace(request, options={"signingKeyId": principal.key_id})
    check_somebody_gets_it(submit(principal.tenant, request), request)
    return {"MessageId": message_id}


def find_template(tenant_id: int, template_id: int) -> TemplateChoice:
    """What the tenant knows under this number, if it can be sent. Raises TencentError."""
    try:
        row = catalogue.resolve_row(tenant_id, template_id)
    except NotFound as error:
        raise TencentError("FailedOperation.InvalidTemplateID") from error
    if row.version is None:
        raise TencentError("FailedOperation.InvalidTemplateID")
    return TemplateChoice(row.language, code=row.code)


def check_somebody_gets_it(receipt: Receipt, request: SendRequest) -> None:
    """Raises OnRecord where everybody of To is suppressed: the call is on record, and nothing leaves."""
    sources = {receipt.suppressed.get(recipient.email) for recipient in request.recipients}
    if None in sources:
        return
    if sources == {SuppressionSource.UNSUBSCRIBE}:
        raise OnRecord("FailedOperation.ReceiverHasUnsubscribed")
    raise OnRecord("FailedOperation.EmailAddrInBlacklist")


ACTIONS = {
    "SendEmail": Action(
        handle=send_email,
        scope=Scope.EMAIL_SEND,
        parameters=PARAMETERS,
        limit_bytes=LIMIT_BYTES,
        too_large="FailedOperation.EmailContentToolarge",
    ),
}
