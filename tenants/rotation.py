"""New keys for old secrets: seals every SecretField of the project anew, with the first of FIELD_ENCRYPTION_KEYS.

Run it twice, or beside everything else: a secret that somebody changes meanwhile is left as they made it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Model

from tenants.errors import SealBroken
from tenants.sealed import SecretField


@dataclass(slots=True)
class Rotation:
    resealed: int = 0
    #: What no configured key opens, as "table id column". It is left as it is.
    broken: list[str] = field(default_factory=list)


def reseal_fields() -> Rotation:
    """Every row of every model that has a SecretField."""
    rotation = Rotation()
    for model, column in _columns():
        # For rows with an owner it is across_tenants: keys are the platform's, and so is this.
        rows = model._base_manager.order_by("pk")
        for pk, secret in rows.exclude(**{column: None}).values_list("pk", column).iterator(chunk_size=500):
            try:
                resealed = secret.resealed()
            except SealBroken:
                rotation.broken.append(f"{model._meta.label} {pk} {column}")
                continue
            rotation.resealed += rows.filter(pk=pk, **{column: secret}).update(**{column: resealed})
    return rotation


def _columns() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        yield from ((model, column.name) for column in model._meta.concrete_fields if isinstance(column, SecretField))
