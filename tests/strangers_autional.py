"""What a stranger tries at each route of Autional's API, with the owner's ids, and gets nothing (``test_tenancy``)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.facades.autional.urls import PREFIXES
from notifications.models import Message, Suppression
from notifications.suppression import Entry
from templates_app.models import TemplateVersion, Translation
from tests.factories import end
from tests.strangers import Stranger

_EMAIL = {"to": ["ann@example.org"], "subject": "Hi", "content": "x"}


def _owners(stranger: Stranger) -> int:
    return Message.objects.for_tenant(stranger.owner.pk).count()


def _post(stranger: Stranger, path: str, body: dict[str, Any]) -> int:
    return stranger.client.post(path, body, content_type="application/json").status_code


def send_email(stranger: Stranger, base: str) -> None:
    before = _owners(stranger)
    stranger.foreign_template()
    assert _post(stranger, f"{base}communication/email", {**_EMAIL, "template": "WELCOME"}) == 404
    named = {"X-Tenant-ID": f"tnt_{stranger.owner.pk}"}
    answer = stranger.client.post(f"{base}communication/email", _EMAIL, content_type="application/json", headers=named)
    assert answer.status_code == 403
    assert _owners(stranger) == before


def send_sms(stranger: Stranger, base: str) -> None:
    assert _post(stranger, f"{base}communication/sms", {"phone": "13800138000", "content": "x"}) == 400


def send_bulk(stranger: Stranger, base: str) -> None:
    stranger.foreign_template()
    body = {"channel": "email", "content": "x", "recipients": ["ann@example.org"], "template": "WELCOME"}
    assert _post(stranger, f"{base}communication/bulk", body) == 404


def list_logs(stranger: Stranger, path: str) -> None:
    for query in ("", "?channel=email", "?user_id=-1", f"?tenant_id={stranger.owner.pk}"):
        status, answer = stranger.get(f"{path}{query}")
        assert (status, answer["items"], answer["total"]) == (200, [], 0)


def cancel(stranger: Stranger, base: str) -> None:
    path = f"{base}communication/scheduled/log_{stranger.message_id}"
    body = {"cancel_key": "campaign"}
    assert stranger.client.delete(path).status_code == 404
    assert stranger.client.delete(path, body, content_type="application/json").status_code == 404
    assert Message.objects.for_tenant(stranger.owner.pk).get().status == "PENDING"


def read_limits(stranger: Stranger, path: str) -> None:
    _, answer = stranger.get(path)
    assert {each["tenant_id"] for each in answer["data"].values()} == {f"tnt_{stranger.tenant.pk}"}


def read_dashboard(stranger: Stranger, path: str) -> None:
    _, answer = stranger.get(path)
    assert answer["data"]["by_status"] == answer["data"]["by_channel"] == {}


def read_template_stats(stranger: Stranger, path: str) -> None:
    assert stranger.get(path)[1]["items"] == []


def read_platform_stats(stranger: Stranger, path: str) -> None:
    """Even a key with every scope that a tenant can have."""
    assert stranger.get(path)[0] == 403


def read_health(stranger: Stranger, path: str) -> None:
    assert stranger.get(f"{path}/sms")[1]["data"]["status"] == "not_configured"


def list_templates(stranger: Stranger, path: str) -> None:
    stranger.foreign_template()
    for query in ("", "?keyword=WELCOME"):
        assert stranger.get(f"{path}{query}")[1]["items"] == []


def create_template(stranger: Stranger, path: str) -> None:
    stranger.foreign_template()
    body = {"code": "WELCOME", "name": "Mine", "channel": "email", "content": "x"}
    assert _post(stranger, path, body) == 201
    assert TemplateVersion.objects.filter(translation__template__tenant=stranger.owner).count() == 1


def on_a_template(stranger: Stranger, path: str, method: str, rest: str = "") -> None:
    id_ = stranger.foreign_template()
    answer = stranger.client.generic(
        method,
        f"{path}/tpl_{id_}{rest}",
        '{"name": "x", "target_locale": "fr"}',
        content_type="application/json",
    )
    assert answer.status_code == 404
    translation = Translation.objects.select_related("template", "published").get()
    assert translation.published is not None
    assert translation.template.name == "Welcome"


def resend(stranger: Stranger, path: str) -> None:
    end(Message.across_tenants.filter(pk=stranger.message_id), "FAILED")
    assert _post(stranger, f"{path}/log_{stranger.message_id}", {}) == 404
    assert Message.across_tenants.count() == 1


def list_suppressions(stranger: Stranger, path: str) -> None:
    suppression.add(stranger.owner.pk, Channel.EMAIL, [Entry("gone@example.org")])
    assert stranger.get(path)[1]["items"] == []


def release(stranger: Stranger, path: str) -> None:
    suppression.add(stranger.owner.pk, Channel.EMAIL, [Entry("gone@example.org")], source=SuppressionSource.BOUNCE)
    answer = stranger.client.delete(f"{path}?email=gone@example.org")
    assert answer.json()["data"] == {"released": False}
    assert Suppression.objects.for_tenant(stranger.owner.pk).exists()


def _with_base(case: Callable[[Stranger, str], None], base: str, stranger: Stranger) -> None:
    case(stranger, base)


def _at(case: Callable[..., None], path: str, *facts: str) -> Callable[[Stranger, str], None]:
    return lambda stranger, base: case(stranger, f"{base}{path}", *facts)


_TEMPLATES, _ADMIN_TEMPLATES = "communication/templates", "admin/communication/templates"
_ROUTES: dict[tuple[str, str], Callable[[Stranger, str], None]] = {
    ("POST", "communication/email"): send_email,
    ("POST", "communication/sms"): send_sms,
    ("POST", "communication/bulk"): send_bulk,
    ("GET", "communication/logs"): _at(list_logs, "communication/logs"),
    ("DELETE", "communication/scheduled/<str:message_id>"): cancel,
    ("GET", "communication/rate-limits"): _at(read_limits, "communication/rate-limits"),
    ("GET", "communication/dashboard"): _at(read_dashboard, "communication/dashboard"),
    ("GET", "communication/template-stats"): _at(read_template_stats, "communication/template-stats"),
    ("GET", _TEMPLATES): _at(list_templates, _TEMPLATES),
    ("GET", f"{_TEMPLATES}/available"): _at(list_templates, f"{_TEMPLATES}/available"),
    ("GET", f"{_TEMPLATES}/<str:template_id>"): _at(on_a_template, _TEMPLATES, "GET"),
    ("GET", "admin/communication/logs"): _at(list_logs, "admin/communication/logs"),
    ("POST", "admin/communication/resend/<str:message_id>"): _at(resend, "admin/communication/resend"),
    ("GET", "admin/communication/platform-stats"): _at(read_platform_stats, "admin/communication/platform-stats"),
    ("GET", "admin/communication/rate-limits"): _at(read_limits, "admin/communication/rate-limits"),
    ("GET", "admin/communication/dashboard"): _at(read_dashboard, "admin/communication/dashboard"),
    ("GET", "admin/communication/health/<str:channel>"): _at(read_health, "admin/communication/health"),
    ("GET", "admin/communication/template-stats"): _at(read_template_stats, "admin/communication/template-stats"),
    ("GET", _ADMIN_TEMPLATES): _at(list_templates, _ADMIN_TEMPLATES),
    ("POST", _ADMIN_TEMPLATES): _at(create_template, _ADMIN_TEMPLATES),
    ("GET", f"{_ADMIN_TEMPLATES}/<str:template_id>"): _at(on_a_template, _ADMIN_TEMPLATES, "GET"),
    ("PUT", f"{_ADMIN_TEMPLATES}/<str:template_id>"): _at(on_a_template, _ADMIN_TEMPLATES, "PUT"),
    ("DELETE", f"{_ADMIN_TEMPLATES}/<str:template_id>"): _at(on_a_template, _ADMIN_TEMPLATES, "DELETE"),
    ("POST", f"{_ADMIN_TEMPLATES}/<str:template_id>/preview"): _at(on_a_template, _ADMIN_TEMPLATES, "POST", "/preview"),
    ("GET", f"{_ADMIN_TEMPLATES}/<str:template_id>/versions"): _at(on_a_template, _ADMIN_TEMPLATES, "GET", "/versions"),
    ("POST", f"{_ADMIN_TEMPLATES}/<str:template_id>/clone-to-locale"): _at(
        on_a_template, _ADMIN_TEMPLATES, "POST", "/clone-to-locale"
    ),
    ("GET", "internal/email/suppressions"): _at(list_suppressions, "internal/email/suppressions"),
    ("DELETE", "internal/email/suppressions"): _at(release, "internal/email/suppressions"),
}
#: The sweep leaves out what begins with "admin/"; these handlers are swept under the other prefixes.
CASES: dict[tuple[str, str], Callable[[Stranger], None]] = {
    (method, f"{prefix}{path}"): partial(_with_base, case, f"/{prefix}")
    for (method, path), case in _ROUTES.items()
    for prefix in PREFIXES
    if not f"{prefix}{path}".startswith("admin/")
}
#: They show nothing of any tenant.
PUBLIC = {f"{prefix}communication/health/<str:channel>" for prefix in PREFIXES} | {
    "^(?:bff/communication(?:-service)?|communication|(?:admin|internal)/communication)(?:/|$)"
}
