"""The e-mail endpoints of AngusGM: verbs only."""

from datetime import UTC, datetime
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import removal, search
from notifications.facades.angus import docs, lists
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.filters import EMAILS
from notifications.facades.angus.locale import requested_language
from notifications.facades.angus.parameters import parse_id, read_ids
from notifications.facades.angus.wire import SendContext, parse_send, present_message, present_receipt
from notifications.submit import submit
from tenants.models.api_key import Scope

MAX_DELETED = 200


class EmailViewSet(ViewSetMixin, AngusView):
    scopes = {"GET": Scope.EMAIL_READ, "POST": Scope.EMAIL_SEND, "DELETE": Scope.EMAIL_SEND}
    accepts_files = True
    is_trusted = False

    @extend_schema(**docs.SEND)
    def create(self, request: Request) -> HttpResponseBase:
        data = self.read_body()
        context = SendContext(
            principal=self.principal,
            now=datetime.now(UTC),
            language=requested_language(request._request),
            is_trusted=self.is_trusted,
            files=self.body.files,
        )
        wanted = parse_send(data, context)
        return self.answer_once(lambda: self.success(present_receipt(submit(self.principal.tenant, wanted))))

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        page = search.list_messages(
            self.principal.tenant,
            partial(lists.narrow, params=request.query_params, shape=EMAILS),
            lists.parse_paging(request.query_params, EMAILS),
        )
        return self.success({"total": page.total, "list": [present_message(row) for row in page.rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, message_id: str) -> Response:
        row = search.resolve_message(self.principal.tenant, parse_id(message_id, resource="Email"), resource="Email")
        return self.success(present_message(row))

    @extend_schema(**docs.DELETE)
    def destroy(self, request: Request) -> Response:
        ids = read_ids(request.query_params, at_most=MAX_DELETED)
        removal.remove(tenant_id=self.principal.tenant.pk, message_ids=ids)
        return self.nothing()


class InnerEmailViewSet(EmailViewSet):
    """The same sending for services that speak for others of their tenant."""

    scopes = {"POST": Scope.INNER_API_TRUST}
    is_trusted = True
