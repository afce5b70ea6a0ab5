"""Small pieces of the admin's look that several lists share. Colours come with words, never alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.widgets import UnfoldAdminTextareaWidget


class Tone(StrEnum):
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    BUSY = "busy"
    QUIET = "quiet"


def badge(text: str, tone: Tone, *, title: str = "") -> SafeString:
    return format_html('<span class="ang-badge ang-badge--{}" title="{}">{}</span>', tone, title, text)


def mono(text: Any) -> SafeString:
    return format_html('<span class="ang-mono" title="{0}">{0}</span>', text)


def muted(text: Any) -> SafeString:
    return format_html('<span class="ang-muted">{}</span>', text)


def line(text: Any) -> SafeString:
    """Text that stays on one line."""
    return format_html('<span class="ang-line">{}</span>', text)


def owner(tenant: Any) -> SafeString:
    """A tenant's name, or the mark of rows that belong to the platform."""
    return badge("Platform", Tone.QUIET, title="Offered to all tenants") if tenant is None else line(tenant)


def moment(when: datetime | None, *, empty: str = "never") -> SafeString:
    """An instant to the second in local time, and how long ago it was when pointed at."""
    return muted(empty) if when is None else _time(when, f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S}")


def brief_moment(when: datetime) -> SafeString:
    """As ``moment``, but today's without the date: for lists whose rows are mostly of today."""
    local = timezone.localtime(when)
    return _time(when, f"{local:%H:%M:%S}" if local.date() == timezone.localdate() else f"{local:%b %d %H:%M}")


def _time(when: datetime, shown: str) -> SafeString:
    local, now = timezone.localtime(when), timezone.now()
    distance = f"{timesince(when, now)} ago" if when <= now else f"in {timesince(now, when)}"
    title = f"{local:%Y-%m-%d %H:%M:%S}, {distance}"
    return format_html('<time class="ang-time" datetime="{}" title="{}">{}</time>', local.isoformat(), title, shown)


class LinesField(forms.Field):
    """A list of short texts, typed one per line; commas part them too."""

    widget = UnfoldAdminTextareaWidget({"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        lines = str(value or "").replace(",", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)
