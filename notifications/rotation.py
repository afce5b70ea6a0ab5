"""New keys for what waits: seals the secrets of messages anew that are still to be sent, as ``tenants.rotation`` does
for the columns that hold secrets for good.
"""

from notifications.models import Message
from notifications.states import Status
from tenants.errors import SealBroken
from tenants.models import Tenant
from tenants.rotation import Rotation
from tenants.sealed import Secret

#: The others' secrets were erased when they ended.
_WITH_SECRETS = (Status.PENDING, Status.UNCERTAIN)


def reseal_messages() -> Rotation:
    """Every message that waits with a code, tenant by tenant, along the index of statuses."""
    rotation = Rotation()
    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        messages = Message.objects.for_tenant(tenant_id)
        waiting = messages.filter(status__in=_WITH_SECRETS, secrets__isnull=False).values_list("pk", "secrets")
        for pk, token in waiting.order_by("pk").iterator(chunk_size=500):
            try:
                resealed = Secret(str(token)).resealed().token
            except SealBroken:
                rotation.broken.append(f"{Message._meta.label} {pk} secrets")
                continue
            rotation.resealed += messages.filter(pk=pk, secrets=token).update(secrets=resealed)
    return rotation
