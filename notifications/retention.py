"""What is forgotten by itself: answers kept for idempotency keys, and codes and suppressions that ended long ago."""

from notifications import idempotency, suppression, verification


def forget() -> int:
    """Deletes what is past its time; returns how many rows. Each deletion follows an index, so it may run often."""
    return idempotency.purge() + suppression.purge() + verification.purge()
