"""Signing keys in the admin. The secret key is in one place only: the page that answers the POST which made it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from tenants import signing
from tenants.admin_key_pages import KeyAdmin, KeyFields
from tenants.admin_look import mono
from tenants.models import SigningKey


class SigningKeyForm(KeyFields, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SigningKey
        fields = ("name", "scopes")


@admin.register(SigningKey)
class SigningKeyAdmin(KeyAdmin):
    form = SigningKeyForm
    lead = (
        "For clients that sign their requests, such as Tencent Cloud's. The secret key is shown once, on the next page."
    )
    list_display = ("name", "tenant", "id_shown", "state", "may", "expires", "used")
    search_fields = ("name", "secret_id")
    empty_text = "A secret id and a secret key, for clients of Tencent Cloud SES. Create the first pair."
    search_help_text = "Name or secret id"
    readonly_fields = ("tenant", "id_shown", "state", "created", "expires", "used")
    fieldsets = (
        (None, {"fields": ("name", "tenant", "scopes")}),
        ("What became of it", {"fields": ("id_shown", "state", "created", "expires", "used")}),
    )

    def issue(self, wish: dict[str, Any]) -> tuple[SigningKey, str]:
        return signing.issue(wish["tenant"], name=wish["name"], scopes=wish["scopes"], expires_at=wish["expires_at"])

    def end(self, key: SigningKey) -> bool:
        return signing.revoke(key, now=timezone.now())

    @admin.display(description="Secret id")
    def id_shown(self, row: SigningKey) -> SafeString:
        return mono(row.secret_id)
