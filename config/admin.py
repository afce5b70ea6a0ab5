"""Admin pages of what is not ours: users and groups in unfold's clothes, the audit log; beat's tables are hidden."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_celery_beat import admin as beat_admin
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tenants.admin_look import Tone, badge, moment
from tenants.models import Membership

# The schedule is code (config/celery.py); rows edited by hand would only be overwritten.
for model in (
    beat_admin.PeriodicTask,
    beat_admin.IntervalSchedule,
    beat_admin.CrontabSchedule,
    beat_admin.SolarSchedule,
    beat_admin.ClockedSchedule,
):
    admin.site.unregister(model)
admin.site.unregister(User)
admin.site.unregister(Group)


class _SuperusersOnly:
    """Whoever may edit users can make themselves anything, so permissions alone do not open these pages."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)


class TenantsOfUserInline(_SuperusersOnly, TabularInline):  # type: ignore[misc]
    model = Membership
    extra = 0
    verbose_name_plural = "Tenants this person sees (superusers see all)"
    autocomplete_fields = ("tenant",)


@admin.register(User)
class UserAdmin(_SuperusersOnly, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "role", "seen")
    list_fullwidth = True
    inlines = (TenantsOfUserInline,)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None else ()

    @admin.display(description="Role")
    def role(self, row: User) -> SafeString:
        if not row.is_active:
            return badge("Inactive", Tone.QUIET)
        if row.is_superuser:
            return badge("Administrator", Tone.WARN)
        return badge("Operator", Tone.GOOD) if row.is_staff else badge("No admin access", Tone.QUIET)

    @admin.display(description="Last login", ordering="last_login")
    def seen(self, row: User) -> SafeString:
        return moment(row.last_login)


@admin.register(Group)
class GroupAdmin(_SuperusersOnly, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    list_fullwidth = True


@admin.register(LogEntry)
class LogEntryAdmin(ModelAdmin):  # type: ignore[misc]
    """Who did what through the admin. Nobody edits it, not even here."""

    list_display = ("when", "user", "deed", "content_type", "object_repr", "said")
    list_select_related = ("user", "content_type")
    list_fullwidth = True
    search_fields = ("object_repr", "user__username")
    search_help_text = "Object or user name"
    ordering = ("-id",)
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="When")
    def when(self, row: LogEntry) -> SafeString:
        return moment(row.action_time)

    @admin.display(description="Did")
    def deed(self, row: LogEntry) -> SafeString:
        marks = {ADDITION: ("Added", Tone.GOOD), CHANGE: ("Changed", Tone.BUSY), DELETION: ("Deleted", Tone.BAD)}
        return badge(*marks.get(row.action_flag, ("Other", Tone.QUIET)))

    @admin.display(description="What exactly")
    def said(self, row: LogEntry) -> str:
        return row.get_change_message()
