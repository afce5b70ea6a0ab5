"""Mail servers in the admin. Rules are in ``notifications.servers``; secrets go in and never come out."""

from django.contrib import admin
from django.utils.safestring import SafeString

from notifications.admin.routes import RouteAdmin
from notifications.admin.server_form import ServerForm
from notifications.models import MailServer
from notifications.models.route import Protocol, ServerKind
from tenants.admin_look import mono


@admin.register(MailServer)
class MailServerAdmin(RouteAdmin):
    protocol = Protocol.SMTP
    form = ServerForm
    list_display = ("name_shown", "state", "belongs_to", "way", "sender", "changed")
    search_fields = ("name", "host", "service")
    empty_text = "Mail waits until there is a server to take it. Add an SMTP server or an e-mail service."
    search_help_text = "Name, host or service"
    fieldsets = (
        (None, {"fields": ("name", "tenant", "remark", "kind")}),
        (
            "Connection",
            {
                "fields": (
                    *("host", "port", "encryption", "verify_certificate", "auth_enabled", "username", "new_password"),
                    *("service", "new_credentials", "options"),
                )
            },
        ),
        ("Sender", {"fields": ("from_address", "from_name", "allowed_senders", "subject_prefix")}),
        ("Use and limits", {"fields": ("failover_rank", "max_connections", "rate_per_second", "rate_per_day")}),
    )

    @admin.display(description="Reached at")
    def way(self, row: MailServer) -> SafeString:
        return mono(f"{row.service} (API)" if row.kind == ServerKind.ANYMAIL else f"{row.host}:{row.port}")

    @admin.display(description="Sends as")
    def sender(self, row: MailServer) -> str:
        return row.from_address or row.username or "–"
