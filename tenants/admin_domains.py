"""Sender domains in the admin: added, their records shown to copy, checked now. Rules are in ``tenants.identities``."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tenants import identities
from tenants.admin_actions import Question, audit, detail_action, unconfirmed
from tenants.admin_look import Tone, badge, moment, mono, muted
from tenants.admin_scoping import ScopedModelAdmin
from tenants.errors import DomainError
from tenants.identities import Purpose, Record
from tenants.models import SenderDomain

_PURPOSES = {
    Purpose.SPF: "SPF: who may send for it",
    Purpose.DKIM: "DKIM: that it is yours, and signs its mail",
    Purpose.DMARC: "DMARC: not required",
}


class SenderDomainForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SenderDomain
        fields = ("tenant", "name", "key_bits")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("tenant") and cleaned.get("name"):
            try:
                cleaned["name"] = identities.check_new(cleaned["tenant"].pk, cleaned["name"])
            except DomainError as error:
                self.add_error("name", str(error.params.get("reason", error)))
        return cleaned


@admin.register(SenderDomain)
class SenderDomainAdmin(ScopedModelAdmin):
    form = SenderDomainForm
    list_display = ("name", "state", "tenant", "checked")
    list_select_related = ("tenant",)
    search_fields = ("name",)
    search_help_text = "Domain"
    empty_text = (
        "Domains that a tenant may send as, once it has published two records in their DNS; mail from them that leaves "
        "through an SMTP server is signed with DKIM. Add the first one."
    )
    ordering = ("name",)
    actions_detail = ("check_now",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("tenant", "name", "key_bits")}),)
        return (
            (None, {"fields": ("name", "tenant", "state", "checked", "key_bits")}),
            ("Records to publish", {"fields": tuple(purpose.value for purpose in Purpose)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("name", "tenant", "state", "checked", "key_bits", *(purpose.value for purpose in Purpose))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # One at a time, and only without senders.
        is_free = obj is not None and not identities.senders_in(obj.tenant_id, obj.name).exists()
        return is_free and super().has_delete_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, **options: Any) -> HttpResponse:
        if context.get("original") is not None:
            # Nothing of it can be changed, so there is nothing to save.
            context |= dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        answer: HttpResponse = super().render_change_form(request, context, **options)
        return answer

    def save_model(self, request: HttpRequest, obj: SenderDomain, form: Any, change: bool) -> None:
        if not change:
            obj.pk = identities.create(obj.tenant_id, obj.name, key_bits=obj.key_bits).pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, "Publish the records below in the domain's DNS, then check.")
        return HttpResponseRedirect(self._page(obj))

    @detail_action("Check now", path="check", icon="travel_explore")
    def check_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        domain = self.fetch_to_change(request, object_id)
        question = Question(
            title="Look into the DNS now?",
            text="Mail may be sent as the domain while its records are found, and not while they are missing.",
            button="Check now",
            back_url=self._page(domain),
            subjects=(domain.name,),
        )
        asked = unconfirmed(request, question, model_admin=self)
        if asked is not None:
            return asked
        try:
            identities.check(domain)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            audit(request, [domain], did="Checked: verified." if domain.verified_at else "Checked: not verified.")
            if domain.verified_at:
                messages.success(request, f"{domain.name} is verified.")
            else:
                messages.warning(request, f"{domain.name} is not verified yet. New records may need an hour.")
        return HttpResponseRedirect(self._page(domain))

    def _page(self, domain: SenderDomain) -> str:
        return reverse("admin:tenants_senderdomain_change", args=[domain.pk])

    @admin.display(description="State", ordering="verified_at")
    def state(self, row: SenderDomain) -> SafeString:
        if row.verified_at is not None:
            return badge("Verified", Tone.GOOD)
        return badge("Not verified", Tone.QUIET if row.checked_at is None else Tone.WARN)

    @admin.display(description="Checked", ordering="checked_at")
    def checked(self, row: SenderDomain) -> SafeString:
        return moment(row.checked_at)

    @admin.display(description=_PURPOSES[Purpose.SPF])
    def spf(self, row: SenderDomain) -> SafeString:
        return _shown(row, Purpose.SPF)

    @admin.display(description=_PURPOSES[Purpose.DKIM])
    def dkim(self, row: SenderDomain) -> SafeString:
        return _shown(row, Purpose.DKIM)

    @admin.display(description=_PURPOSES[Purpose.DMARC])
    def dmarc(self, row: SenderDomain) -> SafeString:
        return _shown(row, Purpose.DMARC)


def _shown(domain: SenderDomain, purpose: Purpose) -> SafeString:
    record = next(each for each in identities.records(domain) if each.purpose is purpose)
    lines = [("TXT at", mono(record.name)), ("Value", mono(record.expected)), ("Found", _found(domain, record))]
    return format_html_join("", "<div>{}: {}</div>", lines)


def _found(domain: SenderDomain, record: Record) -> SafeString:
    if domain.checked_at is None:
        return muted("nobody has looked yet")
    if record.is_right:
        return badge("as it should be", Tone.GOOD)
    text = mono(record.found) if record.found else muted("nothing")
    return format_html("{} {}", badge("not as it should be", Tone.WARN if record.is_required else Tone.QUIET), text)
