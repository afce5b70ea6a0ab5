"""Templates: verbs only."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import search
from notifications.contracts import Channel
from notifications.facades.autional import filters, ids, templates_wire
from notifications.facades.autional.envelope import AdminView, AutionalView
from notifications.facades.autional.lists import Page, parse_flag, parse_page
from notifications.facades.autional.members import Members
from templates_app import catalogue, own_templates
from templates_app.catalogue import TemplateRow
from templates_app.languages import closest, spelled
from tenants.errors import NotFound, StillInUse
from tenants.models.api_key import Scope

_TEMPLATE = "Template"
_DEFAULT_LOCALE = "zh-CN"
#: More templates than one tenant can have.
_ALL = 100_000


class _TemplateView(AutionalView):
    def found(self, template_id: str) -> TemplateRow:
        """By an id that says nothing of the channel. Raises NotFound."""
        tenant_id, number = self.principal.tenant.pk, ids.parse("tpl", template_id, resource=_TEMPLATE)
        for channel in Channel:
            try:
                return catalogue.resolve_row(tenant_id, number, channel=channel)
            except NotFound:
                continue
        raise NotFound(resource=_TEMPLATE, id=template_id[:60])

    def shown(self, row: TemplateRow) -> dict[str, Any]:
        return templates_wire.present_template(row, self.principal.tenant.pk)

    def again(self, row_id: int, channel: str) -> dict[str, Any]:
        """As it is after a change."""
        return self.shown(catalogue.resolve_row(self.principal.tenant.pk, row_id, channel=channel))


class TemplatesView(_TemplateView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request) -> Response:
        params, page = request.query_params, parse_page(request.query_params)
        wanted = filters.parse_channel(params)
        is_active, keyword = parse_flag(params, "is_active"), params.get("keyword", "").strip()[:100]

        def narrow(rows: QuerySet[Any]) -> QuerySet[Any]:
            if is_active is not None:
                rows = rows.filter(published__isnull=not is_active)
            if keyword:
                rows = rows.filter(Q(template__name__icontains=keyword) | Q(template__code__icontains=keyword))
            return rows.order_by("template__code", "language", "pk")

        channels = [channel for channel in Channel if wanted in (None, channel)]
        total, rows = self._page(narrow, page, channels)
        return self.many([self.shown(row) for row in rows], total=total, page=page)

    def _page(
        self, narrow: catalogue.Narrowing, page: Page, channels: Iterable[Channel]
    ) -> tuple[int, list[TemplateRow]]:
        """One channel after the other."""
        total, rows = 0, list[TemplateRow]()
        for channel in channels:
            start, size = max(page.offset - total, 0), page.size - len(rows)
            count, found = catalogue.list_templates(
                self.principal.tenant.pk, narrow, offset=start, size=size, channel=channel
            )
            total += count
            rows += found
        return total, rows


class AvailableTemplatesView(_TemplateView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request) -> Response:
        locale = spelled(request.query_params.get("locale", "").strip()[:20] or _DEFAULT_LOCALE)
        rows = [row for channel in Channel for row in self._spoken(channel, locale)]
        page = Page(number=1, size=max(len(rows), 1))
        return self.many([templates_wire.present_available(row) for row in rows], total=len(rows), page=page)

    def _spoken(self, channel: Channel, locale: str) -> Iterable[TemplateRow]:
        """Of each code the language that comes closest, as a send would find it."""
        tenant = self.principal.tenant
        _, rows = catalogue.list_templates(tenant.pk, _sent, offset=0, size=_ALL, channel=channel)
        by_code: dict[str, dict[str, TemplateRow]] = {}
        for row in rows:
            by_code.setdefault(row.code, {})[row.language] = row
        for spoken in by_code.values():
            language = closest(locale, spoken) or closest(tenant.default_language, spoken)
            if language is not None:
                yield spoken[language]


class TemplateView(_TemplateView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request, template_id: str) -> Response:
        return self.one(templates_wire.present_detail(self.found(template_id), self.principal.tenant.pk))


class AdminTemplatesView(AdminView, TemplatesView):
    scopes = {"GET": Scope.EMAIL_READ, "POST": Scope.TEMPLATE_WRITE}

    def post(self, request: Request) -> Response:
        wanted, tenant = templates_wire.parse_new(self.read_body()), self.principal.tenant
        made = own_templates.create(
            tenant.pk,
            code=wanted.code,
            language=wanted.locale or tenant.default_language,
            wanted=wanted.change,
            channel=wanted.channel,
        )
        return self.one(self.again(made.pk, wanted.channel), status=201)


class AdminTemplateView(AdminView, TemplateView):
    scopes = {"GET": Scope.EMAIL_READ, "PUT": Scope.TEMPLATE_WRITE, "DELETE": Scope.TEMPLATE_WRITE}

    def put(self, request: Request, template_id: str) -> Response:
        row, tenant_id = self.found(template_id), self.principal.tenant.pk
        update = templates_wire.parse_update(self.read_body(), row)
        own_templates.change(tenant_id, row.id, update.change, channel=row.channel)
        is_active = row.version is not None if update.is_active is None else update.is_active
        # A new text is sent from then on; so this comes after it.
        if not is_active:
            own_templates.withdraw(tenant_id, row.id, channel=row.channel)
        elif row.version is None and not update.change.parts:
            newest = catalogue.list_versions(tenant_id, row.id, channel=row.channel)[0]
            own_templates.publish(tenant_id, row.id, newest.number, channel=row.channel)
        return self.one(self.again(row.id, row.channel))

    def delete(self, request: Request, template_id: str) -> Response:
        row, tenant = self.found(template_id), self.principal.tenant
        versions = own_templates.version_ids(tenant.pk, row.id, channel=row.channel)
        if search.is_waiting(tenant, versions):
            raise StillInUse(resource=_TEMPLATE, id=template_id[:60], user="messages that wait to be sent")
        own_templates.withdraw(tenant.pk, row.id, channel=row.channel)
        return self.done()


class PreviewView(AdminView, _TemplateView):
    scopes = {"POST": Scope.EMAIL_READ}

    def post(self, request: Request, template_id: str) -> Response:
        row = self.found(template_id)
        params = Members({"variables": self.read_body()}).variables("variables")
        return self.one(templates_wire.present_preview(row, params))


class VersionsView(AdminView, _TemplateView):
    scopes = {"GET": Scope.EMAIL_READ}

    def get(self, request: Request, template_id: str) -> Response:
        row = self.found(template_id)
        versions = catalogue.list_versions(self.principal.tenant.pk, row.id, channel=row.channel)
        items = [templates_wire.present_version(version, row) for version in versions]
        return self.many(items, total=len(items), page=Page(number=1, size=max(len(items), 1)))


class CloneView(AdminView, _TemplateView):
    scopes = {"POST": Scope.TEMPLATE_WRITE}

    def post(self, request: Request, template_id: str) -> Response:
        row = self.found(template_id)
        locale, wanted = templates_wire.parse_clone(self.read_body(), row)
        made = own_templates.create(
            self.principal.tenant.pk, code=row.code, language=locale, wanted=wanted, channel=row.channel
        )
        return self.one(self.again(made.pk, row.channel))


def _sent(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(published__isnull=False).order_by("template__code", "language")
