"""Whatever is sent where something else belongs is answered in the envelope, and never with a 500."""

from typing import Any

import pytest

from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, SMS, Api, make_template, read
from tests.facades.autional.test_templates import ADMIN, NEW

GARBAGE: list[Any] = [
    0, -1, 1e30, True, "", " ", "\u2028", "x" * 3000, "{{", "{% if", "<", "log_", "\ud7ff", [], [None], [[]], [{}],
    ["a@b"], {}, {"": ""}, {"a": {}}, {"a": [1]}, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]  # fmt: skip
BULK = {"channel": "email", "content": "Hi", "recipients": ["a@example.com"]}
MAIL_MEMBERS = ("subject", "content", "is_html", "template", "variables", "user_id", "send_at", "cancel_key", "purpose")
CALLS: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("POST", "/communication/email", EMAIL, (*MAIL_MEMBERS, "to", "cc", "bcc", "list_unsubscribe")),
    ("POST", "/communication/sms", SMS, ("phone", *MAIL_MEMBERS)),
    ("POST", "/communication/bulk", BULK, ("channel", "recipients", *MAIL_MEMBERS)),
    ("POST", ADMIN, NEW, (*NEW, "locale")),
    ("PUT", f"{ADMIN}/<id>", {}, (*NEW, "is_active")),
    ("POST", f"{ADMIN}/<id>/preview", {}, ("name",)),
    ("POST", f"{ADMIN}/<id>/clone-to-locale", {}, ("target_locale", "subject", "content")),
]


@pytest.mark.parametrize(("method", "path", "body", "members"), CALLS, ids=lambda value: str(value)[:30])
def test_members_of_any_type(
    api: Api, tenant: Tenant, method: str, path: str, body: dict[str, Any], members: tuple[str, ...]
) -> None:
    path = path.replace("<id>", f"tpl_{make_template(tenant)}")

    # Each template that is accepted after all is published, which takes its time.
    step = 6 if path.startswith(ADMIN) else 3

    for place, member in enumerate(members):
        for value in GARBAGE[place % step :: step]:
            response = api.call(method, path, {**body, member: value})
            assert response.status_code < 500, (member, value, response.content)
            assert (read(response)["code"] == 0) == (response.status_code < 300)


@pytest.mark.parametrize(
    "path",
    [
        "/communication/logs?page={}&page_size={}&status={}&channel={}&user_id={}",
        "/communication/templates?keyword={}&is_active={}&page={}",
        "/communication/templates/available?locale={}",
        "/communication/templates/{}",
        "/communication/dashboard?days={}",
        "/communication/template-stats?channel={}",
        "/communication/rate-limits?channel={}",
        "/internal/email/suppressions?page={}",
    ],
)
def test_parameters_of_any_sort(api: Api, path: str) -> None:
    for value in ("", "0", "-1", "x", "9" * 18, "9" * 30, "1.5", "%00", "%F0%9F%98%80", "%ff", "a%0Ab", "tpl_1", "_"):
        response = api.get(path.format(*[value] * 9))
        assert response.status_code < 500, (value, response.content)
