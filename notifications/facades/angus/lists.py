"""What the lists of this facade share: paging, order, equality parameters and the filters grammar (angus.md 2).

Each list has a ``Shape``: tables from public names to columns of ours. Nothing from a request becomes part of a lookup.
Where AngusGM answered 500, or dropped a condition it did not understand and returned every row, we answer an empty list
to values that nothing can have, and 400 to values that are not of their type.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django_filters import Filter, FilterSet

from notifications.facades.angus import grammar
from notifications.facades.angus.grammar import Column
from notifications.facades.refusals import OrderUnsupported
from notifications.search import Paging
from tenants.errors import InvalidField

_MAX_PAGE, _MAX_SIZE = 100_000, 2_000
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shape:
    """What one list may be asked for."""

    #: One filter per equality parameter.
    parameters: type[FilterSet]
    #: By filter key.
    columns: Mapping[str, Column]
    #: Column by what ``orderBy`` may name; ``id`` is among them, and the default.
    orders: Mapping[str, str]


class FlagField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        known = {"": None, "true": True, "false": False}
        text = (super().to_python(value) or "").lower()
        if text not in known:
            raise forms.ValidationError("true or false is expected.")
        return known[text]


class TimeField(forms.CharField):
    """Local time: with a blank as in AngusGM's bodies, or with a T as its query parameters wanted it."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            if not _TIME.fullmatch(text):
                raise ValueError
            return timezone.make_aware(datetime.fromisoformat(text))
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError("a time is written yyyy-MM-dd HH:mm:ss.") from error


class FlagFilter(Filter):  # type: ignore[misc]
    field_class = FlagField


class WholeFilter(Filter):  # type: ignore[misc]
    field_class = forms.IntegerField


class TimeFilter(Filter):  # type: ignore[misc]
    """Equal to the second: that is how finely times are shown."""

    field_class = TimeField

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.filter(**{f"{self.field_name}__gte": value, f"{self.field_name}__lt": value + timedelta(seconds=1)})


class PagingForm(forms.Form):
    pageNo = forms.IntegerField(min_value=1, max_value=_MAX_PAGE, required=False)
    pageSize = forms.IntegerField(min_value=1, max_value=_MAX_SIZE, required=False)
    orderBy = forms.CharField(max_length=100, required=False)
    orderSort = forms.ChoiceField(choices=[("ASC", "ASC"), ("DESC", "DESC")], required=False)
    # Accepted and without effect on e-mail lists, as in AngusGM.
    infoScope = forms.ChoiceField(choices=[("BASIC", "BASIC"), ("DETAIL", "DETAIL")], required=False)


def parse_paging(params: QueryDict, shape: Shape) -> Paging:
    """Raises InvalidField, OrderUnsupported."""
    form = PagingForm(params)
    _check(form)
    chosen = form.cleaned_data
    order = chosen["orderBy"] or "id"
    if order not in shape.orders:
        raise OrderUnsupported(field=order)
    return Paging(
        number=chosen["pageNo"] or 1,
        size=chosen["pageSize"] or 10,
        order=shape.orders[order],
        is_descending=chosen["orderSort"] != "ASC",
    )


def narrow(rows: QuerySet[Any], params: QueryDict, shape: Shape) -> QuerySet[Any]:
    """The rows that filters and equality parameters ask for; other names are ignored, as in AngusGM.

    Raises InvalidField and what ``grammar.parse`` raises.
    """
    conditions = grammar.parse(params, shape.columns)
    typed = params.copy()
    for key in {key for key, op in conditions if op is grammar.Op.EQUAL}:
        typed.pop(key, None)
    filters = shape.parameters(typed, queryset=rows)
    _check(filters.form)
    narrowed: QuerySet[Any] = filters.qs.filter(*conditions.values())
    return narrowed


def ordered(rows: QuerySet[Any], paging: Paging) -> QuerySet[Any]:
    """Rows without ties: the id decides among equals."""
    sign = "-" if paging.is_descending else ""
    return rows.order_by(f"{sign}{paging.order}", f"{sign}pk")


def _check(form: forms.Form) -> None:
    """Raises InvalidField for the first bad parameter."""
    errors: Mapping[str, Any] = form.errors
    for name, complaints in errors.items():
        raise InvalidField(field=name, reason=str(complaints[0]))
