"""Holds in the admin: begun with a reason, released, kept to read. Rules are in ``notifications.holds``."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from notifications import holds
from notifications.models import Hold
from tenants.admin_actions import Question, audit, detail_action, unconfirmed
from tenants.admin_look import Tone, badge, moment, owner
from tenants.admin_scoping import ScopedModelAdmin
from tenants.errors import DomainError, InvalidField


class HoldForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Hold
        fields = ("kind", "tenant", "value", "reason", "until")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        cleaned, tenant = self.cleaned_data, self.cleaned_data.get("tenant")
        try:
            holds.check(
                cleaned["kind"], cleaned["value"], tenant_id=tenant.pk if tenant else None, reason=cleaned["reason"]
            )
        except InvalidField as error:
            name = error.params["field"]
            self.add_error(name if name in self.fields else None, str(error.params["reason"]).capitalize())


@admin.register(Hold)
class HoldAdmin(ScopedModelAdmin):
    form = HoldForm
    list_display = ("what", "state", "belongs_to", "reason", "since", "ends")
    list_select_related = ("tenant",)
    search_fields = ("value", "reason")
    empty_text = (
        "Nothing is held back. A hold stops mail of a tenant, a template, a server or to a domain, with a reason."
    )
    search_help_text = "Value or reason"
    fields = ("kind", "tenant", "value", "reason", "until")
    actions_detail = ("release",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A hold is begun and released; what it said meanwhile stays as it was.
        return super().has_change_permission(request, obj) and (obj is None or obj.released_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.fields

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        if not change:
            made = holds.begin(
                Hold.Kind(obj.kind),
                obj.value,
                tenant_id=obj.tenant_id,
                reason=obj.reason,
                until=obj.until,
                user_id=request.user.pk,
            )
            obj.pk = made.pk

    @detail_action("Release", path="release", icon="play_circle")
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        hold = self.fetch_to_change(request, object_id)
        page = reverse("admin:notifications_hold_changelist")
        question = Question(
            title="Release this hold?",
            text="What waits for it goes back to the queue and leaves as soon as a server takes it.",
            subjects=(f"{hold} · {hold.reason}",),
            button="Release it",
            back_url=page,
        )
        asked = unconfirmed(request, question, model_admin=self)
        if asked is not None:
            return asked
        try:
            woken = holds.release(hold)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            audit(request, [hold], did=f"Released; {woken} messages go on.")
            messages.success(request, f"Released. {woken} messages go on.")
        return HttpResponseRedirect(page)

    @admin.display(description="Holds back")
    def what(self, row: Hold) -> str:
        return str(row)

    @admin.display(description="State")
    def state(self, row: Hold) -> SafeString:
        if row.released_at is not None:
            return badge("Released", Tone.QUIET)
        if row.until is not None and row.until <= timezone.now():
            return badge("Over", Tone.QUIET)
        return badge("Holding", Tone.WARN)

    @admin.display(description="Tenant", ordering="tenant__name")
    def belongs_to(self, row: Hold) -> SafeString:
        return owner(row.tenant)

    @admin.display(description="Since", ordering="created_at")
    def since(self, row: Hold) -> SafeString:
        return moment(row.created_at)

    @admin.display(description="Ends")
    def ends(self, row: Hold) -> SafeString:
        return moment(row.released_at or row.until, empty="when released")
