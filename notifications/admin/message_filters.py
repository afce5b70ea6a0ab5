"""Filters and search of the message list. Each narrows the ``Wish``: by an index, by the id's time, or by looking.

None offers values that it would have to read from the messages, and none counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from notifications.addresses import normalise
from notifications.admin.pages import Edge, Wish, read
from notifications.contracts import Channel, Lane
from notifications.models.ids import first_id_at
from notifications.states import Status
from tenants.admin_scoping import sees_everything, tenants_of

#: What an operator should look at: it did not arrive as it should, and nothing will happen by itself.
PROBLEMS = (
    Status.FAILED,
    Status.UNCERTAIN,
    Status.PARTIAL,
    Status.EXPIRED,
    Status.BOUNCED,
    Status.COMPLAINED,
)
_MAX_ID = 2**63 - 1
_TENANTS_OFFERED = 500


class _Narrows:
    """The part that all our filters share: they act on the wish; the queryset stays as it is."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def narrow(self, wish: Wish) -> Wish:
        raise NotImplementedError


class StatusFilter(_Narrows, DropdownFilter):  # type: ignore[misc]
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("problems", "Problems"), *((status.value, status.value.title()) for status in Status)]

    def narrow(self, wish: Wish) -> Wish:
        value = self.value()
        wanted = PROBLEMS if value == "problems" else [status for status in Status if status == value]
        if not value:
            return wish
        if wish.sources != ({},):
            # A search has chosen its index; the few rows it finds are looked at.
            return replace(wish, rest=wish.rest & Q(status__in=wanted))
        return replace(wish, sources=tuple({"status": status} for status in wanted))


class TenantFilter(_Narrows, DropdownFilter):  # type: ignore[misc]
    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(str(pk), name) for pk, name in tenants_of(request.user).values_list("pk", "name")[:_TENANTS_OFFERED]]

    def narrow(self, wish: Wish) -> Wish:
        value = self.value()
        if not value:
            return wish
        chosen = int(value) if value.isdigit() else 0
        is_allowed = wish.tenants is None or chosen in wish.tenants
        return replace(wish, tenants=(chosen,) if is_allowed else ())


class _ColumnFilter(_Narrows, DropdownFilter):  # type: ignore[misc]
    options: ClassVar[tuple[tuple[str, str], ...]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return self.options

    def narrow(self, wish: Wish) -> Wish:
        if self.value() not in dict(self.options):
            return wish
        return replace(wish, rest=wish.rest & Q(**{self.parameter_name: self.value()}))


class ChannelFilter(_ColumnFilter):
    title = "channel"
    parameter_name = "channel"
    options = ((Channel.EMAIL.value, "E-mail"), (Channel.SMS.value, "SMS"))

    def narrow(self, wish: Wish) -> Wish:
        if wish.tenants is not None and wish.sources == ({},) and self.value() in dict(self.options):
            return replace(wish, sources=({"channel": self.value()},))
        return super().narrow(wish)


class LaneFilter(_ColumnFilter):
    title = "lane"
    parameter_name = "lane"
    options = tuple((str(lane.value), lane.name.title()) for lane in Lane)


class TemplateFilter(_Narrows, TextFilter):  # type: ignore[misc]
    title = "template code or business key"
    parameter_name = "template"

    def narrow(self, wish: Wish) -> Wish:
        value = (self.value() or "").replace("\0", "").strip()
        return replace(wish, rest=wish.rest & (Q(template_code=value) | Q(biz_key=value))) if value else wish


class _DaysForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (("accepted_from", "Accepted from"), ("accepted_to", "Accepted until, that day included")):
            widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
            self.fields[name] = forms.CharField(label=label, required=False, widget=widget)


class AcceptedFilter(_Narrows, SimpleListFilter):
    """Days, in the operators' time zone. Ids carry their time, so a range of days is a range of ids."""

    title = "accepted"
    parameter_name = "accepted_from"
    template = "unfold/filters/filters_field.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        last = params.pop("accepted_to", None)
        self.last_day = last[-1] if last else None

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def expected_parameters(self) -> list[str | None]:
        return ["accepted_from", "accepted_to"]

    def choices(self, changelist: Any) -> Any:
        yield {"form": _DaysForm({"accepted_from": self.value(), "accepted_to": self.last_day})}

    def narrow(self, wish: Wish) -> Wish:
        first, last = _day(self.value()), _day(self.last_day)
        if first is not None:
            wish = replace(wish, first_id=first_id_at(first))
        if last is not None:
            wish = replace(wish, last_id=first_id_at(last + timedelta(days=1)))
        return wish


def _day(text: str | None) -> datetime | None:
    """The beginning of a day, None for what is no day that an id could carry."""
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    if day is None or not 2020 <= day.year < 2200:
        return None
    return timezone.make_aware(datetime.combine(day, time()))


def scope(request: HttpRequest) -> Wish:
    """Everything this person may see."""
    if sees_everything(request.user):
        return Wish(tenants=None)
    return Wish(tenants=tuple(tenants_of(request.user).order_by().values_list("pk", flat=True)))


def search(wish: Wish, text: str) -> Wish:
    """By message id, the caller's own id or the first recipient's address, all whole and however old.

    Where none of these is found, by the beginning of the address, among the newest.
    """
    text = text.strip()
    if not text:
        return wish
    address = normalise(text)
    exact: tuple[Mapping[str, Any], ...] = ({"out_id": text}, {"recipient": address})
    if text.isascii() and text.isdigit() and int(text) <= _MAX_ID:
        exact = ({"id": int(text)}, *exact)
    whole = replace(wish, sources=exact)
    if read(whole, Edge(), size=1).ids:
        return whole
    return replace(wish, rest=wish.rest & Q(recipient__startswith=address))
