"""The directory in the admin: people, their departments and groups. Files are in ``admin_contact_files``."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants import directory
from tenants.admin_contact_files import ContactFiles
from tenants.admin_look import LinesField, Tone, badge, mono, muted
from tenants.admin_scoping import ScopedModelAdmin, ScopedTabularInline, rows_for
from tenants.errors import InvalidField
from tenants.models import Contact, ContactGroup, GroupMember


class _OwnedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row that is told apart from its tenant's others by more than its primary key."""

    def twins(self, **values: Any) -> bool:
        """Has the tenant another row with these values?"""
        tenant_id = self.cleaned_data["tenant"].pk if self.cleaned_data.get("tenant") else self.instance.tenant_id
        rows = self._meta.model.objects.for_tenant(tenant_id or 0)
        return bool(rows.filter(**values).exclude(pk=self.instance.pk).exists())


class ContactForm(_OwnedForm):
    #: As people write it; it is stored in E.164.
    phone = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=Contact._meta.get_field("phone").help_text,
    )
    policies = LinesField(required=False, help_text=Contact._meta.get_field("policies").help_text)

    class Meta:
        model = Contact
        fields = ("tenant", "name", "email", "phone", "user_id", "language", "policies", "is_active")

    def clean_email(self) -> Any:
        return _judged(directory.clean_email, self.cleaned_data["email"])

    def clean_phone(self) -> Any:
        return _judged(directory.clean_phone, self.cleaned_data["phone"])

    def clean_policies(self) -> Any:
        return _judged(directory.clean_codes, "\n".join(self.cleaned_data["policies"]))

    def clean(self) -> dict[str, Any]:
        # Where the tenant is read-only, Django leaves the constraints unchecked.
        cleaned: dict[str, Any] = super().clean() or {}
        email, user_id = cleaned.get("email"), cleaned.get("user_id")
        if email and self.twins(email__iexact=email):
            self.add_error("email", "Another contact of this tenant has this address.")
        if user_id is not None and self.twins(user_id=user_id):
            self.add_error("user_id", "Another contact of this tenant has this number.")
        if not email and user_id is None and not {"email", "user_id"} & self.errors.keys():
            self.add_error("email", "Give an address or a user id, by which the contact is known.")
        return cleaned


class GroupForm(_OwnedForm):
    class Meta:
        model = ContactGroup
        fields = ("tenant", "kind", "number", "name")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("number") is not None and self.twins(kind=cleaned.get("kind"), number=cleaned["number"]):
            self.add_error("number", "This tenant has one of this kind with this number.")
        return cleaned


class MembershipFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Memberships belong to the tenant of their contact, and so do the groups."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            group = getattr(form, "cleaned_data", {}).get("group")
            if group is not None and group.tenant_id != self.instance.tenant_id:
                form.add_error("group", "It belongs to another tenant than the contact.")

    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.tenant_id = self.instance.tenant_id
        return super().save_new(form, commit)


class GroupMemberInline(ScopedTabularInline):
    model = GroupMember
    formset = MembershipFormSet
    fields = ("group",)
    autocomplete_fields = ("group",)
    hide_title = True
    verbose_name_plural = "Departments and groups"


class GroupFilter(admin.SimpleListFilter):
    """Set by a link from a group's page; a list of all groups would be too long to offer."""

    title = "group"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        chosen = request.GET.get("group", "")
        rows = rows_for(ContactGroup, request.user)
        return [(chosen, str(group)) for group in rows.filter(pk=chosen if _is_id(chosen) else None)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(memberships__group=value)


@admin.register(Contact)
class ContactAdmin(ContactFiles, ScopedModelAdmin):
    form = ContactForm
    list_display = ("who", "email", "phone", "number", "tenant", "state")
    list_display_links = ("who",)
    list_select_related = ("tenant",)
    list_filter = ("is_active", GroupFilter)
    search_fields = ("name", "email", "phone")
    search_help_text = "Name, address or phone"
    empty_text = (
        "Requests can name people, departments and groups instead of addresses. Import a file or add the first."
    )
    ordering = ("-id",)
    inlines = (GroupMemberInline,)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("tenant", "name", "email", "phone", "language", "is_active")}),
        ("How requests name them", {"fields": ("user_id", "policies")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("tenant",)

    @admin.display(description="Name", ordering="name")
    def who(self, row: Contact) -> str:
        return str(row)

    @admin.display(description="User id", ordering="user_id")
    def number(self, row: Contact) -> SafeString:
        return muted("none") if row.user_id is None else mono(row.user_id)

    @admin.display(description="State", ordering="is_active")
    def state(self, row: Contact) -> SafeString:
        return badge("Active", Tone.GOOD) if row.is_active else badge("Gets nothing", Tone.QUIET)


@admin.register(ContactGroup)
class ContactGroupAdmin(ScopedModelAdmin):
    form = GroupForm
    list_display = ("name", "kind", "shown_number", "tenant", "members")
    list_select_related = ("tenant",)
    list_filter = ("kind",)
    search_fields = ("name", "=number")
    search_help_text = "Name or number"
    empty_text = "Departments and groups, which requests name by number. An import makes those that its file names."
    ordering = ("name",)
    fields = ("tenant", "kind", "number", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        of_one = rows_for(GroupMember, request.user).filter(group=OuterRef("pk")).order_by().values("group")
        size = Subquery(of_one.annotate(n=Count("pk")).values("n"))
        groups: QuerySet[Any] = super().get_queryset(request).annotate(size=Coalesce(size, 0))
        return groups

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("tenant",)

    @admin.display(description="Number", ordering="number")
    def shown_number(self, row: ContactGroup) -> SafeString:
        return mono(row.number)

    @admin.display(description="Members", ordering="size")
    def members(self, row: Any) -> SafeString:
        return format_html(
            '<a href="{}?group={}">{}</a>', reverse("admin:tenants_contact_changelist"), row.pk, row.size
        )


def _judged(clean: Callable[[str], Any], text: str | None) -> Any:
    try:
        return clean(text or "")
    except InvalidField as error:
        raise ValidationError(str(error.params["reason"])) from error


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
