"""The form of a mail server."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from notifications.admin.route_form import RouteForm
from notifications.delivery.transports import anymail_backends
from notifications.models import MailServer
from notifications.models.route import Protocol, ServerKind
from tenants.admin_look import LinesField

_STARTTLS, _IMPLICIT, _NONE = "starttls", "implicit", "none"
_ENCRYPTION = [
    (_STARTTLS, "STARTTLS (usually port 587)"),
    (_IMPLICIT, "TLS from the first byte (usually port 465)"),
    (_NONE, "None: only on a network you trust"),
]


class ServerForm(RouteForm):
    protocol = Protocol.SMTP
    columns = (
        "name", "remark", "kind", "host", "port", "verify_certificate", "auth_enabled", "username", "service",
        "options", "from_address", "from_name", "allowed_senders", "subject_prefix", "failover_rank",
        "max_connections", "rate_per_second", "rate_per_day",
    )  # fmt: skip

    encryption = forms.ChoiceField(choices=_ENCRYPTION, initial=_STARTTLS, widget=UnfoldAdminSelectWidget)
    service = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    allowed_senders = LinesField(required=False, help_text=MailServer._meta.get_field("allowed_senders").help_text)

    class Meta:
        model = MailServer
        fields = (
            "name", "tenant", "remark", "kind", "host", "port", "verify_certificate", "auth_enabled", "username",
            "service", "options", "from_address", "from_name", "allowed_senders", "subject_prefix", "failover_rank",
            "max_connections", "rate_per_second", "rate_per_day",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._stored = (self.instance.host, self.instance.username)
        services = [("", "Choose a service"), *((name, name.replace("_", " ")) for name in anymail_backends.services())]
        self.fields["service"].choices = services  # type: ignore[attr-defined]
        self.fields["encryption"].initial = _encryption(self.instance)
        self.show("kind=smtp", "host", "port", "encryption", "verify_certificate", "auth_enabled")
        self.show("kind=smtp auth_enabled=on", "username", "new_password")
        self.show("kind=anymail", "service", "new_credentials", "options")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        moved = self._stored != (cleaned.get("host"), cleaned.get("username"))
        if self.instance.password and moved and cleaned.get("auth_enabled") and not cleaned.get("new_password"):
            # Otherwise whoever may edit a server could have its password sent to a host of their own.
            self.add_error("new_password", "Host or account changed: enter the password again.")
        return cleaned

    def check_rules(self, route: MailServer) -> None:
        super().check_rules(route)
        if route.kind == ServerKind.ANYMAIL:
            given = {**(route.options or {}), **(self.cleaned_data["new_credentials"] or {})}
            anymail_backends.check_service(route.service, given)

    def cleaned_changes(self) -> dict[str, Any]:
        cleaned, changes = self.cleaned_data, super().cleaned_changes()
        changes["starttls"] = cleaned["encryption"] == _STARTTLS
        changes["implicit_tls"] = cleaned["encryption"] == _IMPLICIT
        if cleaned["kind"] != ServerKind.SMTP or not cleaned["auth_enabled"]:
            changes["password"] = None
        if cleaned["kind"] != ServerKind.ANYMAIL:
            changes["credentials"] = None
        return changes


def _encryption(server: MailServer) -> str:
    if server.implicit_tls:
        return _IMPLICIT
    return _STARTTLS if server.starttls else _NONE
