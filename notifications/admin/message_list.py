"""The list of messages: Django's change list, with pages that are found by id instead of counted."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

from notifications.admin import message_filters
from notifications.admin.pages import COUNT_LIMIT, Edge, Wish, read
from notifications.states import Status

_OLDER, _NEWER = "before", "after"
_MAX_ID = 2**63 - 1
_TABS = (
    ("All", None),
    ("Problems", "problems"),
    ("Waiting", Status.PENDING.value),
    ("Sent", Status.SENT.value),
    ("Failed", Status.FAILED.value),
    ("Uncertain", Status.UNCERTAIN.value),
)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """For what Django pages by itself (autocomplete): counts up to a limit and no further."""

    #: Unfold includes this in place of its page numbers.
    template_name = "notifications/older_newer.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: COUNT_LIMIT + 1].count() if isinstance(rows, QuerySet) else len(rows)


class MessageChangeList(ChangeList):  # type: ignore[misc]
    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        kept: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in kept.items() if name not in (_OLDER, _NEWER)}

    def get_results(self, request: HttpRequest) -> None:
        edge = _edge(request)
        wish = self._wish(request)
        page = read(wish, edge, size=self.list_per_page)
        self.result_list = list(
            self.root_queryset.filter(pk__in=page.ids).select_related("tenant", "route").order_by("-id")
        )
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = self.model_admin.get_paginator(request, self.result_list, self.list_per_page)
        self.newest_url = self._url() if edge.id is not None else None
        self.older_url = None if page.older is None else self._url(_OLDER, page.older)
        self.newer_url = None if page.newer is None else self._url(_NEWER, page.newer)
        self.found = _found(wish, edge, page.total)
        #: The page ended because enough rows had been looked at, not because it is full.
        self.is_cut = page.older is not None and len(page.ids) < self.list_per_page
        self.tabs = [_tab(self, title, status) for title, status in _TABS]
        self.formset = None

    def _wish(self, request: HttpRequest) -> Wish:
        # A search tries whole words before beginnings, and must do so inside the tenant that was chosen.
        wish = message_filters.scope(request)
        by_tenant = [spec for spec in self.filter_specs if isinstance(spec, message_filters.TenantFilter)]
        for spec in by_tenant:
            wish = spec.narrow(wish)
        wish = message_filters.search(wish, self.query)
        for spec in self.filter_specs:
            wish = wish if spec in by_tenant else spec.narrow(wish)
        return wish

    def _url(self, name: str | None = None, place: int | None = None) -> str:
        kept = {key: value for key, value in self.filter_params.items() if key not in (_OLDER, _NEWER)}
        return "?" + urlencode(kept | ({} if name is None else {name: place}), doseq=True)


def _tab(changes: MessageChangeList, title: str, status: str | None) -> dict[str, Any]:
    url = changes.get_query_string({"status": status}, remove=[_OLDER, _NEWER])
    return {"title": title, "url": url, "is_on": changes.params.get("status") == status}


def _edge(request: HttpRequest) -> Edge:
    for name in (_OLDER, _NEWER):
        place = request.GET.get(name, "")
        if place.isascii() and place.isdigit() and int(place) <= _MAX_ID:
            return Edge(id=int(place), is_older=name == _OLDER)
    return Edge()


def _found(wish: Wish, edge: Edge, total: int | None) -> str:
    """What can honestly be said about how many there are."""
    if total is not None:
        return "1 message" if total == 1 else f"{total:,} messages"
    return f"More than {COUNT_LIMIT:,} messages" if edge.id is None and not wish.rest else ""
