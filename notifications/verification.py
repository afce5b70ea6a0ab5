"""Verification codes: six random digits, kept as a keyed hash, one live code per purpose and address.

A code dies by being used, by its time, or by the fifth wrong guess. For one purpose and address a new one may be asked
for after a minute, or at once when the last one was used; an address gets five codes an hour for whatever purpose.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db.models import DurationField, F, Max
from django.db.models.functions import Now

from notifications.addresses import normalise
from notifications.errors import CodeRejected, CodeRepeated
from notifications.models import CodeAllowance, VerificationCode
from notifications.sql import codes as statements

#: The variable under which templates know the code: AngusGM's name for it, and templates store it.
VARIABLE = "verificationCode"
MASK = "******"
DEFAULT_VALIDITY = timedelta(seconds=300)
ATTEMPTS = 5
#: For one purpose and address.
RESEND_AFTER = timedelta(seconds=60)
#: For one address and all purposes, so that nobody's mailbox is filled by asking for one kind of code after the other.
PER_ADDRESS = 5
WINDOW = timedelta(hours=1)
_KEPT = timedelta(days=1)


def random_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"


def issue(
    tenant_id: int, biz_key: str, addresses: Iterable[str], *, validity: timedelta, shared_code: str | None = None
) -> dict[str, str]:
    """A new code for each address, replacing the one before: ``shared_code`` for all, or a random one for each. The
    clear digits exist only in the answer.

    Spellings of one address share a code. Call it in the transaction that stores the messages which carry the codes:
    when it raises CodeRepeated, for any of the addresses, that transaction must not commit.
    """
    mailboxes = {address: normalise(address) for address in addresses}
    # In one order for everybody: two calls for the same people would otherwise wait for each other in a circle.
    codes = {mailbox: shared_code or random_code() for mailbox in sorted(set(mailboxes.values()))}
    issued = statements.issue(
        tenant_id=tenant_id,
        biz_key=biz_key,
        hashes={mailbox: hash_code(tenant_id, biz_key, mailbox, code) for mailbox, code in codes.items()},
        attempts=ATTEMPTS,
        validity_s=validity.total_seconds(),
        resend_s=RESEND_AFTER.total_seconds(),
        window_s=WINDOW.total_seconds(),
        per_window=PER_ADDRESS,
    )
    if issued < len(codes):
        raise CodeRepeated(seconds=_wait_s(tenant_id, biz_key, codes))
    return {address: codes[mailbox] for address, mailbox in mailboxes.items()}


def check(tenant_id: int, biz_key: str, address: str, code: str) -> None:
    """Uses up the code when it is the right one; costs an attempt when it is not.

    One statement decides, so of many guesses at once five are judged. Raises CodeRejected, the same after the same work
    for a wrong code, one that is used, expired or guessed at too often, and an address that never had one.
    """
    code_hash = hash_code(tenant_id, biz_key, address, code.strip())
    if not statements.check(tenant_id=tenant_id, biz_key=biz_key, address=normalise(address), code_hash=code_hash):
        raise CodeRejected


def purge() -> int:
    """Forgets codes, guesses and counts that are a day old and mean nothing any more; returns how many rows."""
    # Age is the only criterion, whoever the rows belong to.
    codes, _ = VerificationCode.across_tenants.filter(expires_at__lt=Now() - _KEPT).delete()
    allowances, _ = CodeAllowance.across_tenants.filter(since__lt=Now() - _KEPT).delete()
    return codes + allowances


def hash_code(tenant_id: int, biz_key: str, address: str, code: str) -> bytes:
    """Keyed, so that a stolen table does not give away six digits; bound to tenant, purpose and address."""
    message = "\0".join(["verification", str(tenant_id), biz_key, normalise(address), code.casefold()])
    return hmac.digest(settings.SECRET_KEY.encode(), message.encode(), "sha256")


def _wait_s(tenant_id: int, biz_key: str, mailboxes: Collection[str]) -> int:
    """Seconds until all of these may have another code."""
    recent = VerificationCode.objects.for_tenant(tenant_id).filter(biz_key=biz_key, address__in=mailboxes)
    spent = CodeAllowance.objects.for_tenant(tenant_id).filter(address__in=mailboxes, sent__gte=PER_ADDRESS)
    waits: list[timedelta | None] = [
        recent.aggregate(wait=Max(F("sent_at") + RESEND_AFTER - Now(), output_field=DurationField()))["wait"],
        spent.aggregate(wait=Max(F("since") + WINDOW - Now(), output_field=DurationField()))["wait"],
    ]
    return max([1, *(ceil(wait.total_seconds()) for wait in waits if wait is not None)])
