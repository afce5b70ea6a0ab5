"""Signing keys, for callers that sign their requests: verbs only. Rules are in ``tenants.signing``."""

from datetime import UTC, datetime
from functools import partial

from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications.facades.angus import lists
from notifications.facades.angus import signing_keys_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.lists import Shape
from notifications.facades.angus.parameters import parse_id
from notifications.facades.angus.signing_keys_wire import parse_new, present_key
from tenants import signing
from tenants.models.api_key import Scope

SIGNING_KEYS = Shape(parameters=FilterSet, columns={}, orders={"id": "id"})


class SigningKeyViewSet(ViewSetMixin, AngusView):
    scopes = {"GET": Scope.KEY_WRITE, "POST": Scope.KEY_WRITE, "DELETE": Scope.KEY_WRITE}

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        paging = lists.parse_paging(request.query_params, SIGNING_KEYS)
        total, rows = signing.list_keys(
            self.principal.tenant.pk, partial(lists.ordered, paging=paging), offset=paging.offset, size=paging.size
        )
        return self.success({"total": total, "list": [present_key(row) for row in rows]})

    @extend_schema(**docs.CREATE)
    def create(self, request: Request) -> Response:
        wanted = parse_new(self.read_body(), now=datetime.now(UTC))
        for scope in wanted.scopes:
            # Nobody gives what they have not.
            self.principal.check_scope(scope)
        key, clear = signing.issue(
            self.principal.tenant, name=wanted.name, scopes=wanted.scopes, expires_at=wanted.expires_at
        )
        return self.success({**present_key(key), "secretKey": clear}, status=201)

    @extend_schema(**docs.DELETE)
    def destroy(self, request: Request, key_id: str) -> Response:
        key = signing.resolve(self.principal.tenant.pk, parse_id(key_id, resource="SigningKey"))
        signing.revoke(key, now=datetime.now(UTC))
        return self.nothing()
