"""One set of handlers under the four prefixes that Autional's clients use (autional.md 1).

Push and providers are no part of this product: whatever is not listed is answered 404, in the facade's envelope.
"""

from django.urls import include, path, re_path

from notifications.facades.autional.admin_views import (
    AdminHealthView,
    AdminLogsView,
    AdminRateLimitsView,
    ResendView,
    SuppressionsView,
)
from notifications.facades.autional.envelope import UnknownPathView
from notifications.facades.autional.figures import (
    AdminDashboardView,
    AdminTemplateStatsView,
    DashboardView,
    PlatformStatsView,
    TemplateStatsView,
)
from notifications.facades.autional.templates_views import (
    AdminTemplatesView,
    AdminTemplateView,
    AvailableTemplatesView,
    CloneView,
    PreviewView,
    TemplatesView,
    TemplateView,
    VersionsView,
)
from notifications.facades.autional.views import (
    BulkView,
    EmailView,
    HealthView,
    LogsView,
    RateLimitsView,
    ScheduledView,
    SmsView,
)

#: The published base paths of both revisions, the SDK's, and none.
PREFIXES = ("bff/communication-service/api/v1/", "bff/communication/api/v1/", "communication/api/v1/", "")

_ENDPOINTS = [
    path("communication/email", EmailView.as_view()),
    path("communication/bulk", BulkView.as_view()),
    path("communication/sms", SmsView.as_view()),
    path("communication/logs", LogsView.as_view()),
    path("communication/scheduled/<str:message_id>", ScheduledView.as_view()),
    path("communication/health/<str:channel>", HealthView.as_view()),
    path("communication/rate-limits", RateLimitsView.as_view()),
    path("communication/dashboard", DashboardView.as_view()),
    path("communication/template-stats", TemplateStatsView.as_view()),
    path("communication/templates", TemplatesView.as_view()),
    path("communication/templates/available", AvailableTemplatesView.as_view()),
    path("communication/templates/<str:template_id>", TemplateView.as_view()),
    path("admin/communication/logs", AdminLogsView.as_view()),
    path("admin/communication/resend/<str:message_id>", ResendView.as_view()),
    path("admin/communication/platform-stats", PlatformStatsView.as_view()),
    path("admin/communication/rate-limits", AdminRateLimitsView.as_view()),
    path("admin/communication/dashboard", AdminDashboardView.as_view()),
    path("admin/communication/health/<str:channel>", AdminHealthView.as_view()),
    path("admin/communication/template-stats", AdminTemplateStatsView.as_view()),
    path("admin/communication/templates", AdminTemplatesView.as_view()),
    path("admin/communication/templates/<str:template_id>", AdminTemplateView.as_view()),
    path("admin/communication/templates/<str:template_id>/preview", PreviewView.as_view()),
    path("admin/communication/templates/<str:template_id>/versions", VersionsView.as_view()),
    path("admin/communication/templates/<str:template_id>/clone-to-locale", CloneView.as_view()),
    path("internal/email/suppressions", SuppressionsView.as_view()),
]

urlpatterns = [
    *(path(prefix, include(_ENDPOINTS)) for prefix in PREFIXES),
    re_path(
        r"^(?:bff/communication(?:-service)?|communication|(?:admin|internal)/communication)(?:/|$)",
        UnknownPathView.as_view(),
    ),
]
