"""Cancelling and rescheduling what was accepted and has not begun to leave: verbs only."""

from datetime import UTC, datetime

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import scheduling
from notifications.contracts import Channel
from notifications.facades.angus import scheduling_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.parameters import parse_id
from notifications.facades.angus.scheduling_wire import Wish, parse_cancel, parse_reschedule, present_stops
from notifications.facades.angus.views import EmailViewSet
from tenants.errors import NotFound
from tenants.models.api_key import Scope


class CancelViewSet(ViewSetMixin, AngusView):
    scopes = {"POST": Scope.EMAIL_SEND}

    @extend_schema(**docs.CANCEL)
    def cancel(self, request: Request) -> Response:
        wish = parse_cancel(self.read_body())
        ids = wish.ids or self._find(wish)
        return self.success(present_stops(scheduling.cancel(self.principal.tenant, ids, channel=Channel.EMAIL)))

    def _find(self, wish: Wish) -> tuple[int, ...]:
        tenant = self.principal.tenant
        if wish.out_id:
            found = scheduling.find_by_out_id(tenant, wish.out_id, channel=Channel.EMAIL)
        else:
            found = scheduling.find_by_cancel_key(tenant, wish.cancel_key, channel=Channel.EMAIL)
        if not found:
            raise NotFound(resource="Email", id=wish.out_id or wish.cancel_key)
        return tuple(found)


class EmailRecordViewSet(EmailViewSet):
    """One record: to be read, and to be moved while it waits."""

    scopes = {"GET": Scope.EMAIL_READ, "PATCH": Scope.EMAIL_SEND}
    accepts_files = False

    @extend_schema(**docs.RESCHEDULE)
    def partial_update(self, request: Request, message_id: str) -> Response:
        scheduling.reschedule(
            self.principal.tenant,
            parse_id(message_id, resource="Email"),
            due_at=parse_reschedule(self.read_body()),
            now=datetime.now(UTC),
            channel=Channel.EMAIL,
            resource="Email",
        )
        return self.retrieve(request, message_id)
