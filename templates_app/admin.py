"""Templates in the admin: what they are called, which business keys choose them, and the way to their texts."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from templates_app import admin_editor, publishing
from templates_app.biz_keys import stored_spelling
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from tenants.admin_look import Tone, badge, mono, muted, owner
from tenants.admin_scoping import ScopedModelAdmin, ScopedTabularInline

__all__ = ["TemplateAdmin", "admin_editor"]


class BindingForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = BizKeyBinding
        fields = ("biz_key",)

    def clean_biz_key(self) -> str:
        key = stored_spelling(self.cleaned_data["biz_key"].strip())
        template = self.instance.template
        taken = (
            BizKeyBinding.objects.visible_to(template.tenant_id or 0)
            .filter(tenant_id=template.tenant_id, channel=template.channel, biz_key=key)
            .exclude(pk=self.instance.pk)
            .select_related("template")
            .first()
        )
        if taken is not None:
            raise ValidationError(f"This key chooses {taken.template.code} already.")
        return key


class _BindingFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """A binding has its template's owner and channel; nobody types them."""

    def _construct_form(self, i: int, **options: Any) -> Any:
        form = super()._construct_form(i, **options)  # type: ignore[misc]
        form.instance.tenant_id, form.instance.channel = self.instance.tenant_id, self.instance.channel
        return form

    def clean(self) -> None:
        keys = Counter(
            form.cleaned_data["biz_key"]
            for form in self.forms
            if form.cleaned_data.get("biz_key") and not form.cleaned_data.get("DELETE")
        )
        twice = [key for key, n in keys.items() if n > 1]
        if twice:
            raise ValidationError(f"{', '.join(twice)} stands here twice.")


class BindingInline(ScopedTabularInline):
    model = BizKeyBinding
    form = BindingForm
    formset = _BindingFormSet
    fields = ("biz_key",)
    verbose_name = "business key"
    hide_title = True
    verbose_name_plural = "Business keys that choose this template"

    # Who may change a template may say what chooses it.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.view_template"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.change_template"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.change_template"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("templates_app.change_template"))


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Template
        fields = ("code", "name", "tenant", "channel", "remark", "verification_code", "code_validity_s")

    def clean(self) -> dict[str, Any]:
        # Django cannot check this one by itself: the constraint stands on a generated column.
        cleaned: dict[str, Any] = super().clean() or {}
        if "code" in cleaned and "tenant" in cleaned and "channel" in cleaned:
            tenant = cleaned["tenant"]
            same = Template.objects.visible_to(tenant.pk if tenant else 0).filter(
                tenant=tenant, channel=cleaned["channel"]
            )
            if same.filter(code=cleaned["code"]).exists():
                self.add_error("code", "This owner has a template of this code already.")
        return cleaned


class LanguageForm(forms.Form):
    language = forms.RegexField(
        r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}$",
        max_length=20,
        widget=UnfoldAdminTextInputWidget({"placeholder": "en, zh_CN …"}),
        error_messages={"invalid": "Write a language tag, for example en or zh_CN."},
    )


@admin.register(Template)
class TemplateAdmin(ScopedModelAdmin):
    form = TemplateForm
    list_display = ("code_shown", "name", "belongs_to", "channel", "languages", "keys")
    list_select_related = ("tenant",)
    search_fields = ("code", "name", "bindings__biz_key")
    search_help_text = "Code, name or business key"
    ordering = ("code",)
    inlines = (BindingInline,)
    change_form_outer_after_template = "templates_app/languages.html"
    empty_text = "A template gives applications a business key to send by, and you the words. Add the first one."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Messages render from the version they recorded, also those that still wait. A language is withdrawn instead.
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("code", "belongs_to", "channel")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        owner_field = "tenant" if obj is None else "belongs_to"
        return (
            (None, {"fields": ("code", "name", owner_field, "channel", "remark")}),
            ("Verification codes", {"fields": ("verification_code", "code_validity_s")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        drafts = TemplateVersion.objects.filter(translation=OuterRef("pk"), published_at=None)
        translations = Translation.objects.select_related("published").annotate(has_draft=Exists(drafts))
        rows: QuerySet[Template] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("translations", translations), "bindings")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        # A new template has no owner to give to its bindings before it is saved.
        return self.inlines if obj is not None else ()

    def get_urls(self) -> list[URLPattern]:
        guarded: Any = self.admin_site.admin_view(self.language_view)
        own = path("<int:object_id>/language/", guarded, name="templates_app_template_language")
        return [own, *super().get_urls()]

    def response_add(self, request: HttpRequest, obj: Template, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, "Now add a language and write its text.")
        return HttpResponseRedirect(reverse("admin:templates_app_template_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: Any, **options: Any) -> HttpResponse:
        context["language_form"] = LanguageForm()
        template = context.get("original")
        context["translations"] = list(template.translations.all()) if template else []
        context["may_write"] = template is not None and self.has_change_permission(request, template)
        answer: HttpResponse = super().render_change_form(request, context, **options)
        return answer

    def language_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Begins a language and opens its text."""
        template = self.fetch_to_change(request, str(object_id))
        if request.method != "POST":
            raise PermissionDenied
        form = LanguageForm(request.POST)
        if not form.is_valid():
            messages.error(request, str(form.errors["language"][0]))
            return HttpResponseRedirect(reverse("admin:templates_app_template_change", args=[template.pk]))
        translation = publishing.translation_of(template, form.cleaned_data["language"])
        return HttpResponseRedirect(reverse("admin:templates_app_translation_change", args=[translation.pk]))

    @admin.display(description="Code", ordering="code")
    def code_shown(self, row: Template) -> SafeString:
        return mono(row.code)

    @admin.display(description="Owner", ordering="tenant__name")
    def belongs_to(self, row: Template) -> SafeString:
        return owner(row.tenant)

    @admin.display(description="Languages")
    def languages(self, row: Template) -> SafeString:
        marks = ((_language(translation),) for translation in row.translations.all())
        return format_html('<span class="ang-line">{}</span>', format_html_join(" ", "{}", marks) or muted("none yet"))

    @admin.display(description="Business keys")
    def keys(self, row: Template) -> SafeString:
        return mono(", ".join(binding.biz_key for binding in row.bindings.all())) if row.bindings.all() else muted("–")


def _language(translation: Any) -> SafeString:
    url = reverse("admin:templates_app_translation_change", args=[translation.pk])
    if translation.published is None:
        mark = badge(f"{translation.language} draft", Tone.WARN, title="Never published")
    else:
        note = ", newer draft" if translation.has_draft else ""
        mark = badge(f"{translation.language} v{translation.published.number}{note}", Tone.GOOD, title="Published")
    return format_html('<a href="{}">{}</a>', url, mark)
