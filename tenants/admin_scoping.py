"""Who sees what in the admin: a superuser everything, other staff only the tenants that name them in a Membership.

Each ModelAdmin and inline of a model that leads to a tenant has ``Scoped`` as its first base; a test walks the registry
and fails for one that forgot.
"""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from tenants.models import Tenant

Anyone = User | AbstractBaseUser | AnonymousUser


def sees_everything(user: Anyone) -> bool:
    return bool(getattr(user, "is_superuser", False))


def tenants_of(user: Anyone) -> QuerySet[Tenant]:
    """The tenants this person works for, by name."""
    if sees_everything(user):
        return Tenant.objects.all()
    # Without the ``or``, nobody (no primary key) would see every tenant that has no members.
    return Tenant.objects.filter(memberships__user_id=user.pk or 0)


def visible(rows: QuerySet[Any], user: Anyone, *, lookup: str = "tenant") -> QuerySet[Any]:
    """The rows of this person's tenants, and the platform's where such rows exist. ``lookup`` leads to the tenant."""
    if sees_everything(user):
        return rows
    mine = Q(**{f"{lookup}__in": tenants_of(user).order_by()})
    if lookup != "pk":
        mine |= Q(**{f"{lookup}__isnull": True})
    return rows.filter(mine)


def rows_of(model: type[Any], tenants: Collection[int] | None) -> QuerySet[Any]:
    """A tenant-owned model's rows of these tenants; None, which only a superuser's scope is, means of all."""
    rows: QuerySet[Any] = model.across_tenants.all()
    return rows if tenants is None else rows.filter(tenant_id__in=tenants)


def rows_for(model: type[Any], user: Anyone) -> QuerySet[Any]:
    """A tenant-owned model's rows that this person may see."""
    return visible(model.across_tenants.all(), user)


class Scoped:
    """The mixin. Rows of the platform (no tenant) can be read by all staff and changed by superusers only."""

    #: From the model to its tenant, in Django's lookup spelling; "pk" where the model is the tenant.
    tenant_lookup: ClassVar[str] = "tenant"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request.user, lookup=self.tenant_lookup)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **options)  # type: ignore[misc]
        if isinstance(field, ModelChoiceField):
            field.queryset = self._choices(db_field.related_model, request, field.queryset)
            if db_field.related_model is Tenant and not sees_everything(request.user):
                field.required, field.empty_label = True, None
        return field

    def _choices(self, model: Any, request: HttpRequest, rows: Any) -> Any:
        if model is Tenant:
            return visible(rows, request.user, lookup="pk")
        owner = self.admin_site._registry.get(model)  # type: ignore[attr-defined]
        return visible(rows, request.user, lookup=owner.tenant_lookup) if isinstance(owner, Scoped) else rows


class ScopedModelAdmin(Scoped, ModelAdmin):  # type: ignore[misc]
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    #: What the list says while it has no rows: what belongs here and what to do next.
    empty_text = ""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_write(request, obj)

    def fetch(self, request: HttpRequest, object_id: str) -> Any:
        """The row behind a page of our own. Raises Http404 for a stranger's, like for one that is not there."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def fetch_to_change(self, request: HttpRequest, object_id: str) -> Any:
        """As ``fetch``. Raises PermissionDenied for those who may see the row but not change it."""
        row = self.fetch(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons of a row's page: none for those who may not change it."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_change_permission(request, row):
            return []
        return [each for each in super().get_actions_detail(request, object_id) if self.offers(each.path, row)]

    def offers(self, path: str, row: Any) -> bool:
        """Does the button at this path make sense for the row as it is now?"""
        return True

    def _may_write(self, request: HttpRequest, obj: Model | None) -> bool:
        return obj is None or sees_everything(request.user) or self._tenant_id(obj) is not None

    def _tenant_id(self, obj: Model) -> int | None:
        if self.tenant_lookup == "pk":
            return obj.pk  # type: ignore[no-any-return]
        value: Any = obj
        for step in self.tenant_lookup.split("__"):
            value = getattr(value, step if step != "tenant" else "tenant_id")
        return value  # type: ignore[no-any-return]

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        # Django redirects to the index with a note that repeats the id; a stranger's row must look like no row at all.
        raise Http404


class ScopedTabularInline(Scoped, TabularInline):  # type: ignore[misc]
    extra = 0


class ScopedStackedInline(Scoped, StackedInline):  # type: ignore[misc]
    extra = 0
