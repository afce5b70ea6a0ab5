"""Sending, the log and what is known about the channels: verbs only."""

from datetime import UTC, datetime

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import availability, idempotency, scheduling, search
from notifications.contracts import Channel, SendRequest
from notifications.errors import WrongState
from notifications.facades.autional import bulk, filters, ids, log_wire, logs, wire
from notifications.facades.autional.bulk import Record
from notifications.facades.autional.callers import visible_user_id
from notifications.facades.autional.envelope import AutionalView, OptionalBearer
from notifications.facades.autional.lists import parse_page
from notifications.facades.autional.members import Members
from notifications.idempotency import Answer
from notifications.scheduling import Stop
from notifications.states import Status
from notifications.submit import submit
from tenants.errors import NotFound
from tenants.models.api_key import Scope

SEND_SCOPES = {Channel.EMAIL: Scope.EMAIL_SEND, Channel.SMS: Scope.SMS_SEND}
_READ = {Channel.EMAIL: Scope.EMAIL_READ, Channel.SMS: Scope.SMS_READ}
LOG = "Log"


class _SendView(AutionalView):
    def sent(self, wanted: SendRequest) -> HttpResponseBase:
        return self.answer_once(lambda: self._submitted(wanted))

    def _submitted(self, wanted: SendRequest) -> Response:
        receipt = submit(self.principal.tenant, wanted)
        row = search.resolve_message(self.principal.tenant, receipt.message_ids[0], channel=None, resource=LOG)
        (log,) = logs.present(self.principal.tenant, [row])
        return self.one(log)


class EmailView(_SendView):
    scopes = {"POST": Scope.EMAIL_SEND}

    def post(self, request: Request) -> HttpResponseBase:
        return self.sent(wire.parse_email(self.read_body(), self.principal, datetime.now(UTC)))


class SmsView(_SendView):
    scopes = {"POST": Scope.SMS_SEND}

    def post(self, request: Request) -> HttpResponseBase:
        return self.sent(wire.parse_sms(self.read_body(), self.principal, datetime.now(UTC)))


class BulkView(AutionalView):
    def post(self, request: Request) -> HttpResponseBase:
        call = wire.parse_bulk(self.read_body(), self.principal)
        self.principal.check_scope(SEND_SCOPES[call.request.channel])
        record, is_replayed = self._accept(call)
        shared = logs.shared(self.principal.tenant, record.message_ids[0])
        response = StreamingHttpResponse(bulk.render(call, record, shared), content_type="application/json")
        if is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _accept(self, call: wire.Bulk) -> tuple[Record, bool]:
        """What was decided, and whether that was before."""
        tenant = self.principal.tenant

        def work() -> Record:
            return Record.of(submit(tenant, call.request), datetime.now(UTC))

        key = self.request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return work(), False
        answer = idempotency.answer_once(
            tenant.pk,
            self.request.path.rstrip("/"),
            key,
            request_body=self.body.identity,
            work=lambda: Answer(status=200, body=work().write()),
        )
        return Record.read(answer.body), answer.is_replayed


class LogsView(AutionalView):
    def get(self, request: Request) -> Response:
        params, tenant, page = request.query_params, self.principal.tenant, parse_page(request.query_params)
        user_id = visible_user_id(self.principal, params.get("user_id", "").strip())
        narrowing = filters.parse_logs(params, user_id=user_id, now=datetime.now(UTC))
        paging = search.Paging(number=page.number, size=page.size)
        channels = self._readable(filters.parse_channel(params))
        if len(channels) > 1:
            found = search.list_newest(tenant, narrowing, paging)
        elif channels:
            found = search.list_messages(tenant, narrowing, paging, channel=channels[0])
        else:
            return self.many([], total=0, page=page)
        return self.many(logs.present(tenant, found.rows), total=found.total, page=page)

    def _readable(self, wanted: str | None) -> list[Channel]:
        """The channel that is asked for, or those that the key may read. Raises ScopeMissing."""
        if wanted is not None:
            channel = filters.ours(wanted)
            self.principal.check_scope(_READ[channel] if channel else Scope.EMAIL_READ)
            return [channel] if channel else []
        self.principal.check_scope(*_READ.values())
        return [channel for channel, scope in _READ.items() if scope in self.principal.scopes]


class ScheduledView(AutionalView):
    def delete(self, request: Request, message_id: str) -> Response:
        cancel_key = self._cancel_key()
        tenant, now = self.principal.tenant, datetime.now(UTC)
        row = search.resolve_message(tenant, ids.parse("log", message_id, resource=LOG), channel=None, resource=LOG)
        channel = Channel(row.channel)
        self.principal.check_scope(SEND_SCOPES[channel])
        own = visible_user_id(self.principal, "")
        if (cancel_key and cancel_key != row.cancel_key) or own not in (None, row.user_id):
            raise NotFound(resource=LOG, id=message_id[:60])
        if cancel_key and row.status is Status.CANCELLED:
            # The key says that the same cancel is meant, so that a repeated call succeeds as the first did.
            return self.done()
        if not log_wire.is_scheduled(row, now):
            raise WrongState(status=log_wire.shown_status(row, now), action="cancelled")
        if scheduling.cancel(tenant, [row.id], channel=channel)[row.id] is not Stop.CANCELLED:
            raise WrongState(status="on its way", action="cancelled")
        return self.done()

    def _cancel_key(self) -> str:
        # Some clients send DELETE with a body, the others without one and without a type.
        if self.request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            return ""
        return Members(self.read_body()).line("cancel_key")


class HealthView(AutionalView):
    """Public: without a key it tells of the platform's own servers."""

    authentication_classes = [OptionalBearer]

    def get(self, request: Request, channel: str) -> Response:
        filters.check_channel(channel)
        now, known = datetime.now(UTC), filters.ours(channel)
        tenant_id = self.caller.tenant.pk if self.caller else None
        found = availability.look(tenant_id, known, now=now) if known else None
        return self.one(logs.present_health(channel, found))


class RateLimitsView(AutionalView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request) -> Response:
        wanted, now = filters.parse_channel(request.query_params), datetime.now(UTC)
        told = {}
        for channel in ("email", "push", "sms"):
            known = filters.ours(channel)
            found = availability.look(self.principal.tenant.pk, known, now=now) if known else None
            told[channel] = logs.present_limits(self.principal.tenant, found)
        return self.one(told if wanted is None else {wanted: told[wanted]})
