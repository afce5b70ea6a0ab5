"""The mail servers of AngusGM: verbs only. Rules are in ``servers``, what is seen of them in ``server_list``."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import server_list, servers
from notifications.facades.angus import lists
from notifications.facades.angus import servers_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.locale import requested_language
from notifications.facades.angus.parameters import parse_id, read, read_ids
from notifications.facades.angus.servers_filters import SERVERS, CheckParameters
from notifications.facades.angus.servers_wire import (
    named_as_members,
    parse_changes,
    parse_enabled,
    parse_new,
    parse_replacement,
    parse_trial,
    present_place,
    present_server,
)
from notifications.trial import Asker, send_test_mail
from tenants.errors import NotFound
from tenants.models.api_key import Scope

_MAX_DELETED = 10


class ServerViewSet(ViewSetMixin, AngusView):
    scopes = {
        "GET": Scope.EMAIL_READ,
        "POST": Scope.SERVER_WRITE,
        "PUT": Scope.SERVER_WRITE,
        "PATCH": Scope.SERVER_WRITE,
        "DELETE": Scope.SERVER_WRITE,
    }

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        params = request.query_params
        paging = lists.parse_paging(params, SERVERS)
        total, rows = server_list.list_servers(
            self.tenant_id,
            lambda found: lists.ordered(lists.narrow(found, params, SERVERS), paging),
            offset=paging.offset,
            size=paging.size,
        )
        return self.success({"total": total, "list": [present_server(row) for row in rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, server_id: str) -> Response:
        row = server_list.resolve_row(self.tenant_id, parse_id(server_id, resource="MailServer"))
        return self.success(present_server(row))

    @extend_schema(**docs.ADD)
    def create(self, request: Request) -> Response:
        return self.success(self._create(parse_new(self.read_body())), status=201)

    @extend_schema(**docs.REPLACE)
    def replace(self, request: Request) -> Response:
        server_id, columns = parse_replacement(self.read_body())
        if server_id is None:
            return self.success(self._create(columns))
        self._update(server_id, columns)
        return self.success(present_place(server_list.resolve_row(self.tenant_id, server_id)))

    @extend_schema(**docs.UPDATE)
    def update(self, request: Request) -> Response:
        server_id, columns = parse_changes(self.read_body())
        self._update(server_id, columns)
        return self.success()

    @extend_schema(**docs.DELETE)
    def destroy(self, request: Request) -> Response:
        ids = read_ids(request.query_params, at_least=1, at_most=_MAX_DELETED)
        with transaction.atomic():
            for server_id in ids:
                self._remove(server_id)
        return self.nothing()

    @extend_schema(**docs.ENABLED)
    def enabled(self, request: Request) -> Response:
        server_id, is_wanted = parse_enabled(self.read_body())
        server = server_list.resolve_own(self.tenant_id, server_id)
        (servers.enable if is_wanted else servers.disable)(server)
        return self.success()

    @extend_schema(**docs.CHECK)
    def check(self, request: Request) -> Response:
        server_list.check_available(self.tenant_id, read(request.query_params, CheckParameters()).get("protocol"))
        return self.success()

    def _create(self, columns: dict[str, object]) -> dict[str, object]:
        with named_as_members():
            server = servers.create(tenant_id=self.tenant_id, fields=columns)
        return present_place(server_list.resolve_row(self.tenant_id, server.pk))

    def _update(self, server_id: int, columns: dict[str, object]) -> None:
        server = server_list.resolve_own(self.tenant_id, server_id)
        with named_as_members():
            servers.update(server, columns)

    def _remove(self, server_id: int) -> None:
        try:
            servers.remove(server_list.resolve_own(self.tenant_id, server_id))
        except NotFound:
            # As with records: who wants it gone does not mind that it is.
            return


class TrialViewSet(ViewSetMixin, AngusView):
    """A test mail. Whoever may send may test: it is a mail, through servers that the tenant's mail leaves by anyway."""

    scopes = {"POST": Scope.EMAIL_SEND}

    @extend_schema(**docs.TEST)
    def create(self, request: Request) -> Response:
        server_id, recipients = parse_trial(self.read_body())
        tenant = self.principal.tenant
        send_test_mail(
            tenant,
            server_list.resolve_usable(tenant.pk, server_id),
            recipients,
            language=requested_language(request._request) or tenant.default_language,
            asker=Asker(facade="angus", user_id=self.principal.user_id, key_id=self.principal.key_id),
        )
        return self.success()
