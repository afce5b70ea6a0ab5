"""Domains that a tenant sends from: their keys, the records to publish, and whether they stand in the DNS.

Who publishes our key under a domain has shown that it is his; from then on he may send as any address in it. SPF is
required as well, since mail without it is refused; DMARC is advice. The admin and the facades call this.
"""

import base64
import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants import addresses, dns
from tenants.errors import AlreadyExists, DomainTaken, InvalidField, LimitReached, NotFound, StillInUse
from tenants.models import SenderDomain, SenderIdentity
from tenants.sealed import Secret

MAX_DOMAINS = 50
KEY_BITS = (1024, 2048)
SELECTOR = "angarium"
_MAX_SHOWN = 500


class Purpose(StrEnum):
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT record to publish, beside what the last look found."""

    purpose: Purpose
    #: Where it belongs.
    name: str
    expected: str
    #: What stood there at the last look; empty: nothing, or nobody has looked yet.
    found: str
    is_right: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class DomainKey:
    """What mail from a verified domain is signed with."""

    domain: str
    selector: str
    #: PKCS #8, PEM.
    private_key: Secret


def create(tenant_id: int, name: str, *, key_bits: int = 2048, tags: Mapping[str, str] | None = None) -> SenderDomain:
    """A domain with a key of its own, not verified yet.

    Raises InvalidField, AlreadyExists, DomainTaken, LimitReached.
    """
    name = check_new(tenant_id, name)
    private, public = make_key(key_bits)
    domain = SenderDomain(
        tenant_id=tenant_id,
        name=name,
        selector=SELECTOR,
        key_bits=key_bits,
        private_key=Secret.of(private),
        public_key=public,
        tags=dict(tags or {}),
    )
    try:
        with transaction.atomic():
            domain.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(resource="SenderDomain", id=name) from error
    return domain


def check_new(tenant_id: int, name: str) -> str:
    """The domain as it would be kept, if ``create`` would take it. Raises what ``create`` raises."""
    name = addresses.parse_domain(name)
    own = SenderDomain.objects.for_tenant(tenant_id)
    if own.filter(name=name).exists():
        raise AlreadyExists(resource="SenderDomain", id=name)
    _check_free(tenant_id, name)
    if own.count() >= MAX_DOMAINS:
        raise LimitReached(resource="SenderDomain", limit=MAX_DOMAINS)
    return name


def make_key(bits: int) -> tuple[str, str]:
    """(private key as PKCS #8 PEM, public key as DER in base64). Raises InvalidField."""
    if bits not in KEY_BITS:
        raise InvalidField(field="key_bits", reason="a key has 1024 or 2048 bits.")
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode(), base64.b64encode(der).decode()


def list_domains(
    tenant_id: int, *, tags: Mapping[str, str] | None = None, offset: int = 0, size: int = 100
) -> tuple[int, list[SenderDomain]]:
    """How many there are, and one page of them by name. ``tags``: those that have all of these."""
    rows = SenderDomain.objects.for_tenant(tenant_id).order_by("name")
    if tags:
        rows = rows.filter(tags__contains=dict(tags))
    return rows.count(), list(rows[offset : offset + size])


def list_verified(tenant_id: int) -> list[str]:
    """The domains that the tenant may send as, whatever the address."""
    rows = SenderDomain.objects.for_tenant(tenant_id).exclude(verified_at=None)
    return list(rows.order_by("name").values_list("name", flat=True))


def find_keys(tenant_ids: Collection[int]) -> dict[tuple[int, str], DomainKey]:
    """By tenant and domain; one that is not verified has none to sign with. One query."""
    # For the worker, who carries mail of many tenants at once and asks for each by its own id.
    rows = SenderDomain.across_tenants.filter(tenant_id__in=tenant_ids).exclude(verified_at=None)
    found = rows.values_list("tenant_id", "name", "selector", "private_key")
    return {(tenant_id, name): DomainKey(name, selector, key) for tenant_id, name, selector, key in found}


def resolve(tenant_id: int, name: str) -> SenderDomain:
    """Raises NotFound, also for a name that is none."""
    try:
        wanted = addresses.parse_domain(name)
    except InvalidField as error:
        raise NotFound(resource="SenderDomain", id=name[:60]) from error
    found = SenderDomain.objects.for_tenant(tenant_id).filter(name=wanted).first()
    if found is None:
        raise NotFound(resource="SenderDomain", id=wanted)
    return found


def check(domain: SenderDomain) -> SenderDomain:
    """Looks into the DNS now and remembers what stands there.

    Raises DnsUnavailable, then everything stays as it was; DomainTaken where another tenant has proven it first.
    """
    domain.found = {record.purpose.value: _find(record, domain) for record in records(domain)}
    domain.checked_at = timezone.now()
    is_verified = all(record.is_right for record in records(domain) if record.is_required)
    domain.verified_at = (domain.verified_at or domain.checked_at) if is_verified else None
    try:
        with transaction.atomic():
            domain.save(update_fields=["found", "checked_at", "verified_at"])
    except IntegrityError as error:
        raise DomainTaken(domain=domain.name) from error
    return domain


def rekey(domain: SenderDomain, *, key_bits: int) -> SenderDomain:
    """Another key, which must be published before the domain is verified again. Raises InvalidField."""
    private, domain.public_key = make_key(key_bits)
    domain.private_key, domain.key_bits, domain.verified_at = Secret.of(private), key_bits, None
    domain.save(update_fields=["private_key", "public_key", "key_bits", "verified_at"])
    return domain


def delete(domain: SenderDomain) -> None:
    """Raises StillInUse while there are senders in it."""
    if senders_in(domain.tenant_id, domain.name).exists():
        raise StillInUse(resource="SenderDomain", id=domain.name, user="its sender addresses")
    SenderDomain.objects.for_tenant(domain.tenant_id).filter(pk=domain.pk).delete()


def senders_in(tenant_id: int, domain: str) -> QuerySet[SenderIdentity]:
    """The tenant's sender addresses in a domain; the domain as a whole is none of them."""
    rows = SenderIdentity.objects.for_tenant(tenant_id).filter(value__iendswith=f"@{domain}")
    return rows.exclude(value__istartswith="@")


def records(domain: SenderDomain) -> tuple[Record, ...]:
    """What to publish, and how it stands."""
    wanted = (
        (Purpose.SPF, domain.name, f"v=spf1 {' '.join(spf_mechanisms())} ~all", True),
        (
            Purpose.DKIM,
            f"{domain.selector}._domainkey.{domain.name}",
            f"v=DKIM1; k=rsa; p={domain.public_key}",
            True,
        ),
        (Purpose.DMARC, f"_dmarc.{domain.name}", "v=DMARC1; p=none", False),
    )
    return tuple(_record(domain, *each) for each in wanted)


def spf_mechanisms() -> tuple[str, ...]:
    """Who may send for a tenant's domain: SPF_MECHANISMS, else the host that BASE_URL names (RFC 7208, 5)."""
    if settings.SPF_MECHANISMS:
        return tuple(settings.SPF_MECHANISMS)
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return (f"a:{host}",)
    return (f"ip{address.version}:{address}",)


def _record(domain: SenderDomain, purpose: Purpose, name: str, expected: str, is_required: bool) -> Record:
    found = domain.found.get(purpose.value, "")
    is_right = _IS_RIGHT[purpose](found, expected)
    return Record(purpose, name, expected, found, is_right, is_required)


def _find(record: Record, domain: SenderDomain) -> str:
    """The text at the record's name that is of its kind; several of one kind count as none at all (RFC 7208, 4.5)."""
    texts = [text for text in dns.find_texts(record.name) if _is_of_kind(text, record.purpose)]
    return texts[0] if len(texts) == 1 else " | ".join(texts)[:_MAX_SHOWN]


def _is_of_kind(text: str, purpose: Purpose) -> bool:
    match purpose:
        case Purpose.SPF:
            return text.lower().split(" ")[0] == "v=spf1"
        case Purpose.DKIM:
            return "p" in _tags(text)
        case Purpose.DMARC:
            return text.lower().replace(" ", "").startswith("v=dmarc1")


def _is_right_spf(found: str, expected: str) -> bool:
    """Ours are among those of one record; what else somebody allows, and how it ends, is his own business."""
    terms = {term.lower().removeprefix("+") for term in found.split()}
    return " | " not in found and {term.lower() for term in expected.split()[:-1]} <= terms


def _is_right_dkim(found: str, expected: str) -> bool:
    here, wanted = _tags(found), _tags(expected)
    is_live = here.get("v", "DKIM1") == "DKIM1" and here.get("k", "rsa") == "rsa"
    return is_live and " | " not in found and here.get("p") == wanted["p"]


def _is_right_dmarc(found: str, _: str) -> bool:
    return bool(found) and " | " not in found and _tags(found).get("p", "").lower() in {"none", "quarantine", "reject"}


_IS_RIGHT = {Purpose.SPF: _is_right_spf, Purpose.DKIM: _is_right_dkim, Purpose.DMARC: _is_right_dmarc}


def _tags(text: str) -> dict[str, str]:
    """A tag list (RFC 6376, 3.2); blanks mean nothing in the values that we compare."""
    pairs: Iterable[tuple[str, str, str]] = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, equals, value in pairs if equals}


def _check_free(tenant_id: int, name: str) -> None:
    taken = SenderDomain.across_tenants.filter(name=name, verified_at__isnull=False).exclude(tenant_id=tenant_id)
    if taken.exists():
        raise DomainTaken(domain=name)
