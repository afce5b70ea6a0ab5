"""The list of suppressions: its public names, and the columns they stand for. Ours, in AngusGM's grammar."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, FilterSet

from notifications import suppression
from notifications.addresses import normalise
from notifications.facades.angus import grammar
from notifications.facades.angus.grammar import Column
from notifications.facades.angus.lists import FlagFilter, Shape, TimeFilter, WholeFilter


class SuppressionFilters(FilterSet):  # type: ignore[misc]
    """One filter per equality parameter; ``field_name`` is our column."""

    id = WholeFilter(field_name="id")
    channel = CharFilter(field_name="channel", method="with_constant")
    address = CharFilter(field_name="address", method="with_address")
    category = CharFilter(field_name="category", method="with_constant")
    source = CharFilter(field_name="source", method="with_constant")
    active = FlagFilter(method="with_active")
    createdDate = TimeFilter(field_name="created_at")
    expireDate = TimeFilter(field_name="expires_at")

    def with_constant(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(**{name: value.casefold()})

    def with_address(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(address=normalise(value))

    def with_active(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return suppression.active(rows) if value else suppression.ended(rows)


def _folded(value: str) -> Sequence[Any]:
    return [value.casefold()]


def _address(value: str) -> Sequence[Any]:
    return [normalise(value)]


SUPPRESSIONS = Shape(
    parameters=SuppressionFilters,
    columns={
        "id": Column("id", grammar.whole, can_range=True),
        "channel": Column("channel", _folded),
        "address": Column("address", _address, can_match=True),
        "category": Column("category", _folded, can_match=True),
        "source": Column("source", _folded),
        "createdDate": Column("created_at", grammar.moment, can_range=True),
        "expireDate": Column("expires_at", grammar.moment, can_range=True),
    },
    orders={"id": "id", "address": "address", "createdDate": "created_at"},
)
