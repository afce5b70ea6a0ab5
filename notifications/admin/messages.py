"""Messages in the admin: a record to search and read. What may be done to one is in ``message_actions``."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications import attachments
from notifications.admin import marks, message_filters, message_page
from notifications.admin.message_actions import PERMISSION, ActsOnMessages
from notifications.admin.message_list import BoundedPaginator, MessageChangeList
from notifications.contracts import Channel, Lane
from notifications.delivery.compose import preview
from notifications.models import Message
from tenants import admin_frame
from tenants.admin_look import brief_moment, mono, muted
from tenants.errors import DomainError

#: What a row of the list shows; bodies and variables stay in the database.
_LISTED = (
    "id", "tenant", "channel", "lane", "status", "biz_key", "template_code", "recipient", "to", "cc", "bcc",
    "subject", "attempts", "route", "created_at",
)  # fmt: skip


@admin.register(Message)
class MessageAdmin(ActsOnMessages):
    list_display = ("accepted", "state", "tenant_name", "who", "about", "chosen_by", "by", "via")
    list_display_links = ("accepted",)
    list_filter = (
        message_filters.TenantFilter,
        message_filters.StatusFilter,
        message_filters.ChannelFilter,
        message_filters.LaneFilter,
        message_filters.TemplateFilter,
        message_filters.AcceptedFilter,
    )
    search_fields = ("id",)
    search_help_text = "Id, out id, or beginning of an address"
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    list_before_template = "notifications/message_tabs.html"
    empty_text = "Messages appear here as soon as an application sends one with an API key of yours."
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    paginator = BoundedPaginator
    actions = ("cancel_selected", "requeue_selected")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[MessageChangeList]:
        return MessageChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).only(*_LISTED)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if not object_id.isascii() or not object_id.isdigit() or len(object_id) > 18:
            return None
        whole = (
            super()
            .get_queryset(request)
            .select_related("tenant", "submission", "route", "template_version__translation__template")
        )
        return whole.filter(pk=int(object_id)).first()

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        # Only the filters: a condition on any other column could mean a search of the whole history.
        return lookup in {"tenant", "status", "channel", "lane", "template", "accepted_from", "accepted_to"}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        # The list searches by itself (see MessageChangeList); whoever else asks gets exact ids.
        is_id = search_term.isascii() and search_term.isdigit() and len(search_term) <= 18
        return (queryset.filter(pk=int(search_term)) if is_id else queryset), False

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(f"<int:object_id>/{route}/", guarded, name=f"notifications_{name}")

        own = [
            page("mail/<str:part>", self.mail_view, "message_mail"),
            page("cancel", self.cancel_view, "message_cancel"),
            page("requeue", self.requeue_view, "message_requeue"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one message. There is nothing to change on it."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        gathered = message_page.gather(self.fetch(request, object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": "Message",
            "opts": self.opts,
            "original": gathered.message,
            "page": gathered,
            "parts": (("html", "Rendered"), ("text", "Text"), ("source", "Source")),
            "may_act": request.user.has_perm(PERMISSION),
        }
        return TemplateResponse(request, "notifications/message.html", context)

    def mail_view(self, request: HttpRequest, object_id: int, part: str) -> HttpResponse:
        """The mail's HTML, its text, or the source of its HTML, for the frame on the message's page."""
        message = self.fetch(request, str(object_id))
        try:
            mail = preview(message)
        except DomainError as error:
            return admin_frame.note_page("This message cannot be shown as it was sent.", [str(error)])
        if part == "html":
            return _html_page(message, mail.html)
        if part in ("text", "source"):
            return admin_frame.text_page((mail.text if part == "text" else mail.html) or "")
        raise Http404

    @admin.display(description="Accepted")
    def accepted(self, row: Message) -> SafeString:
        return brief_moment(row.created_at)

    @admin.display(description="Status")
    def state(self, row: Message) -> SafeString:
        return marks.status(row.status)

    @admin.display(description="Tenant")
    def tenant_name(self, row: Message) -> SafeString:
        return format_html('<span class="ang-clip ang-clip--short">{}</span>', row.tenant)

    @admin.display(description="Recipient")
    def who(self, row: Message) -> SafeString:
        others = len(row.to) + len(row.cc) + len(row.bcc) - 1
        more = muted(f" +{others}") if others > 0 else ""
        return format_html('<span class="ang-clip" title="{}">{}</span>{}', ", ".join(row.to), row.to[0], more)

    @admin.display(description="Subject")
    def about(self, row: Message) -> SafeString:
        return format_html('<span class="ang-clip ang-clip--wide" title="{0}">{0}</span>', row.subject or "–")

    @admin.display(description="Template")
    def chosen_by(self, row: Message) -> SafeString:
        return mono(row.biz_key or row.template_code) if row.biz_key or row.template_code else muted("own content")

    @admin.display(description="Channel")
    def by(self, row: Message) -> SafeString:
        channel = "E-mail" if row.channel == Channel.EMAIL else "SMS"
        lane = Lane(row.lane)
        emphasis = "ang-strong" if lane is Lane.URGENT else "ang-muted"
        return format_html(
            '<span class="ang-line">{} <span class="{}">{}</span></span>', channel, emphasis, lane.name.lower()
        )

    @admin.display(description="Route")
    def via(self, row: Message) -> SafeString:
        route = row.route.name if row.route else "–"
        tries = "" if not row.attempts else f"{row.attempts}×"
        return format_html('<span class="ang-line">{} <span class="ang-muted">{}</span></span>', route, tries)


def _html_page(message: Message, html: str | None) -> HttpResponse:
    if html is None:
        return admin_frame.note_page("This message has no HTML part; see its text.", [])
    files = attachments.load({message.submission_id}).get(message.submission_id, ())
    images = {file.content_id: (file.content_type, file.data) for file in files if file.content_id}
    return admin_frame.html_page(html, images=images)
