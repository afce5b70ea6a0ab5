"""API keys in the admin. The key's text is in one place only: the page that answers the POST which made it."""

import ipaddress
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from tenants.admin_key_pages import KeyAdmin, KeyFields, NewKeyFields
from tenants.admin_look import LinesField, mono
from tenants.auth import issue_key, revoke_key
from tenants.models import ApiKey
from tenants.tokens import TokenFormat

_FORMATS = {TokenFormat.PLAIN.value: "Plain", TokenFormat.JWT.value: "JWT, for clients that insist on one"}


def _check_networks(networks: list[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ValidationError(f"“{network}” is no network. Write 10.0.0.0/8 or 192.0.2.7.") from error


class _WithNetworks(forms.Form):
    allowed_networks = LinesField(
        required=False,
        validators=[_check_networks],
        help_text="Where the key may be used from, one network per line (10.0.0.0/8). Empty: anywhere.",
    )


class NewKeyForm(_WithNetworks, NewKeyFields):
    user_id = forms.IntegerField(
        initial=-1,
        widget=UnfoldAdminIntegerFieldWidget,
        label="User id",
        help_text="The contact that this client acts for, by its user id; -1 for nobody in particular.",
    )
    token_format = forms.ChoiceField(
        choices=list(_FORMATS.items()),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Format",
    )
    field_order = (*NewKeyFields.field_order, "allowed_networks", "user_id", "token_format")


class KeyForm(_WithNetworks, KeyFields, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "allowed_networks")


@admin.register(ApiKey)
class ApiKeyAdmin(KeyAdmin):
    form = KeyForm
    new_form = NewKeyForm
    lead = "The key is shown once, on the next page. Angarium keeps only its hash."
    list_display = ("name", "tenant", "key", "state", "may", "expires", "used")
    search_fields = ("name", "prefix")
    empty_text = "Each application gets a key of its own, with the scopes it needs and no more. Create the first one."
    search_help_text = "Name or first characters"
    readonly_fields = ("tenant", "key", "state", "created", "expires", "used", "user_id")
    fieldsets = (
        (None, {"fields": ("name", "tenant", "scopes", "allowed_networks")}),
        ("What became of it", {"fields": ("key", "state", "created", "expires", "used", "user_id")}),
    )

    def issue(self, wish: dict[str, Any]) -> tuple[ApiKey, str]:
        key, token = issue_key(
            wish["tenant"],
            name=wish["name"],
            scopes=wish["scopes"],
            expires_at=wish["expires_at"],
            user_id=wish["user_id"],
            token_format=TokenFormat(wish["token_format"] or TokenFormat.PLAIN),
        )
        key.allowed_networks = wish["allowed_networks"]
        key.save(update_fields=["allowed_networks"])
        return key, token

    def end(self, key: ApiKey) -> bool:
        return revoke_key(key, now=timezone.now())

    @admin.display(description="Key")
    def key(self, row: ApiKey) -> SafeString:
        return mono(f"{row.prefix}…")
