"""The caught mail in the admin: a list, a message, its parts. There only where a catcher's maildir is set.

For superusers: the catcher takes the mail of all tenants and cannot tell whose is whose.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from config.standalone.mailbox import Mail, Mailbox, read, summarise
from tenants import admin_frame

PER_PAGE = 50


def message_list(request: HttpRequest) -> HttpResponse:
    mailbox = _mailbox()
    page = Paginator(mailbox.names(), PER_PAGE).get_page(request.GET.get("page"))
    # A file may be deleted between listing and reading.
    files = [file for name in page.object_list if (file := mailbox.find(name))]
    context = {"title": "Caught mail", "page": page, "mails": [summarise(file) for file in files]}
    return render(request, "config/catcher/list.html", admin.site.each_context(request) | context)


def message_detail(request: HttpRequest, name: str) -> HttpResponse:
    mail = read(_file(name))
    context = {"title": mail.summary.subject or "No subject", "mail": mail}
    return render(request, "config/catcher/detail.html", admin.site.each_context(request) | context)


def message_html(request: HttpRequest, name: str) -> HttpResponse:
    mail = read(_file(name))
    images = {part.content_id: (part.content_type, part.content) for part in mail.parts if part.content_id}
    return admin_frame.html_page(mail.html or "", images=images)


def message_text(request: HttpRequest, name: str) -> HttpResponse:
    return admin_frame.text_page(read(_file(name)).text or "")


def message_raw(request: HttpRequest, name: str) -> HttpResponse:
    return _download(_file(name).read_bytes(), filename=name)


def message_part(request: HttpRequest, name: str, number: int) -> HttpResponse:
    mail: Mail = read(_file(name))
    if not 1 <= number <= len(mail.parts):
        raise Http404
    part = mail.parts[number - 1]
    return _download(part.content, filename=part.filename)


def _download(content: bytes, *, filename: str) -> HttpResponse:
    # Always bytes to save, never a page to open: the browser would show it on the admin's own origin.
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=filename) or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _mailbox() -> Mailbox:
    return Mailbox(Path(settings.CATCHER_MAILDIR))


def _file(name: str) -> Path:
    file = _mailbox().find(name)
    if file is None:
        raise Http404
    return file


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guard(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not settings.CATCHER_MAILDIR:
            raise Http404
        if not getattr(request.user, "is_superuser", False):
            raise PermissionDenied
        return view(request, **kwargs)

    return require_GET(admin.site.admin_view(guard))


def urls() -> list[URLPattern]:
    """For ``/admin/catcher/``; each asks for a login first."""
    return [
        path("", _guarded(message_list), name="catcher"),
        path("<str:name>/", _guarded(message_detail), name="catcher_message"),
        path("<str:name>/html/", _guarded(message_html), name="catcher_html"),
        path("<str:name>/text/", _guarded(message_text), name="catcher_text"),
        path("<str:name>/raw/", _guarded(message_raw), name="catcher_raw"),
        path("<str:name>/part/<int:number>/", _guarded(message_part), name="catcher_part"),
    ]
