"""The start-up check of the sealed fields: web and workers refuse to start with keys that open nothing."""

from tenants.models import SealCanary
from tenants.sealed import Secret


def check() -> None:
    """Plants the canary on the first start; afterwards raises SealBroken when the configured keys do not open it."""
    canary, _ = SealCanary.objects.get_or_create(pk=1, defaults={"secret": Secret.of("the seal holds")})
    canary.secret.reveal()
