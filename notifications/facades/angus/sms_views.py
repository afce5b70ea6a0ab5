"""The SMS endpoints of AngusGM: verbs only."""

from datetime import UTC, datetime
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import removal, search, verification
from notifications.contracts import Channel
from notifications.facades.angus import lists
from notifications.facades.angus import sms_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.errors import Foreign
from notifications.facades.angus.filters import SMS
from notifications.facades.angus.locale import requested_language
from notifications.facades.angus.parameters import parse_id, read, read_ids
from notifications.facades.angus.sms_bodies import CheckParameters
from notifications.facades.angus.sms_errors import sms_foreign
from notifications.facades.angus.sms_wire import parse_sms, present_sms
from notifications.facades.angus.wire import SendContext, present_receipt
from notifications.submit import submit
from tenants.errors import DomainError
from tenants.models.api_key import Scope

MAX_DELETED = 200


class SmsView(AngusView):
    def entry_of(self, error: DomainError) -> Foreign:
        return sms_foreign(error)


class SmsViewSet(ViewSetMixin, SmsView):
    scopes = {"GET": Scope.SMS_READ, "POST": Scope.SMS_SEND, "DELETE": Scope.SMS_SEND}

    @extend_schema(**docs.SEND)
    def create(self, request: Request) -> HttpResponseBase:
        context = SendContext(
            principal=self.principal, now=datetime.now(UTC), language=requested_language(request._request)
        )
        wanted = parse_sms(self.read_body(), context)
        return self.answer_once(lambda: self.success(present_receipt(submit(self.principal.tenant, wanted))))

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        page = search.list_messages(
            self.principal.tenant,
            partial(lists.narrow, params=request.query_params, shape=SMS),
            lists.parse_paging(request.query_params, SMS),
            channel=Channel.SMS,
        )
        return self.success({"total": page.total, "list": [present_sms(row) for row in page.rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, message_id: str) -> Response:
        id_ = parse_id(message_id, resource="Sms")
        row = search.resolve_message(self.principal.tenant, id_, channel=Channel.SMS, resource="Sms")
        return self.success(present_sms(row))

    @extend_schema(**docs.DELETE)
    def destroy(self, request: Request) -> Response:
        ids = read_ids(request.query_params, at_most=MAX_DELETED)
        removal.remove(tenant_id=self.principal.tenant.pk, message_ids=ids, channel=Channel.SMS)
        return self.nothing()


class InnerSmsViewSet(SmsViewSet):
    """The same sending for other services, within the tenant of their key."""

    scopes = {"POST": Scope.INNER_API_TRUST}


class SmsCodeViewSet(ViewSetMixin, SmsView):
    # Whoever may send codes may check them.
    scopes = {"GET": Scope.SMS_SEND}
    # The right code is used up by this GET, so a HEAD must not reach it.
    http_method_names = ["get"]

    @extend_schema(**docs.CHECK)
    def check(self, request: Request) -> Response:
        asked = read(request.query_params, CheckParameters())
        number = asked["mobile"].email
        verification.check(self.principal.tenant.pk, asked["bizKey"], number, asked["verificationCode"])
        return self.success()


class InnerSmsCodeViewSet(SmsCodeViewSet):
    """The same for other services, within the tenant of their key."""

    scopes = {"GET": Scope.INNER_API_TRUST}
