"""Which address leads to which part of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.standalone import captured_pages, pages
from notifications import unsubscribe
from notifications.unsubscribe_pages import UnsubscribeView

# Here, not when Django is set up: workers and commands have no use for the admin's pages, and start sooner without.
admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    # For whoever types the bare address into a browser. Tencent's requests to it never come here.
    path("", RedirectView.as_view(pattern_name="admin:index", http_method_names=["get", "head"])),
    # Before the admin, which answers whatever lies below its own address.
    path("admin/catcher/", include(pages.urls())),
    path("admin/captured-sms/", include(captured_pages.urls())),
    # Without a prefix, some of its paths begin with "admin/communication/".
    path("", include("notifications.facades.autional.urls")),
    path("admin/", admin.site.urls),
    path(f"{unsubscribe.PATH}<str:token>", UnsubscribeView.as_view()),
    path("", include("notifications.facades.works.urls")),
    # Last: it also answers for whatever is unknown under /api and /innerapi.
    path("", include("notifications.facades.angus.urls")),
]
