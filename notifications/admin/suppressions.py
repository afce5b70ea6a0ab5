"""Who gets nothing, in the admin: looked up, added, taken off. Rules are in ``notifications.suppression``."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter

from notifications import suppression
from notifications.addresses import normalise
from notifications.admin.suppression_files import SuppressionFiles
from notifications.contracts import Channel, SuppressionSource
from notifications.models import Suppression
from notifications.suppression import Entry
from tenants.admin_look import Tone, badge, line, moment, mono, muted
from tenants.admin_scoping import ScopedModelAdmin
from tenants.errors import InvalidField

_CHANNELS = {Channel.EMAIL: "E-mail", Channel.SMS: "SMS"}
_SOURCES = {
    SuppressionSource.MANUAL: ("Added by hand", Tone.QUIET),
    SuppressionSource.IMPORT: ("From a file", Tone.QUIET),
    SuppressionSource.UNSUBSCRIBE: ("Unsubscribed", Tone.BUSY),
    SuppressionSource.BOUNCE: ("Mail came back", Tone.WARN),
    SuppressionSource.COMPLAINT: ("Reported spam", Tone.BAD),
}


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Suppression
        fields = ("tenant", "channel", "address", "category", "note", "expires_at")
        labels = {"expires_at": "Until"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "address" in cleaned and "channel" in cleaned:
            cleaned["address"] = self._judged("address", suppression.clean_address, Channel(cleaned["channel"]))
        if "category" in cleaned:
            cleaned["category"] = self._judged("category", suppression.clean_category)
        return cleaned

    def clean_expires_at(self) -> Any:
        end = self.cleaned_data["expires_at"]
        if end is not None and end <= timezone.now():
            raise ValidationError("That is over already.")
        return end

    def _get_validation_exclusions(self) -> set[str]:
        # Leaves the unique constraint unchecked: to add an address that is there is no mistake, it puts off its end.
        return super()._get_validation_exclusions() | {"category"}  # type: ignore[misc, no-any-return]

    def _judged(self, field: str, clean: Any, *arguments: Any) -> Any:
        try:
            return clean(*arguments, self.cleaned_data[field])
        except InvalidField as error:
            self.add_error(field, str(error.params["reason"]))
            return self.cleaned_data.get(field)


class StateFilter(DropdownFilter):  # type: ignore[misc]
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("active", "Gets nothing now"), ("ended", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        narrow = {"active": suppression.active, "ended": suppression.ended}.get(self.value() or "")
        return narrow(queryset) if narrow else queryset


class _ColumnFilter(DropdownFilter):  # type: ignore[misc]
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class ChannelFilter(_ColumnFilter):
    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(channel.value, name) for channel, name in _CHANNELS.items()]


class SourceFilter(_ColumnFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(source.value, name) for source, (name, _) in _SOURCES.items()]


class CategoryFilter(TextFilter):  # type: ignore[misc]
    title = "category"
    parameter_name = "category"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category=self.value().strip().casefold()) if self.value() else queryset


@admin.register(Suppression)
class SuppressionAdmin(SuppressionFiles, ScopedModelAdmin):
    form = SuppressionForm
    list_display = ("shown_address", "stops", "why", "belongs_to", "shown_note", "since", "ends")
    list_display_links = ("shown_address",)
    list_select_related = ("tenant",)
    list_filter = (StateFilter, ChannelFilter, SourceFilter, CategoryFilter, ("created_at", RangeDateFilter))
    search_fields = ("address",)
    search_help_text = "How the address begins"
    empty_text = (
        "Everybody gets what is sent to them. Addresses come here when people unsubscribe, from a file, or by hand."
    )
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("tenant", "channel", "address", "category", "note", "expires_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(address__startswith=normalise(search_term)), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # One is added and taken off; what it said meanwhile stays as it was.
        return super().has_change_permission(request, obj) and obj is None

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        entry = Entry(obj.address, obj.category, obj.note, obj.expires_at)
        suppression.add(obj.tenant_id, Channel(obj.channel), [entry])
        own = Suppression.objects.for_tenant(obj.tenant_id)
        obj.pk = own.get(channel=obj.channel, address=obj.address, category=obj.category).pk

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        suppression.remove_by_id(obj.tenant_id, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        for tenant_id in set(queryset.order_by().values_list("tenant", flat=True)):
            suppression.remove_by_id(tenant_id, list(queryset.filter(tenant=tenant_id).values_list("pk", flat=True)))

    @admin.display(description="Address", ordering="address")
    def shown_address(self, row: Suppression) -> SafeString:
        return mono(row.address)

    @admin.display(description="Gets no", ordering="category")
    def stops(self, row: Suppression) -> SafeString:
        return line(row.category) if row.category else badge("Mail at all", Tone.WARN, title="Not even codes")

    @admin.display(description="Why", ordering="source")
    def why(self, row: Suppression) -> SafeString:
        return badge(*_SOURCES[SuppressionSource(row.source)])

    @admin.display(description="Tenant", ordering="tenant__name")
    def belongs_to(self, row: Suppression) -> SafeString:
        return line(row.tenant)

    @admin.display(description="Note")
    def shown_note(self, row: Suppression) -> SafeString:
        return format_html('<span class="ang-clip ang-clip--short" title="{0}">{0}</span>', row.note)

    @admin.display(description="Since", ordering="created_at")
    def since(self, row: Suppression) -> SafeString:
        return moment(row.created_at)

    @admin.display(description="Until", ordering="expires_at")
    def ends(self, row: Suppression) -> SafeString:
        if row.expires_at is not None and row.expires_at <= timezone.now():
            return muted("over")
        return moment(row.expires_at, empty="taken off")
