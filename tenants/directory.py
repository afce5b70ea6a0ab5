"""The directory read: from an audience to the addresses of its active contacts, inside one tenant and nowhere else.

Whatever is not in the tenant's own directory does not exist, whoever else may have it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from tenants import addresses
from tenants.audience import Audience, AudienceKind, Reach
from tenants.errors import AudienceEmpty, AudienceTooLarge, AudienceUnknown, InvalidField, MailboxDenied
from tenants.models import Contact, ContactGroup, GroupMember, Tenant

#: Addresses of one audience. A call stores all its messages in one transaction, which must end within a request.
MAX_ADDRESSES = 100_000
MAX_CODE = 80
#: What a key says that acts for no user.
NOBODY = -1
#: How a key's own user is called.
ME = "me"
_SHOWN_IDS = 5
_USER_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SEPARATORS = re.compile(r"[ ()./-]")
_BETWEEN_CODES = re.compile(r"[\s,;|]+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An active contact with an address, to be written as."""

    contact_id: int
    #: -1 where the contact has none.
    user_id: int
    name: str
    email: str


def resolve_mailbox(tenant: Tenant, user: str, *, acting_as: int) -> Mailbox:
    """The mailbox of ``user``: a contact's user id, its address, or ``me``.

    ``acting_as`` is the user that the credential is bound to, who has a single mailbox; -1 has those of the whole
    tenant and none of its own. Raises MailboxDenied.
    """
    if user == ME and acting_as == NOBODY:
        raise MailboxDenied(reason="the API key acts for no user, so it has no 'me'.")
    named = Q(user_id=acting_as) if user == ME else _named(user)
    contacts = Contact.objects.for_tenant(tenant.pk).alias(login=Lower("email"))
    contact = contacts.filter(named, is_active=True, email__isnull=False).first()
    if contact is None or acting_as not in (NOBODY, contact.user_id):
        raise MailboxDenied(reason="there is no such user with an address, or the API key may not act for it.")
    return Mailbox(
        contact_id=contact.pk,
        user_id=NOBODY if contact.user_id is None else contact.user_id,
        name=contact.name,
        email=str(contact.email),
    )


def resolve_addresses(tenant: Tenant, audience: Audience, *, reach: Reach) -> tuple[str, ...]:
    """The e-mail addresses or phone numbers of the audience's active contacts, each once, oldest contact first.

    At most two queries, which load nothing but addresses. Raises AudienceUnknown (an id that is not in the tenant's
    directory), AudienceEmpty (nobody active can be reached), AudienceTooLarge.
    """
    contacts = _contacts(tenant, audience).filter(is_active=True).exclude(**{reach: None})
    found = list(contacts.order_by("id").values_list(reach.value, flat=True)[: MAX_ADDRESSES + 1])
    if not found:
        raise AudienceEmpty(kind=audience.kind, reach=reach)
    if len(found) > MAX_ADDRESSES:
        raise AudienceTooLarge(limit=MAX_ADDRESSES)
    # People may share a phone.
    return tuple(dict.fromkeys(found))


def clean_email(text: str) -> str | None:
    """As it is stored; None for an empty text. Raises InvalidField."""
    return addresses.parse(unicodedata.normalize("NFC", text), field="email") if text.strip() else None


def clean_phone(text: str) -> str | None:
    """In E.164, separators removed; None for an empty text. Raises InvalidField."""
    number = _SEPARATORS.sub("", text)
    if not number:
        return None
    if not _E164.fullmatch(number):
        raise InvalidField(field="phone", reason="write the number with its country, for example +8613800138000.")
    return number


def clean_codes(text: str) -> list[str]:
    """The codes in a text, parted by blanks, commas, semicolons or bars, each once. Raises InvalidField."""
    codes = list(dict.fromkeys(code for code in _BETWEEN_CODES.split(text) if code))
    for code in codes:
        if len(code) > MAX_CODE or not code.isprintable():
            raise InvalidField(field="policies", reason=f"a code has 1 to {MAX_CODE} printable characters.")
    return codes


def _named(user: str) -> Q:
    if _USER_ID.fullmatch(user):
        return Q(user_id=int(user))
    try:
        return Q(login=Lower(Value(addresses.parse(user))))
    except InvalidField as error:
        raise MailboxDenied(reason="a user is named by its user id, its address, or 'me'.") from error


def _contacts(tenant: Tenant, audience: Audience) -> QuerySet[Contact]:
    contacts = Contact.objects.for_tenant(tenant.pk)
    match audience.kind:
        case AudienceKind.ALL:
            return contacts
        case AudienceKind.TENANT:
            _check_found(audience, {tenant.pk})
            return contacts
        case AudienceKind.USER:
            chosen = contacts.filter(user_id__in=audience.ids)
            _check_found(audience, chosen.values_list("user_id", flat=True))
            return chosen
        case AudienceKind.POLICY:
            return contacts.filter(policies__overlap=list(audience.codes))
        case AudienceKind.DEPT | AudienceKind.GROUP:
            groups = ContactGroup.objects.for_tenant(tenant.pk).filter(kind=audience.kind, number__in=audience.ids)
            pk_by_number = dict(groups.values_list("number", "pk"))
            _check_found(audience, pk_by_number)
            members = GroupMember.objects.for_tenant(tenant.pk).filter(group__in=pk_by_number.values())
            return contacts.filter(pk__in=members.values("contact"))


def _check_found(audience: Audience, known: Iterable[Any]) -> None:
    found = set(known)
    unknown = list(dict.fromkeys(id_ for id_ in audience.ids if id_ not in found))
    if unknown:
        more = f" and {len(unknown) - _SHOWN_IDS} more" if len(unknown) > _SHOWN_IDS else ""
        raise AudienceUnknown(kind=audience.kind, ids=", ".join(map(str, unknown[:_SHOWN_IDS])) + more)
