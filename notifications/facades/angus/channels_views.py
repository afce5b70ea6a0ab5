"""The SMS channels of AngusGM: verbs only. Rules are in ``servers``, what is seen of them in ``server_list``."""

from functools import partial

from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import server_list, servers
from notifications.contracts import Channel
from notifications.facades.angus import channels_docs as docs
from notifications.facades.angus import lists
from notifications.facades.angus.channels_wire import (
    columns,
    named_as_members,
    parse_changes,
    parse_enabled,
    parse_trial,
    present_channel,
)
from notifications.facades.angus.lists import Shape
from notifications.facades.angus.locale import requested_language
from notifications.facades.angus.parameters import parse_id
from notifications.facades.angus.sms_views import SmsView
from notifications.trial import Asker, send_test_mail
from tenants.models.api_key import Scope

#: AngusGM's list knows paging and nothing else.
CHANNELS = Shape(parameters=FilterSet, columns={}, orders={"id": "id"})


class ChannelViewSet(ViewSetMixin, SmsView):
    scopes = {"GET": Scope.SMS_READ, "PATCH": Scope.SERVER_WRITE}

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        paging = lists.parse_paging(request.query_params, CHANNELS)
        total, rows = server_list.list_servers(
            self.tenant_id,
            partial(lists.ordered, paging=paging),
            offset=paging.offset,
            size=paging.size,
            channel=Channel.SMS,
        )
        return self.success({"total": total, "list": [present_channel(row) for row in rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, channel_id: str) -> Response:
        id_ = parse_id(channel_id, resource="SmsChannel")
        return self.success(present_channel(server_list.resolve_row(self.tenant_id, id_, channel=Channel.SMS)))

    @extend_schema(**docs.UPDATE)
    def update(self, request: Request) -> Response:
        id_, changes = parse_changes(self.read_body())
        gateway = server_list.resolve_own(self.tenant_id, id_, channel=Channel.SMS)
        with named_as_members():
            servers.update(gateway, columns(changes, kind=gateway.kind, options=gateway.options))
        return self.success()

    @extend_schema(**docs.ENABLED)
    def enabled(self, request: Request) -> Response:
        id_, is_wanted = parse_enabled(self.read_body())
        gateway = server_list.resolve_own(self.tenant_id, id_, channel=Channel.SMS)
        (servers.enable if is_wanted else servers.disable)(gateway)
        return self.success()


class ChannelTrialViewSet(ViewSetMixin, SmsView):
    """A test SMS. Whoever may send may test: it is an SMS, through gateways that the tenant's SMS leave by anyway."""

    scopes = {"POST": Scope.SMS_SEND}

    @extend_schema(**docs.TEST)
    def create(self, request: Request) -> Response:
        id_, recipients = parse_trial(self.read_body())
        tenant = self.principal.tenant
        send_test_mail(
            tenant,
            server_list.resolve_usable(tenant.pk, id_, channel=Channel.SMS),
            recipients,
            language=requested_language(request._request) or tenant.default_language,
            asker=Asker(facade="angus", user_id=self.principal.user_id, key_id=self.principal.key_id),
        )
        return self.success()
