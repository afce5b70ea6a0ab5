"""The list of who gets nothing: verbs only. Rules are in ``suppression``."""

from datetime import UTC, datetime

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import suppression
from notifications.facades.angus import lists
from notifications.facades.angus import suppressions_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.parameters import parse_id, read, read_ids
from notifications.facades.angus.suppressions_filters import SUPPRESSIONS
from notifications.facades.angus.suppressions_wire import (
    ImportParameters,
    parse_channel,
    parse_new,
    parse_removal,
    present_added,
    present_imported,
    present_suppression,
)
from notifications.facades.body import read_csv
from notifications.suppression_import import import_suppressions, rehearse_import
from tenants.models.api_key import Scope

MAX_DELETED = 1_000


class SuppressionViewSet(ViewSetMixin, AngusView):
    scopes = {
        "GET": Scope.SUPPRESSION_READ,
        "POST": Scope.SUPPRESSION_WRITE,
        "DELETE": Scope.SUPPRESSION_WRITE,
    }

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        params = request.query_params
        paging = lists.parse_paging(params, SUPPRESSIONS)
        total, rows = suppression.list_suppressions(
            self.tenant_id,
            lambda found: lists.ordered(lists.narrow(found, params, SUPPRESSIONS), paging),
            offset=paging.offset,
            size=paging.size,
        )
        return self.success({"total": total, "list": [present_suppression(row) for row in rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, suppression_id: str) -> Response:
        row = suppression.resolve(self.tenant_id, parse_id(suppression_id, resource="Suppression"))
        return self.success(present_suppression(row))

    @extend_schema(**docs.ADD)
    def create(self, request: Request) -> Response:
        channel, entries = parse_new(self.read_body(), now=datetime.now(UTC))
        return self.success(present_added(suppression.add(self.tenant_id, channel, entries)), status=201)

    @extend_schema(**docs.REMOVE)
    def remove(self, request: Request) -> Response:
        wanted = parse_removal(self.read_body())
        count = suppression.remove(self.tenant_id, wanted.channel, wanted.addresses, category=wanted.category)
        return self.success({"removed": count})

    @extend_schema(**docs.DELETE)
    def destroy(self, request: Request) -> Response:
        suppression.remove_by_id(self.tenant_id, read_ids(request.query_params, at_most=MAX_DELETED))
        return self.nothing()

    @extend_schema(**docs.IMPORT)
    def import_file(self, request: Request) -> Response:
        options = read(request.query_params, ImportParameters())
        data = read_csv(request, limit_bytes=settings.MAX_BODY_BYTES)
        act = rehearse_import if options.get("dryRun") else import_suppressions
        imported = act(self.principal.tenant, parse_channel(options.get("channel")), data)
        return self.success(present_imported(imported))
