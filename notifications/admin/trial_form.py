"""The small form that tries a way out: a mail server with an address, a gateway with a number."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from notifications import addresses, phones
from notifications.contracts import Address
from notifications.models import MailServer
from notifications.models.route import Protocol
from notifications.trial import Asker, send_test_mail
from tenants.admin_scoping import Anyone, tenants_of
from tenants.errors import DomainError, InvalidField
from tenants.models import Tenant


class TrialForm(forms.Form):
    """To whom, and on whose record, a test goes."""

    address = forms.CharField(label="Send to", max_length=254, widget=UnfoldAdminTextInputWidget)
    tenant = forms.ModelChoiceField(
        label="On the record of",
        queryset=Tenant.objects.none(),
        widget=UnfoldAdminSelectWidget,
        empty_label=None,
        help_text="Each message belongs to a tenant, also a test of what all of them share.",
    )

    def __init__(self, *args: Any, server: MailServer, user: Anyone, **options: Any) -> None:
        super().__init__(*args, **options)
        self._server = server
        tenants = tenants_of(user).filter(is_active=True)
        if server.tenant_id is not None:
            tenants = tenants.filter(pk=server.tenant_id)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]
        if server.protocol == Protocol.SMTP:
            self.fields["address"].initial = getattr(user, "email", "")

    def clean_address(self) -> Address:
        text = self.cleaned_data["address"]
        try:
            if self._server.protocol == Protocol.SMS:
                return phones.parse(text, default_region=settings.SMS_DEFAULT_REGION)
            return addresses.parse(text)
        except InvalidField as error:
            raise ValidationError(str(error.params["reason"])) from error

    def send(self) -> str:
        """Empty when the server took it, else why not, in the server's words where it spoke."""
        tenant = self.cleaned_data["tenant"]
        try:
            send_test_mail(
                tenant,
                self._server,
                [self.cleaned_data["address"]],
                language=tenant.default_language,
                asker=Asker(facade="admin"),
            )
        except DomainError as error:
            return str(error)
        return ""
