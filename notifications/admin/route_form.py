"""What the forms of all ways out share: a secret is typed and never shown; ``notifications.servers`` has the rules."""

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from notifications import servers
from notifications.models import MailServer
from notifications.models.route import KINDS, Protocol
from tenants.errors import DomainError, InvalidField

KEPT = "Stored. Leave empty to keep it."
SEALED = "Stored sealed, never shown again."
_SHOWN_AS = {"password": "new_password", "credentials": "new_credentials"}


class SilentTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """Like a password input: what was typed is not sent back, not even beside an error."""

    def format_value(self, value: Any) -> str:
        return ""


class RouteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The base. ``columns`` are handed on as they were typed, a secret only where one was typed."""

    protocol: ClassVar[Protocol]
    columns: ClassVar[tuple[str, ...]]

    new_password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        max_length=500,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )

    new_credentials = forms.CharField(
        label="Credentials",
        required=False,
        max_length=20_000,
        widget=SilentTextarea({"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.protocol = self.protocol
        self.fields["new_password"].help_text = KEPT if self.instance.password else SEALED
        self.fields["new_credentials"].help_text = (
            KEPT if self.instance.credentials else 'A JSON object, for example {"api_key": "…"}. Stored sealed.'
        )
        if "options" in self.fields:
            self.fields["options"].widget.attrs["rows"] = 4
        if "kind" in self.fields:
            self.fields["kind"].choices = [(kind.value, kind.label) for kind in KINDS[self.protocol]]  # type: ignore[attr-defined]

    def show(self, condition: str, *names: str) -> None:
        """Hides these rows while the condition does not hold; static/angarium/admin.js looks after it."""
        for name in names:
            if name in self.fields:
                self.fields[name].widget.attrs["data-shown-when"] = condition

    def clean_options(self) -> dict[str, Any]:
        value = self.cleaned_data["options"] or {}
        if not isinstance(value, dict):
            raise ValidationError("Write a JSON object.")
        return value

    def clean_new_credentials(self) -> dict[str, Any] | None:
        text = self.cleaned_data["new_credentials"]
        if not text:
            return None
        try:
            value = json.loads(text)
        except ValueError:
            # ``from None``: the decoder's error would carry the secret into a traceback.
            raise ValidationError("This is not JSON. Nothing was stored.") from None
        if not isinstance(value, dict) or not value:
            raise ValidationError('Write a JSON object, for example {"api_key": "…"}.')
        return value

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.check_rules(self.instance)
        except InvalidField as error:
            name = _SHOWN_AS.get(error.params["field"], error.params["field"])
            self.add_error(name if name in self.fields else None, _sentence(str(error.params["reason"])))
        except DomainError as error:
            self.add_error("name", str(error))

    def check_rules(self, route: MailServer) -> None:
        """Raises the DomainError that stands against storing what was typed."""
        servers.check_server(route)
        if servers.PLACE.intersection(self.changed_data):
            servers.check_reach(route)

    def cleaned_changes(self) -> dict[str, Any]:
        """The model's fields for ``servers.create`` and ``update``; secrets only where they change."""
        cleaned = self.cleaned_data
        changes = {name: cleaned[name] for name in self.columns if name in cleaned}
        if cleaned["new_password"]:
            changes["password"] = cleaned["new_password"]
        if cleaned["new_credentials"]:
            changes["credentials"] = cleaned["new_credentials"]
        return changes


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:].rstrip(".") + "."
