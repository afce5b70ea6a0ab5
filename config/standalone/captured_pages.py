"""The captured SMS in the admin. For superusers, while DEBUG is on: they are of all tenants, codes in clear."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from config.standalone import captured

PER_PAGE = 50


@require_GET
@admin.site.admin_view
def sms_list(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    page = Paginator(captured.names(settings.SMS_CAPTURE_DIR), PER_PAGE).get_page(request.GET.get("page"))
    found = list(captured.read_all(settings.SMS_CAPTURE_DIR, list(page.object_list)))
    context = {"title": "Captured SMS", "page": page, "found": found}
    return render(request, "config/catcher/sms.html", admin.site.each_context(request) | context)


def urls() -> list[URLPattern]:
    """For ``/admin/captured-sms/``."""
    return [path("", sms_list, name="captured_sms")]
