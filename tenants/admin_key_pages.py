"""What the pages of all kinds of keys share: making one and showing its secret once, what is told of it, ending it."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from tenants.admin_actions import Question, audit, detail_action, unconfirmed
from tenants.admin_look import Tone, badge, moment
from tenants.admin_scoping import ScopedModelAdmin, tenants_of
from tenants.models import Tenant
from tenants.models.api_key import Scope

#: Days, as a form's choices.
_LIFETIMES = {"30": "30 days", "90": "90 days", "365": "One year", "": "Until it is revoked"}


class KeyFields(forms.Form):
    """What can be changed of a key later on."""

    name = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="What uses this key, for example “billing, production”.",
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text="What the key may do."
    )


class NewKeyFields(KeyFields):
    tenant = forms.ModelChoiceField(queryset=Tenant.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None)
    lifetime = forms.ChoiceField(
        choices=list(_LIFETIMES.items()),
        initial="365",
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Valid for",
    )
    field_order: tuple[str, ...] = ("tenant", "name", "scopes", "lifetime")

    def __init__(self, *args: Any, tenants: QuerySet[Tenant], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tenant"].queryset = tenants.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        wish: dict[str, Any] = super().clean() or {}
        days = wish.pop("lifetime", "")
        return {**wish, "expires_at": timezone.now() + timedelta(days=int(days)) if days else None}


class KeyAdmin(ScopedModelAdmin):
    """A subclass says how its keys are made and ended; the rest of their life is the same."""

    new_form: ClassVar[type[NewKeyFields]] = NewKeyFields
    #: The sentence above that form.
    lead: ClassVar[str]

    list_display_links = ("name",)
    list_select_related = ("tenant",)
    ordering = ("-id",)
    actions_detail = ("revoke",)

    def issue(self, wish: dict[str, Any]) -> tuple[Any, str]:
        """Stores a key as the form's data say: (its row, its secret in clear)."""
        raise NotImplementedError

    def end(self, key: Any) -> bool:
        """Revokes it; False when it had ended before."""
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A deleted key would take the answer to "who sent this?" with it. Keys are revoked.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.revoked_at is None)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.new_form(request.POST or None, tenants=tenants_of(request.user))
        if request.method == "POST" and form.is_valid():
            return self._issued(request, form.cleaned_data)
        shown = {"title": f"New {self.opts.verbose_name}", "opts": self.opts, "form": form, "lead": self.lead}
        return TemplateResponse(request, "tenants/key_new.html", self._page(request) | shown)

    def _issued(self, request: HttpRequest, wish: dict[str, Any]) -> HttpResponse:
        with transaction.atomic():
            key, secret = self.issue(wish)
            self.log_addition(request, key, [{"added": {}}])
        shown = {"title": f"New {self.opts.verbose_name}", "key": key, "secret": secret}
        # Neither the browser's cache nor a proxy may keep what is shown only once.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return TemplateResponse(request, "tenants/key_created.html", self._page(request) | shown, headers=headers)

    def _page(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "list_url": self._url("changelist")}

    def _url(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    @detail_action("Revoke", path="revoke", icon="block", danger=True)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.fetch_to_change(request, object_id)
        page = self._url("change", key.pk)
        question = Question(
            title="Revoke this key?",
            text="Whoever uses it is refused from the next request on. A revoked key cannot be brought back.",
            subjects=(f"{key} · {key.tenant}",),
            button="Revoke the key",
            back_url=page,
            is_dangerous=True,
        )
        asked = unconfirmed(request, question, model_admin=self)
        if asked is not None:
            return asked
        if self.end(key):
            audit(request, [key], did="Revoked.")
            messages.success(request, f"{key.name} is revoked.")
        return HttpResponseRedirect(page)

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        if row.revoked_at is not None:
            return badge("Revoked", Tone.BAD)
        if row.expires_at is not None and row.expires_at <= timezone.now():
            return badge("Expired", Tone.WARN)
        return badge("Active", Tone.GOOD)

    @admin.display(description="May")
    def may(self, row: Any) -> str:
        labels = dict(Scope.choices)
        return ", ".join(str(labels.get(scope, scope)) for scope in row.scopes) or "nothing"

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, row: Any) -> SafeString:
        return moment(row.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, row: Any) -> SafeString:
        return moment(row.last_used_at)

    @admin.display(description="Created")
    def created(self, row: Any) -> SafeString:
        return moment(row.created_at)
