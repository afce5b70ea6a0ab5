"""The dashboard and the figures per template: verbs, and how they read. Counted over whole UTC days."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from notifications import statistics
from notifications.contracts import Channel
from notifications.facades.autional import filters, log_wire
from notifications.facades.autional.callers import visible_user_id
from notifications.facades.autional.envelope import AdminView, AutionalView
from notifications.facades.autional.lists import Page, parse_whole
from notifications.statistics import Figures
from tenants.models.api_key import PlatformScope, Scope

_DEFAULT_DAYS = 30


class DashboardView(AutionalView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request) -> Response:
        since, until = _window(
            parse_whole(request.query_params, "days", default=_DEFAULT_DAYS, at_most=statistics.MAX_DAYS)
        )
        return self.one(present_dashboard(self.count(since, until)))

    def count(self, since: date, until: date) -> Mapping[Channel, Figures]:
        tenant_id = self.principal.tenant.pk
        return statistics.by_channel(tenant_id, since=since, until=until, user_id=visible_user_id(self.principal, ""))


class AdminDashboardView(AdminView, DashboardView):
    pass


class PlatformStatsView(DashboardView):
    """Over all tenants, for a key that ``create_api_key`` gave the right to."""

    scopes = {"GET": PlatformScope.STATISTICS}

    def count(self, since: date, until: date) -> Mapping[Channel, Figures]:
        return statistics.by_channel_of_platform(since=since, until=until)


class TemplateStatsView(AutionalView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request) -> Response:
        since, until = _window(_DEFAULT_DAYS)
        wanted = filters.parse_channel(request.query_params)
        rows = statistics.by_template(
            self.principal.tenant.pk, since=since, until=until, user_id=visible_user_id(self.principal, "")
        )
        items = [
            {
                "template_code": row.code,
                "channel": row.channel,
                "total_sent": row.figures.taken,
                "delivered": row.figures.delivered,
                "failed": row.figures.failed,
            }
            for row in rows
            if wanted in (None, row.channel)
        ]
        return self.many(items, total=len(items), page=Page(number=1, size=max(len(items), 1)))


class AdminTemplateStatsView(AdminView, TemplateStatsView):
    pass


def present_dashboard(by_channel: Mapping[Channel, Figures]) -> dict[str, Any]:
    """``total_sent`` is what a server has taken; ``delivered`` only what somebody has confirmed since."""
    all_of_them = sum(by_channel.values(), Figures())
    by_status: dict[str, int] = {}
    for status, count in all_of_them.by_status.items():
        word = log_wire.status_word(status)
        by_status[word] = by_status.get(word, 0) + count
    return {
        "total_sent": all_of_them.taken,
        "delivered": all_of_them.delivered,
        "failed": all_of_them.failed,
        "delivery_rate": round(all_of_them.delivered / all_of_them.taken, 4) if all_of_them.taken else 0,
        "by_channel": {channel.value: figures.accepted for channel, figures in by_channel.items()},
        "by_status": by_status,
    }


def _window(days: int) -> tuple[date, date]:
    today = datetime.now(UTC).date()
    return today - timedelta(days=days - 1), today
