"""The first page: is mail flowing, what needs a person, what to set up next."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from notifications.admin import figures, marks, message_filters
from notifications.delivery import health
from notifications.models import MailServer
from notifications.models.route import Protocol
from templates_app.models import Template
from tenants.admin_scoping import rows_for, tenants_of
from tenants.models import ApiKey

admin.site.index_template = "notifications/dashboard.html"

_SERVERS_SHOWN = 8
_MESSAGES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Step:
    """Something to set up, in the order in which it is needed."""

    title: str
    text: str
    is_done: bool
    url: str
    button: str


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold calls this with the index page's context. Shows each part only to those who may open its list."""
    wish = message_filters.scope(request)
    now = timezone.now()
    steps = _steps(request)
    may_see_messages = request.user.has_perm("notifications.view_message")
    context |= {
        "title": "Dashboard",
        "now": now,
        "steps": steps,
        "is_set_up": all(step.is_done for step in steps),
        "queue_limit": figures.QUEUE_LIMIT,
    }
    if may_see_messages:
        context |= {
            "queue": figures.queue(wish),
            "day": figures.last_day(wish, now=now),
            "problems": _marked(figures.latest_problems(wish, limit=_MESSAGES_SHOWN)),
            "latest": _marked(figures.latest_messages(wish, limit=_MESSAGES_SHOWN)),
        }
    if request.user.has_perm("notifications.view_mailserver"):
        rows = rows_for(MailServer, request.user).filter(protocol=Protocol.SMTP).select_related("tenant")
        shown = list(rows.order_by("-enabled", "failover_rank", "name")[:_SERVERS_SHOWN])
        conditions = health.observe([row.pk for row in shown])
        context["servers"] = [
            {"server": row, "state": marks.server(row, conditions.get(row.pk, health.HEALTHY)), "words": words}
            for row in shown
            for words in [conditions[row.pk].words if row.pk in conditions else ""]
        ]
    return context


def _marked(rows: Any) -> list[dict[str, Any]]:
    return [{"message": row, "status": marks.status(row.status)} for row in rows]


def _steps(request: HttpRequest) -> tuple[Step, ...]:
    """What a new platform lacks. Each asks for one row, and only of what this person may see."""
    user = request.user

    steps = (
        (
            "tenants.add_tenant",
            Step(
                title="Create a tenant",
                text="A tenant is one customer or team: it has its own keys, templates and record of mail.",
                is_done=tenants_of(user).exists(),
                url=reverse("admin:tenants_tenant_add"),
                button="Add a tenant",
            ),
        ),
        (
            "notifications.add_mailserver",
            Step(
                title="Add a mail server",
                text="Mail waits until there is a server to take it: an SMTP server, or an e-mail service.",
                is_done=rows_for(MailServer, user).filter(enabled=True, protocol=Protocol.SMTP).exists(),
                url=reverse("admin:notifications_mailserver_add"),
                button="Add a server",
            ),
        ),
        (
            "templates_app.add_template",
            Step(
                title="Write a template",
                text="Applications send by template, so that words change without a release.",
                is_done=rows_for(Template, user).exists(),
                url=reverse("admin:templates_app_template_add"),
                button="Add a template",
            ),
        ),
        (
            "tenants.add_apikey",
            Step(
                title="Issue an API key",
                text="Each application gets its own key with the scopes it needs.",
                is_done=rows_for(ApiKey, user).filter(revoked_at=None).exists(),
                url=reverse("admin:tenants_apikey_add"),
                button="Create a key",
            ),
        ),
    )
    return tuple(step for permission, step in steps if user.has_perm(permission))
