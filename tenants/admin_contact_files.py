"""Contacts from a file and into one, for staff; over the same functions as the command."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from tenants import contact_csv
from tenants.admin_actions import audit, list_action
from tenants.admin_files import ImportForm, shown_errors
from tenants.admin_scoping import rows_for, tenants_of
from tenants.contact_import import Imported, import_contacts, rehearse_import
from tenants.errors import DomainError
from tenants.models import Contact, ContactGroup, GroupMember, Tenant

_COLUMNS: dict[str, str] = {ContactGroup.Kind.DEPT: "depts", ContactGroup.Kind.GROUP: "groups"}


class ContactImportForm(ImportForm):
    columns = contact_csv.COLUMNS
    command = "import_contacts"


class ContactFiles(ModelAdmin):  # type: ignore[type-arg]
    """The part of the contacts' admin that reads and writes files."""

    actions_list = ("import_file",)
    actions = ("export",)

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        return super().get_actions_list(request) if self._may_import(request) else []  # type: ignore[misc]

    @list_action("Import a file", path="import", icon="upload_file")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        if not self._may_import(request):
            raise PermissionDenied
        form = ContactImportForm(request.POST or None, request.FILES or None, tenants=tenants_of(request.user))
        imported = None
        if request.method == "POST" and form.is_valid():
            imported = self._import(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import contacts",
            "opts": self.opts,
            "form": form,
            "imported": imported,
            "wrong": shown_errors(imported.errors if imported else ()),
        }
        return TemplateResponse(request, "tenants/contacts_import.html", context)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, contacts: QuerySet[Contact]) -> HttpResponseBase | None:
        tenants = list(Tenant.objects.filter(pk__in=contacts.order_by().values("tenant"))[:2])
        if len(tenants) != 1:
            messages.error(request, "A file holds the contacts of one tenant. Choose some of one tenant only.")
            return None
        audit(request, tenants, did="Exported contacts.")
        groups = _groups(rows_for(GroupMember, request.user).filter(tenant=tenants[0]))
        lines = contact_csv.write(contacts.order_by("pk").iterator(), groups)
        return StreamingHttpResponse(_encoded(lines), headers=_headers(f"contacts-{tenants[0].code}.csv"))

    def _may_import(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def _import(self, request: HttpRequest, form: ImportForm) -> Imported | None:
        tenant, data = form.cleaned_data["tenant"], form.cleaned_data["file"].read()
        try:
            if form.cleaned_data["is_rehearsal"]:
                return rehearse_import(tenant, data)
            imported = import_contacts(tenant, data)
        except DomainError as error:
            form.add_error("file", str(error))
            return None
        if not imported.errors:
            audit(request, [tenant], did=f"Imported contacts: {imported.created} new, {imported.updated} changed.")
        return imported


def _groups(members: QuerySet[GroupMember]) -> Mapping[int, Mapping[str, list[int]]]:
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    rows = members.order_by("contact", "group__number").values_list("contact", "group__kind", "group__number")
    for contact_id, kind, number in rows.iterator():
        found[contact_id][_COLUMNS[kind]].append(number)
    return found


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    return (line.encode() for line in lines)


def _headers(file_name: str) -> dict[str, str]:
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "private, no-store",
    }
