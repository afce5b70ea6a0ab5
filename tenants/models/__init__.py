"""Who you are and what you may see."""

from tenants.models.api_key import ApiKey
from tenants.models.canary import SealCanary
from tenants.models.directory import Contact, ContactGroup, GroupMember
from tenants.models.domain import SenderDomain
from tenants.models.sender import SenderIdentity
from tenants.models.signing_key import SigningKey
from tenants.models.tenant import Membership, Tenant
from tenants.models.usage import Usage

__all__ = [
    "ApiKey",
    "Contact",
    "ContactGroup",
    "GroupMember",
    "Membership",
    "SealCanary",
    "SenderDomain",
    "SenderIdentity",
    "SigningKey",
    "Tenant",
    "Usage",
]
