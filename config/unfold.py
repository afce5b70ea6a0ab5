"""The look of the admin: names, colours, and the sidebar. Each link appears for those who may open it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

Check = Callable[[HttpRequest], bool]


def _may(permission: str) -> Check:
    return lambda request: bool(request.user.has_perm(permission))


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _image(path: str) -> Callable[[HttpRequest], str]:
    # Not at import: static files are configured by the settings that are just being read.
    return lambda request: static(path)


def _link(title: str, *, icon: str, to: str, when: Check) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{to}"), "permission": when}


def _always(request: HttpRequest) -> bool:
    return True


_ACTIVITY = [
    _link("Dashboard", icon="monitoring", to="index", when=_always),
    _link(
        "Messages",
        icon="outgoing_mail",
        to="notifications_message_changelist",
        when=_may("notifications.view_message"),
    ),
]
_CAUGHT_MAIL = {
    "title": "Caught mail",
    "icon": "inbox",
    "link": reverse_lazy("catcher"),
    "permission": lambda request: bool(getattr(settings, "CATCHER_MAILDIR", "")) and _is_superuser(request),
}
_CAPTURED_SMS = {
    "title": "Captured SMS",
    "icon": "sms",
    "link": reverse_lazy("captured_sms"),
    "permission": lambda request: bool(getattr(settings, "DEBUG", False)) and _is_superuser(request),
}
_CONTENT = [
    _link(
        "Templates",
        icon="article",
        to="templates_app_template_changelist",
        when=_may("templates_app.view_template"),
    ),
]
_BATCHES = [
    _link(
        "Batch tasks",
        icon="schedule_send",
        to="notifications_batchtask_changelist",
        when=_may("notifications.view_batchtask"),
    ),
    _link(
        "Recipient lists",
        icon="recent_actors",
        to="notifications_recipientlist_changelist",
        when=_may("notifications.view_recipientlist"),
    ),
]
_DIRECTORY = [
    _link("Contacts", icon="contacts", to="tenants_contact_changelist", when=_may("tenants.view_contact")),
    _link(
        "Contact groups", icon="groups", to="tenants_contactgroup_changelist", when=_may("tenants.view_contactgroup")
    ),
]
_DELIVERY = [
    _link(
        "Mail servers", icon="dns", to="notifications_mailserver_changelist", when=_may("notifications.view_mailserver")
    ),
    _link(
        "SMS gateways", icon="sms", to="notifications_smsgateway_changelist", when=_may("notifications.view_smsgateway")
    ),
    _link("Holds", icon="front_hand", to="notifications_hold_changelist", when=_may("notifications.view_hold")),
    _link(
        "Suppressions",
        icon="do_not_disturb_on",
        to="notifications_suppression_changelist",
        when=_may("notifications.view_suppression"),
    ),
    _link(
        "Sender domains",
        icon="domain_verification",
        to="tenants_senderdomain_changelist",
        when=_may("tenants.view_senderdomain"),
    ),
    _link(
        "Sender identities",
        icon="alternate_email",
        to="tenants_senderidentity_changelist",
        when=_may("tenants.view_senderidentity"),
    ),
]
_ACCESS = [
    _link("Tenants", icon="apartment", to="tenants_tenant_changelist", when=_may("tenants.view_tenant")),
    _link("API keys", icon="key", to="tenants_apikey_changelist", when=_may("tenants.view_apikey")),
    _link("Signing keys", icon="draw", to="tenants_signingkey_changelist", when=_may("tenants.view_signingkey")),
    _link("Users", icon="person", to="auth_user_changelist", when=_is_superuser),
    _link("Groups", icon="group", to="auth_group_changelist", when=_is_superuser),
    _link("Audit log", icon="history", to="admin_logentry_changelist", when=_is_superuser),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Angarium",
    "SITE_HEADER": "Angarium",
    "SITE_SUBHEADER": "Notifications, delivered",
    "SITE_URL": None,
    "SITE_ICON": _image("angarium/logo.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _image("angarium/favicon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [_image("angarium/admin.css")],
    "SCRIPTS": [_image("angarium/admin.js")],
    "DASHBOARD_CALLBACK": "notifications.admin.dashboard.show",
    # The colour of the angarium's riders: a warm saffron that keeps its contrast on white and on night.
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .018 78)",
            "100": "oklch(94.5% .042 77)",
            "200": "oklch(89.5% .083 74)",
            "300": "oklch(82.5% .128 70)",
            "400": "oklch(75.5% .155 64)",
            "500": "oklch(68% .165 56)",
            "600": "oklch(57.5% .148 50)",
            "700": "oklch(49% .126 47)",
            "800": "oklch(42% .104 45)",
            "900": "oklch(36.5% .084 44)",
            "950": "oklch(25% .058 43)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "navigation": [
            {"title": "Activity", "items": [*_ACTIVITY, _CAUGHT_MAIL, _CAPTURED_SMS]},
            {"title": "Content", "items": _CONTENT},
            {"title": "Directory", "items": _DIRECTORY},
            {"title": "Batches", "items": _BATCHES},
            {"title": "Delivery", "items": _DELIVERY},
            {"title": "Access", "items": _ACCESS},
        ],
    },
    "COMMAND": {"search_models": False},
}
