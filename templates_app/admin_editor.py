"""The text of a template in one language: typed on the left, seen on the right, published when it is right."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from templates_app import publishing
from templates_app.errors import TemplateRefused
from templates_app.models import Dialect, TemplateVersion, Translation
from templates_app.publishing import Source
from tenants import admin_frame
from tenants.admin_actions import audit
from tenants.admin_scoping import ScopedModelAdmin
from tenants.errors import DomainError

_VERSIONS_SHOWN = 30
_CODE = {"wrap": "off", "spellcheck": "false", "data-lines": "", "autocomplete": "off"}


class TextForm(forms.Form):
    subject = forms.CharField(required=False, max_length=400, widget=UnfoldAdminTextInputWidget)
    html = forms.CharField(
        label="HTML", required=False, strip=False, widget=UnfoldAdminTextareaWidget({**_CODE, "rows": 18})
    )
    text = forms.CharField(
        label="Plain text",
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget({**_CODE, "rows": 8}),
        help_text="Leave empty to have it made from the HTML when you publish.",
    )
    dialect = forms.ChoiceField(label="Variables are written", choices=Dialect.choices, widget=UnfoldAdminSelectWidget)
    sample = forms.CharField(
        label="Sample data",
        required=False,
        widget=UnfoldAdminTextareaWidget({**_CODE, "rows": 4}),
        help_text="JSON for the preview only; variables that are missing show their name.",
    )

    def source(self) -> Source:
        typed = self.cleaned_data
        return Source(typed["subject"], typed["html"], typed["text"], typed["dialect"])

    def refuse(self, error: TemplateRefused) -> None:
        """Puts each problem on the field it is in, with its line."""
        for line, reason in error.problems:
            part = next((part for part in ("Subject", "HTML", "Text") if reason.startswith(part)), None)
            sentence = reason.removeprefix(f"{part}: ") if part else reason
            self.add_error(part.lower() if part else None, f"Line {line}: {sentence}" if part else sentence)
            if part:
                marked = self.fields[part.lower()].widget.attrs
                marked["data-wrong"] = f"{marked.get('data-wrong', '')} {line}".strip()


@admin.register(Translation)
class TranslationAdmin(ScopedModelAdmin):
    """Reached from the template's page; permissions are the template's."""

    tenant_lookup = "template__tenant"
    list_display = ("template", "language")
    list_select_related = ("template",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.view_template"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.change_template")) and self._may_write(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("template__tenant", "published")

    def get_urls(self) -> list[URLPattern]:
        guarded: Any = self.admin_site.admin_view(self.preview_view)
        return [
            path("<int:object_id>/preview/", guarded, name="templates_app_translation_preview"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:templates_app_template_changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        translation: Translation = self.fetch(request, object_id)
        versions = list(translation.versions.order_by("-number")[:_VERSIONS_SHOWN])
        if request.method == "POST":
            form = TextForm(request.POST)
            done = self._act(request, self.fetch_to_change(request, object_id), form)
            if done:
                return HttpResponseRedirect(reverse("admin:templates_app_translation_change", args=[translation.pk]))
        else:
            form = TextForm(initial=_initial(_shown(request, translation, versions)))
        context = {
            **self.admin_site.each_context(request),
            "title": str(translation),
            "opts": self.opts,
            "original": translation,
            "translation": translation,
            "versions": versions,
            "form": form,
            "may_write": self.has_change_permission(request, translation),
        }
        return TemplateResponse(request, "templates_app/editor.html", context)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What is in the form right now, as a recipient would read it; for the sandboxed frame beside the form."""
        self.fetch(request, str(object_id))
        if request.method != "POST":
            raise PermissionDenied
        form = TextForm(request.POST)
        if not form.is_valid():
            return admin_frame.note_page("Nothing to show yet.", [str(each[0]) for each in form.errors.values()])
        try:
            sample = _sample(form.cleaned_data["sample"])
            example = publishing.example_params(publishing.check(form.source()))
            rendered = publishing.preview(form.source(), {**example, **sample})
        except TemplateRefused as error:
            return admin_frame.note_page(
                "This text cannot be published yet.", [f"Line {line}: {reason}" for line, reason in error.problems]
            )
        except DomainError as error:
            return admin_frame.note_page("The preview stopped.", [str(error)])
        except ValueError as error:
            return admin_frame.note_page("The sample data is not a JSON object.", [str(error)])
        if request.POST.get("part") == "text" or not rendered.html:
            return admin_frame.text_page(f"Subject: {rendered.subject}\n\n{rendered.text}")
        return admin_frame.html_page(rendered.html)

    def _act(self, request: HttpRequest, translation: Translation, form: TextForm) -> bool:
        """Does what the pressed button says; False when the form has to be shown again."""
        deed = request.POST.get("do")
        if deed == "withdraw":
            publishing.withdraw(translation)
            self._note(request, translation, "Withdrawn: new sends no longer find this language.")
            return True
        if deed == "republish":
            version = translation.versions.filter(number=request.POST.get("number") or 0).first()
            return version is not None and self._publish(request, translation, version)
        if not form.is_valid():
            return False
        try:
            source = form.source()
            version = publishing.draft(
                translation, subject=source.subject, html=source.html, text=source.text, dialect=source.dialect
            )
            if deed == "publish":
                return self._publish(request, translation, version)
        except TemplateRefused as error:
            form.refuse(error)
            return False
        self._note(request, translation, f"Draft v{version.number} saved.")
        return True

    def _publish(self, request: HttpRequest, translation: Translation, version: TemplateVersion) -> bool:
        publishing.publish(version)
        self._note(request, translation, f"Version {version.number} published: new sends use it.")
        return True

    def _note(self, request: HttpRequest, translation: Translation, said: str) -> None:
        audit(request, [translation], did=said)
        messages.success(request, said)


def _shown(request: HttpRequest, translation: Translation, versions: list[TemplateVersion]) -> TemplateVersion | None:
    """The version that was asked for, else the open draft, else the published one."""
    wanted = request.GET.get("version", "")
    if wanted.isascii() and wanted.isdigit():
        return next((version for version in versions if version.number == int(wanted)), None)
    draft = next((version for version in versions if version.published_at is None), None)
    return draft or translation.published


def _initial(version: TemplateVersion | None) -> dict[str, str]:
    if version is None:
        return {"dialect": Dialect.JINJA}
    return {
        "subject": version.source_subject,
        "html": version.source_html,
        "text": version.source_text,
        "dialect": version.dialect,
    }


def _sample(typed: str) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object."""
    value = json.loads(typed) if typed.strip() else {}
    if not isinstance(value, dict):
        raise ValueError('Write an object, for example {"name": "Ann"}.')
    return value
