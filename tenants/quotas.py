"""How much a tenant may send. Spent in the transaction that accepts, so that a refusal or a crash spends nothing."""

from datetime import UTC, date

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now, TruncDate

from tenants.errors import QuotaExceeded
from tenants.models import Tenant, Usage

_TODAY = TruncDate(Now(), tzinfo=UTC)


def spend(tenant: Tenant, count: int) -> None:
    """Takes ``count`` messages from today's quota. Call it inside the accepting transaction, which must not be long.

    One guarded UPDATE decides, so of many calls at once exactly those that fit pass. Raises QuotaExceeded.
    """
    quota = tenant.daily_quota
    if quota is None:
        return
    if count <= quota and (_add(tenant, count, quota) or _begin_and_add(tenant, count, quota)):
        return
    raise QuotaExceeded(limit=quota)


def _add(tenant: Tenant, count: int, quota: int) -> bool:
    fits = Q(day__lt=_TODAY) | Q(accepted__lte=quota - count)
    spent = Case(When(day__lt=_TODAY, then=Value(count)), default=F("accepted") + count)
    rows = Usage.objects.for_tenant(tenant.pk).filter(fits)
    return rows.update(accepted=spent, day=Greatest(F("day"), _TODAY)) == 1


def _begin_and_add(tenant: Tenant, count: int, quota: int) -> bool:
    """The first message ever: whoever makes the row, all of them then add to it."""
    new = Usage(tenant=tenant, day=date.min, accepted=0)
    made = Usage.objects.for_tenant(tenant.pk).bulk_create([new], ignore_conflicts=True)
    return bool(made) and _add(tenant, count, quota)
