"""The SMS templates of AngusGM: verbs only. Rules are in ``own_templates``, what is seen of them in ``catalogue``."""

from typing import Any

from django.db.models import QuerySet, Value
from django_filters import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications.facades.angus import grammar, lists
from notifications.facades.angus import sms_templates_docs as docs
from notifications.facades.angus.grammar import Column
from notifications.facades.angus.lists import Shape, WholeFilter
from notifications.facades.angus.parameters import parse_id
from notifications.facades.angus.sms_templates_wire import EVERY_CHANNEL, parse_changes, present_template
from notifications.facades.angus.sms_views import SmsView
from templates_app import catalogue, own_templates
from tenants.models.api_key import Scope

_CHANNEL = "sms"


class SmsTemplateFilters(FilterSet):  # type: ignore[misc]
    """One filter per equality parameter of angus.md 2.5; ``field_name`` is our column."""

    id = WholeFilter(field_name="public_id")
    code = CharFilter(field_name="template__code")
    name = CharFilter(field_name="template__name")
    thirdCode = CharFilter(field_name="third_code")
    language = CharFilter(field_name="language")
    channelId = WholeFilter(field_name="channel_id")


SMS_TEMPLATES = Shape(
    parameters=SmsTemplateFilters,
    columns={
        "id": Column("public_id", grammar.whole, can_range=True),
        "code": Column("template__code", grammar.text, can_match=True),
        "name": Column("template__name", grammar.text, can_match=True),
        "thirdCode": Column("third_code", grammar.text, can_match=True),
        "language": Column("language", grammar.text, can_match=True),
        "channelId": Column("channel_id", grammar.whole),
        "createdDate": Column("published__created_at", grammar.moment, can_range=True),
    },
    orders={"id": "public_id", "createdDate": "published__created_at"},
)


class SmsTemplateViewSet(ViewSetMixin, SmsView):
    scopes = {"GET": Scope.SMS_READ, "PATCH": Scope.TEMPLATE_WRITE}

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        params = request.query_params.copy()
        # Alone among AngusGM's lists this one begins with the oldest.
        params.setdefault("orderSort", "ASC")
        paging = lists.parse_paging(params, SMS_TEMPLATES)

        def narrowing(found: QuerySet[Any]) -> QuerySet[Any]:
            rows = found.annotate(channel_id=Value(EVERY_CHANNEL))
            return lists.ordered(lists.narrow(rows, params, SMS_TEMPLATES), paging)

        total, rows = catalogue.list_templates(
            self.tenant_id, narrowing, offset=paging.offset, size=paging.size, channel=_CHANNEL
        )
        return self.success({"total": total, "list": [present_template(row) for row in rows]})

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, template_id: str) -> Response:
        id_ = parse_id(template_id, resource="SmsTemplate")
        return self.success(present_template(catalogue.resolve_row(self.tenant_id, id_, channel=_CHANNEL)))

    @extend_schema(**docs.UPDATE)
    def partial_update(self, request: Request, template_id: str) -> Response:
        id_ = parse_id(template_id, resource="SmsTemplate")
        own_templates.change(self.tenant_id, id_, parse_changes(self.read_body()), channel=_CHANNEL)
        return self.success()
