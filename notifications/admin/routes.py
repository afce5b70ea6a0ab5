"""What the pages of all ways out share: state and health, switching on and off, saving through the rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from notifications import servers
from notifications.admin import marks
from notifications.admin.trial_form import TrialForm
from notifications.delivery import health
from notifications.models import MailServer
from notifications.models.route import Protocol
from tenants.admin_actions import Question, audit, detail_action, unconfirmed
from tenants.admin_look import brief_moment, line, owner
from tenants.admin_scoping import ScopedModelAdmin
from tenants.errors import DomainError


class RouteChangeList(ChangeList):  # type: ignore[misc]
    """Knows the health of the routes it shows: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        conditions = health.observe([row.pk for row in rows])
        for row in rows:
            row.condition = conditions.get(row.pk, health.HEALTHY)
        self.result_list: Any = rows


class RouteAdmin(ScopedModelAdmin):
    protocol: Protocol
    list_select_related = ("tenant",)
    ordering = ("-enabled", "failover_rank", "name")
    actions_detail = ("test", "enable", "disable")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[RouteChangeList]:
        return RouteChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(protocol=self.protocol)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("belongs_to", "state")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fieldsets
        if self.has_change_permission(request, obj):
            (title, options), *others = self.fieldsets
            return ((title, {**options, "fields": ("name", "state", "belongs_to", "remark", "kind")}), *others)
        # Who may only read sees plain columns; there is no trace of secrets among them.
        return ((None, {"fields": ("name", "state", "belongs_to", "remark", "kind", "way", "failover_rank")}),)

    def save_model(self, request: HttpRequest, obj: MailServer, form: Any, change: bool) -> None:
        """Through the service module: it seals the secrets and keeps one route enabled per owner."""
        if change:
            servers.update(self.fetch(request, str(obj.pk)), form.cleaned_changes())
            return
        made = servers.create(tenant_id=obj.tenant_id, fields=form.cleaned_changes(), protocol=self.protocol)
        obj.pk, obj.enabled = made.pk, made.enabled

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            # Two people saved at once; the form had checked before. What was typed is gone, but so is the clash.
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: MailServer) -> None:
        servers.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for server in queryset:
            servers.remove(server)

    @detail_action("Send a test", path="test", icon="send")
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form for the address; the POST sends at once and brings the server's own words back."""
        server = self.fetch_to_change(request, object_id)
        form = TrialForm(request.POST or None, server=server, user=request.user)
        if request.method == "POST" and form.is_valid():
            refusal = form.send()
            audit(request, [server], did="Test refused." if refusal else "Test sent.")
            if refusal:
                messages.error(request, refusal)
            else:
                messages.success(request, f"{server.name} took the test.")
            return HttpResponseRedirect(self._page(server, "test"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Send a test",
            "opts": self.opts,
            "original": server,
            "back_url": self._page(server, "change"),
            "form": form,
        }
        return TemplateResponse(request, "notifications/server_test.html", context)

    @detail_action("Enable", path="enable", icon="check_circle")
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = "New and waiting messages go through it from now on. What the same owner uses now is switched off."
        question = Question(title="Send through this one?", text=text, button="Enable", back_url="")
        return self._switch(request, object_id, question, act=servers.enable, did="Enabled.")

    @detail_action("Switch off", path="disable", icon="cancel", danger=True)
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = "Messages go to a standby if there is one. Otherwise they wait; nothing is lost."
        question = Question(title="Stop sending through this one?", text=text, button="Switch off", back_url="")
        return self._switch(request, object_id, question, act=servers.disable, did="Switched off.")

    def offers(self, path: str, row: MailServer) -> bool:
        return path != ("enable" if row.enabled else "disable")

    def _switch(
        self, request: HttpRequest, object_id: str, question: Question, *, act: Callable[[MailServer], None], did: str
    ) -> HttpResponse:
        server = self.fetch_to_change(request, object_id)
        page = self._page(server, "change")
        asked = unconfirmed(request, replace(question, subjects=(server.name,), back_url=page), model_admin=self)
        if asked is not None:
            return asked
        try:
            act(server)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            audit(request, [server], did=did)
            messages.success(request, f"{server.name}: {did}")
        return HttpResponseRedirect(page)

    def _page(self, server: MailServer, name: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[server.pk])

    @admin.display(description="State", ordering="enabled")
    def state(self, row: MailServer) -> SafeString:
        condition = getattr(row, "condition", None)
        if condition is None:
            condition = health.observe([row.pk]).get(row.pk, health.HEALTHY)
        return marks.server(row, condition)

    @admin.display(description="Owner", ordering="tenant__name")
    def belongs_to(self, row: MailServer) -> SafeString:
        return owner(row.tenant)

    @admin.display(description="Name", ordering="name")
    def name_shown(self, row: MailServer) -> SafeString:
        return line(row.name)

    @admin.display(description="Changed", ordering="modified_at")
    def changed(self, row: MailServer) -> SafeString:
        return brief_moment(row.modified_at)
