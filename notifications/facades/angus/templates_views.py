"""The templates of AngusGM: verbs only. Rules are in ``own_templates``, what is seen of them in ``catalogue``."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications.facades.angus import lists
from notifications.facades.angus import templates_docs as docs
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.parameters import parse_id
from notifications.facades.angus.templates_filters import TEMPLATES
from notifications.facades.angus.templates_wire import (
    parse_changes,
    parse_new,
    parse_preview,
    parse_publication,
    parse_text,
    present_preview,
    present_template,
    present_version,
    present_whole_version,
)
from templates_app import catalogue, own_templates, publishing
from tenants.models.api_key import Scope


class TemplateViewSet(ViewSetMixin, AngusView):
    scopes = {
        "GET": Scope.EMAIL_READ,
        "POST": Scope.TEMPLATE_WRITE,
        "PUT": Scope.TEMPLATE_WRITE,
        "PATCH": Scope.TEMPLATE_WRITE,
    }

    @extend_schema(**docs.LIST)
    def list(self, request: Request) -> Response:
        params = request.query_params
        paging = lists.parse_paging(params, TEMPLATES)
        total, rows = catalogue.list_templates(
            self.tenant_id,
            lambda found: lists.ordered(lists.narrow(found, params, TEMPLATES), paging),
            offset=paging.offset,
            size=paging.size,
        )
        return self.success({"total": total, "list": [present_template(row) for row in rows]})

    @extend_schema(**docs.CREATE)
    def create(self, request: Request) -> Response:
        code, language, wanted = parse_new(self.read_body())
        made = own_templates.create(self.tenant_id, code=code, language=language, wanted=wanted)
        return self.success(present_template(catalogue.resolve_row(self.tenant_id, made.pk)), status=201)

    @extend_schema(**docs.DETAIL)
    def retrieve(self, request: Request, template_id: str) -> Response:
        return self.success(present_template(catalogue.resolve_row(self.tenant_id, _number(template_id))))

    @extend_schema(**docs.UPDATE)
    def partial_update(self, request: Request, template_id: str) -> Response:
        own_templates.change(self.tenant_id, _number(template_id), parse_changes(self.read_body()))
        return self.success()

    @extend_schema(**docs.DRAFT)
    def draft(self, request: Request, template_id: str) -> Response:
        version = own_templates.draft(self.tenant_id, _number(template_id), parse_text(self.read_body()))
        return self.success({"version": version.number})

    @extend_schema(**docs.PUBLISH)
    def publish(self, request: Request, template_id: str) -> Response:
        version = own_templates.publish(self.tenant_id, _number(template_id), parse_publication(self.read_body()))
        return self.success({"version": version.number})

    @extend_schema(**docs.VERSIONS)
    def versions(self, request: Request, template_id: str) -> Response:
        rows = catalogue.list_versions(self.tenant_id, _number(template_id))
        return self.success({"total": len(rows), "list": [present_version(row) for row in rows]})

    @extend_schema(**docs.VERSION)
    def version(self, request: Request, template_id: str, number: str) -> Response:
        wanted = parse_id(number, resource="EmailTemplateVersion")
        return self.success(
            present_whole_version(catalogue.resolve_version(self.tenant_id, _number(template_id), wanted))
        )

    @extend_schema(**docs.PREVIEW)
    def preview(self, request: Request, template_id: str) -> Response:
        number, wanted, sample = parse_preview(self.read_body())
        current = catalogue.resolve_source(self.tenant_id, _number(template_id), number)
        source = publishing.merged(current, wanted.parts, dialect=wanted.dialect)
        variables = publishing.check(source)
        rendered = publishing.preview(source, {**publishing.example_params(variables), **sample})
        return self.success(present_preview(rendered, [variable.name for variable in variables]))


def _number(template_id: str) -> int:
    return parse_id(template_id, resource="EmailTemplate")
