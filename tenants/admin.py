"""Tenants, who may work for them, and the addresses they send as. Keys and the directory have modules of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tenants import admin_directory, admin_domains, admin_keys, admin_signing_keys
from tenants.admin_look import Tone, badge, mono
from tenants.admin_scoping import ScopedModelAdmin, ScopedTabularInline, sees_everything
from tenants.models import Membership, SenderIdentity, Tenant

__all__ = [
    "MembershipInline",
    "SenderIdentityAdmin",
    "TenantAdmin",
    "admin_directory",
    "admin_domains",
    "admin_keys",
    "admin_signing_keys",
]

_LANES = [(0, "Urgent"), (1, "Normal"), (2, "Bulk")]


class MembershipInline(ScopedTabularInline):
    """Who works for a tenant is decided by superusers: the list of all staff is not for everybody's eyes."""

    model = Membership
    verbose_name_plural = "Staff who see this tenant"
    autocomplete_fields = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_everything(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_everything(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_everything(request.user)


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    held_lanes = forms.TypedMultipleChoiceField(
        choices=_LANES,
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Hold when uncertain",
        help_text=Tenant._meta.get_field("held_lanes").help_text,
    )

    class Meta:
        model = Tenant
        fields = (
            "name", "code", "default_language", "is_active", "allows_custom_content", "held_lanes", "daily_quota",
            "rate_per_second", "max_attachment_bytes",
        )  # fmt: skip


@admin.register(Tenant)
class TenantAdmin(ScopedModelAdmin):
    tenant_lookup = "pk"
    form = TenantForm
    list_display = ("name", "short_name", "state", "default_language", "content")
    search_fields = ("name", "code")
    search_help_text = "Name or code"
    empty_text = "A tenant is one customer or team, with its own keys, templates and record of mail. Add the first one."
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("name", "code", "is_active")}),
        ("Sending", {"fields": ("default_language", "allows_custom_content", "held_lanes")}),
        ("Limits", {"fields": ("daily_quota", "rate_per_second", "max_attachment_bytes")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its mail stays on record; a tenant that left is switched off.
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Logs and commands name tenants by code.
        return () if obj is None else ("code",)

    @admin.display(description="Code", ordering="code")
    def short_name(self, row: Tenant) -> SafeString:
        return mono(row.code)

    @admin.display(description="State", ordering="is_active")
    def state(self, row: Tenant) -> SafeString:
        return badge("Active", Tone.GOOD) if row.is_active else badge("Switched off", Tone.QUIET)

    @admin.display(description="May send")
    def content(self, row: Tenant) -> str:
        return "templates and own content" if row.allows_custom_content else "templates only"


class SenderIdentityForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SenderIdentity
        fields = ("tenant", "value", "display_name")

    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"].strip()
        local, at, domain = value.rpartition("@")
        if not at or "." not in domain or " " in value or "@" in local:
            raise ValidationError("Write an address (billing@example.com) or a whole domain (@example.com).")
        return value

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        tenant_id = cleaned["tenant"].pk if cleaned.get("tenant") else self.instance.tenant_id
        if tenant_id and cleaned.get("value"):
            # Where the tenant is read-only, Django leaves the constraint unchecked.
            same = SenderIdentity.objects.for_tenant(tenant_id).filter(value__iexact=cleaned["value"])
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("value", "This tenant has it already.")
        return cleaned


@admin.register(SenderIdentity)
class SenderIdentityAdmin(ScopedModelAdmin):
    form = SenderIdentityForm
    list_display = ("value", "display_name", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("value", "display_name")
    search_help_text = "Address, domain or name"
    empty_text = "Addresses and domains that a tenant may send as, besides those its mail server allows."
    ordering = ("value",)
    fields = ("tenant", "value", "display_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("tenant",)
