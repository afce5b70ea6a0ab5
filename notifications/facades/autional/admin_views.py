"""What Autional keeps for administrators and its own services: all logs of the tenant, sending again, suppressions."""

from datetime import UTC, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from notifications import resend, search, suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.facades.autional import ids
from notifications.facades.autional.envelope import AdminView, AutionalView, moment
from notifications.facades.autional.lists import parse_page
from notifications.facades.autional.log_wire import mask
from notifications.facades.autional.views import LOG, SEND_SCOPES, HealthView, LogsView, RateLimitsView
from notifications.suppression import Criteria, SuppressionRow
from tenants.errors import InvalidField
from tenants.models.api_key import Scope

#: Autional's words; the others keep ours.
_REASONS = {SuppressionSource.BOUNCE: "hard_bounce"}
#: Whoever left by their own choice is not brought back by a service.
_RELEASABLE = tuple(source for source in SuppressionSource if source is not SuppressionSource.UNSUBSCRIBE)


class AdminLogsView(AdminView, LogsView):
    pass


class AdminRateLimitsView(AdminView, RateLimitsView):
    pass


class AdminHealthView(AdminView, HealthView):
    authentication_classes = AutionalView.authentication_classes


class ResendView(AdminView):
    def post(self, request: Request, message_id: str) -> Response:
        number, tenant = ids.parse("log", message_id, resource=LOG), self.principal.tenant
        row = search.resolve_message(tenant, number, channel=None, resource=LOG)
        self.principal.check_scope(SEND_SCOPES[Channel(row.channel)])
        resend.resend(tenant, number, key_id=self.principal.key_id, resource=LOG)
        return self.done()


class SuppressionsView(AutionalView):
    scopes = {"GET": Scope.INNER_API_TRUST, "DELETE": Scope.INNER_API_TRUST}

    def get(self, request: Request) -> Response:
        page = parse_page(request.query_params)
        total, rows = suppression.list_suppressions(
            self.principal.tenant.pk, Criteria(channel=Channel.EMAIL), offset=page.offset, size=page.size
        )
        now = datetime.now(UTC)
        return self.many([_present(row, now) for row in rows], total=total, page=page)

    def delete(self, request: Request) -> Response:
        written = request.query_params.get("email", "").strip()
        if not written:
            raise InvalidField(field="email", reason="it is required.")
        address = suppression.clean_address(Channel.EMAIL, written, field="email")
        gone = [
            suppression.remove(self.principal.tenant.pk, Channel.EMAIL, [address], source=source)
            for source in _RELEASABLE
        ]
        return self.one({"released": any(gone)})


def _present(row: SuppressionRow, now: datetime) -> dict[str, Any]:
    is_bounce = row.source is SuppressionSource.BOUNCE
    shown = {
        "email_masked": mask(row.address),
        "reason": _REASONS.get(row.source, row.source.value),
        "bounce_count": 1 if is_bounce else 0,
        "provider": "",
        "is_active": row.expires_at is None or row.expires_at > now,
        "last_bounced_at": moment(row.created_at) if is_bounce else None,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at) if row.expires_at else None,
    }
    return {name: value for name, value in shown.items() if value is not None}
