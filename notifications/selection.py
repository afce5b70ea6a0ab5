"""Which messages an operator means: by their ids, by a call's own id, by status. Read-only."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from notifications.models import Message
from notifications.states import Status

#: What ``outbox.requeue`` takes.
REQUEUEABLE = (Status.FAILED, Status.EXPIRED, Status.PARTIAL, Status.UNCERTAIN)
_BATCH = 1000


def by_owner(message_ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """The ids by the tenant they belong to; those that nobody has are left out."""
    # An operator at the command line serves all tenants; what follows is done for each by name.
    rows = Message.across_tenants.filter(pk__in=message_ids).order_by("pk").values_list("tenant_id", "pk")
    found: dict[int, list[int]] = defaultdict(list)
    for tenant_id, message_id in rows:
        found[tenant_id].append(message_id)
    return found


def by_out_id(tenant_id: int, out_id: str) -> Sequence[int]:
    """The messages that still wait of those that were sent under this id of the caller's, the oldest first."""
    rows = Message.objects.for_tenant(tenant_id).filter(out_id=out_id, status=Status.PENDING)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def by_status(tenant_id: int, status: Status, *, limit: int) -> Sequence[int]:
    """The oldest ones that ended so and can be sent once more: a message whose code was erased cannot."""
    rows = Message.objects.for_tenant(tenant_id).filter(status=status).exclude(is_code=True, secrets=None)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def batches(ids_by_owner: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, Sequence[int]]]:
    """(tenant id, message ids) in pieces that one short transaction can take."""
    for tenant_id, ids in ids_by_owner.items():
        for start in range(0, len(ids), _BATCH):
            yield tenant_id, ids[start : start + _BATCH]
