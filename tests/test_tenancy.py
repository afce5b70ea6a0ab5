"""Strangers. The sweep finds every route and every tenant-owned model by itself; one without a case fails the test."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils import timezone
from django.views import View

from notifications import recipient_lists
from notifications.models import (
    Attachment,
    BatchTask,
    Blob,
    CallCount,
    CodeAllowance,
    DeliveryAttempt,
    DeliveryWatch,
    Hold,
    IdempotencyRecord,
    MailCopy,
    MailServer,
    Message,
    RecipientList,
    RecipientListEntry,
    SmsGateway,
    Submission,
    Suppression,
    VerificationCode,
)
from templates_app.models import BizKeyBinding, Template
from tenants import identities
from tenants.models import (
    ApiKey,
    Contact,
    ContactGroup,
    GroupMember,
    SenderDomain,
    SenderIdentity,
    SigningKey,
    Tenant,
    Usage,
)
from tenants.scoping import TenantOwned, UnscopedRead
from tests import (
    strangers,
    strangers_autional,
    strangers_sms,
    strangers_suppression,
    strangers_tencent,
    strangers_works,
)
from tests.factories import (
    ContactFactory,
    ContactGroupFactory,
    MailServerFactory,
    SenderIdentityFactory,
    SmsGatewayFactory,
    TenantFactory,
    join,
    make_key,
    send,
)
from tests.strangers import Stranger

pytestmark = pytest.mark.django_db

CASES = (
    strangers.CASES
    | strangers_autional.CASES
    | strangers_sms.CASES
    | strangers_suppression.CASES
    | strangers_tencent.CASES
    | strangers_works.CASES
)

#: Routes that show nothing of any tenant.
PUBLIC = {
    "",
    "api/schema/",
    "api/docs/",
    "^(?:api|innerapi)(?:/|$)",
    "^(?:v1\\.0|users)(?:/|$)",
    "healthz",
} | strangers_autional.PUBLIC
#: The link itself is the credential, and of one recipient; tests/core/test_unsubscribe_pages.py forges it.
LINKS = {"u/<str:token>"}
#: Swept by tests/admin/test_scoping.py (model admins) and tests/quickstart (the catcher shows no tenant's rows).
ADMIN = "admin/"


def make_attachment(tenant: Tenant) -> Attachment:
    blob = make_blob(tenant)
    row = Attachment(tenant=tenant, submission_id=1, blob=blob, position=0, name="a.txt", content_type="text/plain")
    row.save()
    return row


def make_blob(tenant: Tenant) -> Blob:
    row = Blob(tenant=tenant, sha256=b"0" * 32, data=b"x", size_bytes=1)
    row.save()
    return row


def make_attempt(tenant: Tenant) -> DeliveryAttempt:
    row = DeliveryAttempt(tenant=tenant, message_id=1, number=1, verdict="sent")
    row.save()
    return row


def make_message(tenant: Tenant) -> Message:
    MailServerFactory(tenant=tenant)
    return Message.across_tenants.get(pk=send(tenant).message_ids[0])


def make_submission(tenant: Tenant) -> Submission:
    MailServerFactory(tenant=tenant)
    return Submission.across_tenants.get(pk=send(tenant).submission_id)


def make_batch_task(tenant: Tenant) -> BatchTask:
    row = BatchTask(tenant=tenant, kind="now", list_number=1, wish={}, begins_at=timezone.now())
    row.save()
    return row


def make_list_entry(tenant: Tenant) -> RecipientListEntry:
    people = recipient_lists.create(tenant.pk, name="People")
    recipient_lists.add(tenant.pk, people.pk, [recipient_lists.NewEntry("ann@example.org")])
    return RecipientListEntry.across_tenants.get(recipient_list=people)


def make_template(tenant: Tenant) -> Template:
    row = Template(tenant=tenant, code="WELCOME", name="Welcome")
    row.save()
    return row


def make_binding(tenant: Tenant) -> BizKeyBinding:
    row = BizKeyBinding(tenant=tenant, biz_key="SIGNUP", template=make_template(tenant))
    row.save()
    return row


def make_row(model: type[Model], **values: Any) -> Callable[[Tenant], Model]:
    def make(tenant: Tenant) -> Model:
        row = model(tenant=tenant, **values)
        row.save()
        return row

    return make


def make_api_key(tenant: Tenant) -> ApiKey:
    make_key(tenant)
    return ApiKey.across_tenants.get(tenant=tenant)


def make_member(tenant: Tenant) -> GroupMember:
    join(ContactGroupFactory(tenant=tenant), ContactFactory(tenant=tenant))
    return GroupMember.across_tenants.get(tenant=tenant)


def make_copy(tenant: Tenant) -> MailCopy:
    row = MailCopy(
        tenant=tenant,
        contact=ContactFactory(tenant=tenant),
        submission_id=1,
        in_sent=True,
        in_tracking=True,
        to=["bob@example.org"],
        size_bytes=1,
    )
    row.save()
    return row


MAKERS: dict[type[TenantOwned], Callable[[Tenant], Any]] = {
    ApiKey: make_api_key,
    Attachment: make_attachment,
    BizKeyBinding: make_binding,
    Blob: make_blob,
    Contact: lambda tenant: ContactFactory(tenant=tenant),
    ContactGroup: lambda tenant: ContactGroupFactory(tenant=tenant),
    GroupMember: make_member,
    CodeAllowance: make_row(CodeAllowance, address="ann@example.org", since=timezone.now(), sent=1),
    DeliveryAttempt: make_attempt,
    CallCount: make_row(CallCount, operation="works", began_at=timezone.now(), used=1),
    DeliveryWatch: make_row(DeliveryWatch, message_id=1, notify="ann@example.org"),
    MailCopy: make_copy,
    Hold: make_row(Hold, kind="tenant", reason="test"),
    IdempotencyRecord: make_row(IdempotencyRecord, endpoint="x", key="k", fingerprint=b"0" * 32),
    MailServer: lambda tenant: MailServerFactory(tenant=tenant),
    Message: make_message,
    BatchTask: make_batch_task,
    RecipientList: lambda tenant: recipient_lists.create(tenant.pk, name="People"),
    RecipientListEntry: make_list_entry,
    SenderDomain: lambda tenant: identities.create(tenant.pk, "mail.example.com", key_bits=1024),
    SenderIdentity: lambda tenant: SenderIdentityFactory(tenant=tenant),
    SigningKey: strangers_tencent.make_key,
    SmsGateway: lambda tenant: SmsGatewayFactory(tenant=tenant),
    Submission: make_submission,
    Suppression: make_row(Suppression, address="ann@example.org"),
    Template: make_template,
    Usage: make_row(Usage, day="2026-01-01", accepted=1),
    VerificationCode: make_row(
        VerificationCode,
        biz_key="SIGNUP",
        address="ann@example.org",
        code_hash=b"0" * 32,
        attempts_left=5,
        sent_at=timezone.now(),
        expires_at=timezone.now(),
    ),
}

OWNED = sorted(
    (model for model in apps.get_models() if issubclass(model, TenantOwned)), key=lambda model: model.__name__
)


def routes() -> Iterator[tuple[str, str]]:
    """(method, pattern) of everything that answers outside the admin."""
    for pattern, view in _views(get_resolver().url_patterns, ""):
        if pattern.startswith(ADMIN) or pattern in PUBLIC | LINKS:
            continue
        handlers = getattr(view, "actions", None) or getattr(view, "cls", None) or getattr(view, "view_class", view)
        if isinstance(handlers, dict):
            yield from ((method.upper(), pattern) for method in handlers if method not in {"head", "options"})
        else:
            methods = ["get", "post", "put", "patch", "delete"]
            yield from ((method.upper(), pattern) for method in methods if hasattr(handlers, method))


def _views(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def test_every_route_has_its_stranger() -> None:
    missing = sorted(set(routes()) - set(CASES))

    assert not missing, f"Add a case to tests/strangers.py for: {missing}"


def test_a_planted_route_has_none(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Planted(View):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

    urls: Any = ModuleType("planted")
    urls.urlpatterns = [*get_resolver().url_patterns, path("api/v1/planted", Planted.as_view())]
    monkeypatch.setitem(sys.modules, "planted", urls)

    settings.ROOT_URLCONF = "planted"

    assert set(routes()) - set(CASES) == {("GET", "api/v1/planted")}


def test_no_case_outlives_its_route() -> None:
    assert not sorted(set(CASES) - set(routes()))


@pytest.mark.parametrize("route", CASES, ids=" ".join)
def test_a_stranger_gets_nothing(route: tuple[str, str]) -> None:
    CASES[route](Stranger())


@pytest.mark.parametrize("route", CASES, ids=" ".join)
def test_nobody_gets_in_without_a_key(route: tuple[str, str]) -> None:
    method, pattern = route
    path = "/" + re.sub(r"<[^>]+>", "1", pattern)

    answer = Client().generic(method, path, json.dumps({}), content_type="application/json")

    assert answer.status_code == 401


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_rows_are_found_only_by_their_tenant(model: type[TenantOwned]) -> None:
    owner, stranger = TenantFactory(), TenantFactory()
    row = MAKERS[model](owner)

    assert model.objects.for_tenant(owner.pk).filter(pk=row.pk).exists()
    assert not model.objects.for_tenant(stranger.pk).filter(pk=row.pk).exists()
    assert not model.objects.visible_to(stranger.pk).filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_reading_without_a_tenant_raises(model: type[TenantOwned]) -> None:
    with pytest.raises(UnscopedRead):
        model.objects.all()
