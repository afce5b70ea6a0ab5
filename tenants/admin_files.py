"""What pages of the admin that import CSV files share: the form, and how wrong lines are shown."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from tenants.models import Tenant
from tenants.sheets import LineError

#: More takes longer than a browser, and the web process, should wait for an answer.
_MAX_BYTES = 1024**2
_SHOWN_ERRORS = 200


class ImportForm(forms.Form):
    columns: ClassVar[Sequence[str]] = ()
    #: Of manage.py, for files that are too large for a browser.
    command: ClassVar[str] = ""

    tenant = forms.ModelChoiceField(queryset=Tenant.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None)
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget)
    is_rehearsal = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="Only check the file",
        help_text="Says what would happen and stores nothing.",
    )

    def __init__(self, *args: Any, tenants: QuerySet[Tenant], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]
        named = ", ".join(self.columns)
        self.fields["file"].help_text = f"CSV in UTF-8. The first line names the columns, any of: {named}."

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _MAX_BYTES:
            raise ValidationError(f"It is larger than 1 MB. For large files there is 'manage.py {self.command}'.")
        return file


def shown_errors(errors: Sequence[LineError]) -> dict[str, Any]:
    """For ``tenants/import_errors.html``."""
    return {"errors": errors[:_SHOWN_ERRORS], "count": len(errors), "hidden": max(len(errors) - _SHOWN_ERRORS, 0)}
