"""One row that proves at start-up that FIELD_ENCRYPTION_KEYS still open what was sealed."""

from django.db import models

from tenants.sealed import SecretField


class SealCanary(models.Model):
    secret = SecretField()

    def __str__(self) -> str:
        return "canary"
