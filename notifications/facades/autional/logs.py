"""Logs as Autional shows them, with what the core has to be asked for beside their rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from notifications import search, wording
from notifications.availability import Availability
from notifications.facades.autional import ids
from notifications.facades.autional.log_wire import Told, present_log
from notifications.search import MessageRow
from templates_app import catalogue
from tenants.errors import NotFound
from tenants.models import Tenant

#: Members of a log that are one recipient's own.
_OWN = ("id", "recipient", "status", "error", "response", "created_at", "updated_at", "sent_at")


def present(tenant: Tenant, rows: Sequence[MessageRow]) -> list[dict[str, Any]]:
    """Two queries for all of them, and those of ``wording`` for texts that this process has not rendered yet."""
    versions = {row.template_version_id for row in rows if row.template_version_id is not None}
    template_ids = catalogue.public_ids(tenant.pk, versions) if versions else {}
    contents = wording.contents(rows)
    replies = wording.replies(tenant.pk, [row.id for row in rows if row.finished_at])
    now = datetime.now(UTC)
    return [
        present_log(
            row,
            Told(
                content=contents[row.id],
                reply=replies.get(row.id, ""),
                template_id=template_ids.get(row.template_version_id or 0),
            ),
            now,
        )
        for row in rows
    ]


def shared(tenant: Tenant, message_id: int) -> dict[str, Any]:
    """What the logs of one call have in common, told by one of them; nothing when that was deleted since."""
    try:
        row = search.resolve_message(tenant, message_id, channel=None, resource="Log")
    except NotFound:
        return {}
    return {name: value for name, value in present(tenant, [row])[0].items() if name not in _OWN}


def present_health(channel: str, found: Availability | None) -> dict[str, Any]:
    if found is None:
        told = {"provider": "", "status": "not_configured", "message": f"No {channel} provider is configured."}
    elif found.rests_until is not None:
        words = f"The provider failed repeatedly and rests until {found.rests_until:%H:%M:%S} UTC; messages wait."
        told = {"provider": found.provider, "status": "unhealthy", "message": words}
    else:
        told = {"provider": found.provider, "status": "healthy", "message": "The provider takes messages."}
    return {"channel": channel, **told}


def present_limits(tenant: Tenant, found: Availability | None) -> dict[str, Any]:
    """Null: no limit. Messages beyond a rate wait; those beyond the day's quota, our addition, get 429."""
    rates = [rate for rate in (tenant.rate_per_second, found.per_second if found else None) if rate is not None]
    per_second = min(rates, default=None)
    return {
        "max_per_min": None if per_second is None else int(per_second * 60),
        "max_per_hour": None if per_second is None else int(per_second * 3600),
        "max_per_day": tenant.daily_quota,
        "provider": found.provider if found else "",
        "tenant_id": ids.show("tnt", tenant.pk),
    }
