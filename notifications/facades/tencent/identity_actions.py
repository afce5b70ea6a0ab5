"""Domains and sender addresses (tencent.md 4, 4.4). A domain may send once its SPF and DKIM records are published."""

from typing import Any

from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.errors import TencentError
from notifications.facades.tencent.pages import PAGE, page_of, seconds
from notifications.facades.tencent.parameters import Flag, ListOf, Record, Shape, Text, Whole
from notifications.facades.tencent.renaming import Codes, renamed
from tenants import identities, senders
from tenants.auth import Principal
from tenants.errors import AlreadyExists, DomainTaken, InvalidField, LimitReached, NotFound, StillInUse
from tenants.identities import KEY_BITS, Purpose
from tenants.models import SenderDomain
from tenants.models.api_key import Scope

_MAX_TAGS = 20
_MAX_TAG = 127
#: By what the InvalidField is about.
_ILLEGAL = {
    "address": "InvalidParameterValue.IllegalEmailAddress",
    "name": "InvalidParameterValue.IllegalSenderName",
}
_NO_DOMAIN: Codes = {NotFound: "InvalidParameterValue.NotExistDomain"}
_NOT_CREATED: Codes = {
    InvalidField: "InvalidParameterValue.InvalidEmailIdentity",
    AlreadyExists: "InvalidParameterValue.RepeatCreation",
    DomainTaken: "InvalidParameterValue.CreatedByOther",
    LimitReached: "OperationDenied.ExceedDomainLimit",
}
_NO_SENDER_MADE: Codes = {
    **_NO_DOMAIN,
    AlreadyExists: "InvalidParameterValue.RepeatEmailAddress",
    LimitReached: "OperationDenied.ExceedSenderLimit",
}


def create(principal: Principal, params: Parameters) -> Parameters:
    tags = _tags(params)
    with renamed(_NOT_CREATED):
        domain = identities.create(
            principal.tenant.pk, params["EmailIdentity"], key_bits=KEY_BITS[params.get("DKIMOption", 0)], tags=tags
        )
    return _shown(domain)


def read(principal: Principal, params: Parameters) -> Parameters:
    domain = _resolve(principal, params)
    return {**_shown(domain), "TagList": _tag_list(domain)}


def verify(principal: Principal, params: Parameters) -> Parameters:
    """Looks into the DNS now. Another key length is another key, so that its record has to be published first."""
    domain = _resolve(principal, params)
    bits = KEY_BITS[params["DKIMOption"]] if "DKIMOption" in params else domain.key_bits
    if bits != domain.key_bits:
        domain = identities.rekey(domain, key_bits=bits)
    return _shown(identities.check(domain), with_advice=params.get("NewAPI", False))


def list_domains(principal: Principal, params: Parameters) -> Parameters:
    offset, size = page_of(params)
    total, domains = identities.list_domains(principal.tenant.pk, tags=_tags(params), offset=offset, size=size)
    quota = principal.tenant.daily_quota or 0
    return {
        "EmailIdentities": [_listed(domain, quota) for domain in domains],
        "MaxReputationLevel": 0,
        "MaxDailyQuota": quota,
        "Total": total,
    }


def delete(principal: Principal, params: Parameters) -> Parameters:
    domain = _resolve(principal, params)
    with renamed({StillInUse: "OperationDenied.SenderWithDomainIsNotEmpty"}):
        identities.delete(domain)
    return {}


def create_sender(principal: Principal, params: Parameters) -> Parameters:
    try:
        with renamed(_NO_SENDER_MADE):
            senders.create(principal.tenant.pk, params["EmailAddress"], name=params.get("EmailSenderName", ""))
    except InvalidField as error:
        raise TencentError(_ILLEGAL[error.params["field"]]) from error
    return {}


def delete_sender(principal: Principal, params: Parameters) -> Parameters:
    with renamed({NotFound: "InvalidParameterValue.NoSuchSender"}):
        senders.delete(principal.tenant.pk, params["EmailAddress"])
    return {}


def list_senders(principal: Principal, params: Parameters) -> Parameters:
    return {
        "EmailSenders": [
            {
                "EmailAddress": sender.value,
                "EmailSenderName": sender.display_name,
                "CreatedTimestamp": seconds(sender.created_at),
                # Nobody logs in as a sender here, so none has a password.
                "SmtpPwdType": 0,
            }
            for sender in senders.list_senders(principal.tenant.pk)
        ]
    }


def _resolve(principal: Principal, params: Parameters) -> SenderDomain:
    with renamed(_NO_DOMAIN):
        return identities.resolve(principal.tenant.pk, params["EmailIdentity"])


def _shown(domain: SenderDomain, *, with_advice: bool = False) -> Parameters:
    return {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": domain.verified_at is not None,
        "Attributes": [
            {
                "Type": "TXT",
                "SendDomain": record.name,
                "ExpectedValue": record.expected,
                "CurrentValue": record.found,
                "Status": record.is_right,
            }
            for record in identities.records(domain)
            if with_advice or record.purpose is not Purpose.DMARC
        ],
        "DKIMOption": KEY_BITS.index(domain.key_bits),
    }


def _listed(domain: SenderDomain, quota: int) -> dict[str, Any]:
    return {
        "IdentityName": domain.name,
        "IdentityType": "DOMAIN",
        "SendingEnabled": domain.verified_at is not None,
        # The vendor grades its customers; here nobody does.
        "CurrentReputationLevel": 0,
        "DailyQuota": quota,
        "SendIp": [],
        "TagList": _tag_list(domain),
        "DKIMOption": KEY_BITS.index(domain.key_bits),
    }


def _tags(params: Parameters) -> dict[str, str]:
    given = params.get("TagList", [])
    tags = {tag["TagKey"]: tag["TagValue"] for tag in given}
    is_small = len(given) <= _MAX_TAGS and all(len(text) <= _MAX_TAG for pair in tags.items() for text in pair)
    if not is_small:
        raise TencentError("InvalidParameterValue", parameter="TagList")
    return tags


def _tag_list(domain: SenderDomain) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(domain.tags.items())]


_TAGS = ListOf(Record({"TagKey": Text(), "TagValue": Text()}, required=("TagKey", "TagValue")))
_OPTION = Whole(maximum=len(KEY_BITS) - 1)
_DOMAIN: dict[str, Shape] = {"EmailIdentity": Text()}
_SENDER: dict[str, Shape] = {"EmailAddress": Text()}
_CREATED = Record({**_DOMAIN, "DKIMOption": _OPTION, "TagList": _TAGS}, required=tuple(_DOMAIN))
_VERIFIED = Record({**_DOMAIN, "NewAPI": Flag(), "DKIMOption": _OPTION}, required=tuple(_DOMAIN))

ACTIONS = {
    "CreateEmailIdentity": Action(create, Scope.SERVER_WRITE, _CREATED),
    "GetEmailIdentity": Action(read, Scope.EMAIL_READ, Record(_DOMAIN, required=tuple(_DOMAIN))),
    "UpdateEmailIdentity": Action(verify, Scope.SERVER_WRITE, _VERIFIED),
    "ListEmailIdentities": Action(list_domains, Scope.EMAIL_READ, Record({**PAGE, "TagList": _TAGS})),
    "DeleteEmailIdentity": Action(delete, Scope.SERVER_WRITE, Record(_DOMAIN, required=tuple(_DOMAIN))),
    "CreateEmailAddress": Action(
        create_sender, Scope.SERVER_WRITE, Record({**_SENDER, "EmailSenderName": Text()}, required=tuple(_SENDER))
    ),
    "DeleteEmailAddress": Action(delete_sender, Scope.SERVER_WRITE, Record(_SENDER, required=tuple(_SENDER))),
    "ListEmailAddress": Action(list_senders, Scope.EMAIL_READ),
}
