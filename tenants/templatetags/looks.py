"""Filters of the operators' pages."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from tenants import admin_look

register = template.Library()


@register.filter
def moment(when: datetime | None) -> SafeString:
    return admin_look.moment(when, empty="–")


@register.filter
def duration(duration_ms: int) -> str:
    return f"{duration_ms} ms" if duration_ms < 1000 else f"{duration_ms / 1000:.1f} s"


@register.filter
def thousands(n: int) -> str:
    return f"{n:,}"


@register.filter
def ago(when: datetime) -> str:
    return f"{timesince(when, depth=1)} ago"
