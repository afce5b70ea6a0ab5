"""SMS gateways in the admin. What each kind needs is in ``notifications.gateways`` and ``sms_shape``."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from notifications import gateways
from notifications.admin.route_form import RouteForm
from notifications.admin.routes import RouteAdmin
from notifications.models import MailServer, SmsGateway
from notifications.models.route import Protocol
from tenants.admin_look import mono

_OPTIONS_HELP = (
    'An HTTP gateway\'s request and answer, for example {"url": "https://sms.example.com/v1/messages", "json": {"to":'
    ' "{to}", "text": "{text}"}, "headers": {"Authorization": "Bearer {secret.token}"}, "id_path": "data.id"}.'
)


class GatewayForm(RouteForm):
    protocol = Protocol.SMS
    columns = (
        "name", "remark", "kind", "username", "options", "from_address", "failover_rank", "max_connections",
        "rate_per_second", "rate_per_day",
    )  # fmt: skip

    class Meta:
        model = SmsGateway
        fields = (
            "name", "tenant", "remark", "kind", "username", "options", "from_address", "failover_rank",
            "max_connections", "rate_per_second", "rate_per_day",
        )  # fmt: skip
        labels = {"username": "Account", "from_address": "Sender"}
        help_texts = {"from_address": "The number or name that recipients see.", "options": _OPTIONS_HELP}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._before = gateways.place_of(self.instance)
        self.fields["new_password"].label = "Key or password"

    def check_rules(self, route: MailServer) -> None:
        super().check_rules(route)
        # A secret that is typed now is meant for the new address; only a kept one must not move there.
        before = self._before
        if self.cleaned_data["new_password"]:
            before = before._replace(password=None)
        if self.cleaned_data["new_credentials"]:
            before = before._replace(credentials=None)
        gateways.check_move(before, route)


@admin.register(SmsGateway)
class SmsGatewayAdmin(RouteAdmin):
    protocol = Protocol.SMS
    form = GatewayForm
    list_display = ("name_shown", "state", "belongs_to", "kind", "way", "changed")
    search_fields = ("name", "username", "from_address")
    empty_text = "SMS wait until there is a gateway to take them."
    search_help_text = "Name, account or sender"
    fieldsets = (
        (None, {"fields": ("name", "tenant", "remark", "kind")}),
        ("Connection", {"fields": ("username", "new_password", "new_credentials", "from_address", "options")}),
        ("Use and limits", {"fields": ("failover_rank", "max_connections", "rate_per_second", "rate_per_day")}),
    )

    @admin.display(description="Sends as")
    def way(self, row: SmsGateway) -> SafeString:
        return mono(row.from_address or "–")
