"""Suppressed addresses from a file, for staff; over the same functions as the command."""

from typing import Any

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelectWidget

from notifications.contracts import Channel
from notifications.suppression_import import COLUMNS, Imported, import_suppressions, rehearse_import
from tenants.admin_actions import audit, list_action
from tenants.admin_files import ImportForm, shown_errors
from tenants.admin_scoping import tenants_of
from tenants.errors import DomainError


class SuppressionImportForm(ImportForm):
    columns = COLUMNS
    command = "import_suppressions"
    field_order = ("tenant", "channel")

    channel = forms.ChoiceField(
        choices=[(Channel.EMAIL.value, "E-mail"), (Channel.SMS.value, "SMS")], widget=UnfoldAdminSelectWidget
    )


class SuppressionFiles(ModelAdmin):  # type: ignore[type-arg]
    """The part of the suppressions' admin that reads files."""

    actions_list = ("import_file",)

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        return super().get_actions_list(request) if self.has_add_permission(request) else []  # type: ignore[misc]

    @list_action("Import a file", path="import", icon="upload_file")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SuppressionImportForm(request.POST or None, request.FILES or None, tenants=tenants_of(request.user))
        imported = None
        if request.method == "POST" and form.is_valid():
            imported = self._import(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import suppressions",
            "opts": self.opts,
            "form": form,
            "imported": imported,
            "wrong": shown_errors(imported.errors if imported else ()),
        }
        return TemplateResponse(request, "notifications/suppressions_import.html", context)

    def _import(self, request: HttpRequest, form: SuppressionImportForm) -> Imported | None:
        chosen = form.cleaned_data
        tenant, act = chosen["tenant"], rehearse_import if chosen["is_rehearsal"] else import_suppressions
        try:
            imported = act(tenant, Channel(chosen["channel"]), chosen["file"].read())
        except DomainError as error:
            form.add_error("file", str(error))
            return None
        if not imported.errors and not chosen["is_rehearsal"]:
            audit(request, [tenant], did=f"Imported suppressions: {imported.new} new, {imported.known} known.")
        return imported
