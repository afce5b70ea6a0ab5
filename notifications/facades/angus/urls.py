"""AngusGM's paths, each with and without a slash at its end; whatever else is under its prefixes is unknown."""

from collections.abc import Mapping

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.viewsets import ViewSetMixin

from notifications.facades.angus.channels_views import ChannelTrialViewSet, ChannelViewSet
from notifications.facades.angus.codes_views import CodeViewSet, InnerCodeViewSet
from notifications.facades.angus.envelope import UnknownPathView
from notifications.facades.angus.scheduling_views import CancelViewSet, EmailRecordViewSet
from notifications.facades.angus.servers_views import ServerViewSet, TrialViewSet
from notifications.facades.angus.signing_keys_views import SigningKeyViewSet
from notifications.facades.angus.sms_templates_views import SmsTemplateViewSet
from notifications.facades.angus.sms_views import (
    InnerSmsCodeViewSet,
    InnerSmsViewSet,
    SmsCodeViewSet,
    SmsViewSet,
)
from notifications.facades.angus.suppressions_views import SuppressionViewSet
from notifications.facades.angus.templates_views import TemplateViewSet
from notifications.facades.angus.views import EmailViewSet, InnerEmailViewSet


def _both(route: str, viewset: type[ViewSetMixin], actions: Mapping[str, str]) -> list[URLPattern]:
    """The second spelling works and is left out of the schema."""
    return [
        path(route, viewset.as_view(dict(actions))),
        path(f"{route}/", viewset.as_view(dict(actions), schema=None)),
    ]


urlpatterns = [
    *_both("api/v1/email", EmailViewSet, {"get": "list", "post": "create", "delete": "destroy"}),
    *_both("api/v1/email/cancel", CancelViewSet, {"post": "cancel"}),
    *_both("api/v1/email/verificationCode/check", CodeViewSet, {"get": "check"}),
    *_both(
        "api/v1/email/server",
        ServerViewSet,
        {"get": "list", "post": "create", "put": "replace", "patch": "update", "delete": "destroy"},
    ),
    *_both("api/v1/email/server/enabled", ServerViewSet, {"patch": "enabled"}),
    *_both("api/v1/email/server/check", ServerViewSet, {"get": "check"}),
    *_both("api/v1/email/server/test", TrialViewSet, {"post": "create"}),
    *_both("api/v1/email/server/<str:server_id>", ServerViewSet, {"get": "retrieve"}),
    *_both("api/v1/email/template", TemplateViewSet, {"get": "list", "post": "create"}),
    *_both("api/v1/email/template/<str:template_id>", TemplateViewSet, {"get": "retrieve", "patch": "partial_update"}),
    *_both("api/v1/email/template/<str:template_id>/draft", TemplateViewSet, {"put": "draft"}),
    *_both("api/v1/email/template/<str:template_id>/publish", TemplateViewSet, {"post": "publish"}),
    *_both("api/v1/email/template/<str:template_id>/preview", TemplateViewSet, {"post": "preview"}),
    *_both("api/v1/email/template/<str:template_id>/version", TemplateViewSet, {"get": "versions"}),
    *_both("api/v1/email/template/<str:template_id>/version/<str:number>", TemplateViewSet, {"get": "version"}),
    # After all that is not an id.
    *_both("api/v1/email/<str:message_id>", EmailRecordViewSet, {"get": "retrieve", "patch": "partial_update"}),
    *_both("innerapi/v1/email", InnerEmailViewSet, {"post": "create"}),
    *_both("innerapi/v1/email/verificationCode/check", InnerCodeViewSet, {"get": "check"}),
    *_both("api/v1/sms", SmsViewSet, {"get": "list", "delete": "destroy"}),
    *_both("api/v1/sms/send", SmsViewSet, {"post": "create"}),
    *_both("api/v1/sms/verificationCode/check", SmsCodeViewSet, {"get": "check"}),
    *_both("api/v1/sms/channel", ChannelViewSet, {"get": "list", "patch": "update"}),
    *_both("api/v1/sms/channel/enabled", ChannelViewSet, {"patch": "enabled"}),
    *_both("api/v1/sms/channel/test", ChannelTrialViewSet, {"post": "create"}),
    *_both("api/v1/sms/channel/<str:channel_id>", ChannelViewSet, {"get": "retrieve"}),
    *_both("api/v1/sms/template", SmsTemplateViewSet, {"get": "list"}),
    *_both("api/v1/sms/template/<str:template_id>", SmsTemplateViewSet, {"get": "retrieve", "patch": "partial_update"}),
    *_both("api/v1/sms/<str:message_id>", SmsViewSet, {"get": "retrieve"}),
    *_both("innerapi/v1/sms/send", InnerSmsViewSet, {"post": "create"}),
    *_both("innerapi/v1/sms/verificationCode/check", InnerSmsCodeViewSet, {"get": "check"}),
    *_both("api/v1/suppressions", SuppressionViewSet, {"get": "list", "post": "create", "delete": "destroy"}),
    *_both("api/v1/suppressions/remove", SuppressionViewSet, {"post": "remove"}),
    *_both("api/v1/suppressions/import", SuppressionViewSet, {"post": "import_file"}),
    *_both("api/v1/suppressions/<str:suppression_id>", SuppressionViewSet, {"get": "retrieve"}),
    *_both("api/v1/signing-keys", SigningKeyViewSet, {"get": "list", "post": "create"}),
    *_both("api/v1/signing-keys/<str:key_id>", SigningKeyViewSet, {"delete": "destroy"}),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="api-schema")),
    re_path(r"^(?:api|innerapi)(?:/|$)", UnknownPathView.as_view()),
]
