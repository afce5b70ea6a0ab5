"""A stranger sees nothing, anywhere in the admin. The registry is walked, so a new page without a case fails here."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.sites import AdminSite
from django.core.serializers import serialize
from django.db.models import ForeignKey, Model
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from notifications import holds, recipient_lists, suppression
from notifications.contracts import Channel
from notifications.models import BatchTask, Hold, MailServer, Message, RecipientList, SmsGateway, Suppression
from notifications.suppression import Entry
from templates_app import publishing
from templates_app.models import Template, Translation
from tenants import identities, signing
from tenants.admin_scoping import Scoped, tenants_of
from tenants.auth import issue_key
from tenants.models import ApiKey, Contact, ContactGroup, SenderDomain, SenderIdentity, SigningKey, Tenant
from tests.admin.conftest import logged_in, make_operator
from tests.factories import (
    ContactFactory,
    ContactGroupFactory,
    MailServerFactory,
    SenderIdentityFactory,
    SmsGatewayFactory,
    TenantFactory,
    send,
)

SECRET_NAME = "Hush-Hush Holding"


def _message(tenant: Tenant) -> Message:
    if not MailServer.objects.for_tenant(tenant.pk).exists():
        MailServerFactory(tenant=tenant, name=f"{SECRET_NAME} relay")
    receipt = send(tenant, "hush@example.org")
    return Message.objects.for_tenant(tenant.pk).get(pk=receipt.message_ids[0])


def _suppression(tenant: Tenant) -> Suppression:
    suppression.add(tenant.pk, Channel.EMAIL, [Entry("hush@example.org", note=SECRET_NAME)])
    return Suppression.objects.for_tenant(tenant.pk).get()


def _batch_task(tenant: Tenant) -> BatchTask:
    at = timezone.now()
    row = BatchTask(
        tenant=tenant, kind="timed", list_number=1, list_name=SECRET_NAME, wish={}, begins_at=at, next_run_at=at
    )
    row.save()
    return row


def _template(tenant: Tenant) -> Template:
    template = Template(tenant=tenant, code="HUSH", name=SECRET_NAME)
    template.save()
    return template


#: How to make a row of each tenant-owned model that the admin shows.
MAKERS: dict[type[Model], Callable[[Tenant], Any]] = {
    Tenant: lambda tenant: tenant,
    ApiKey: lambda tenant: issue_key(tenant, name=SECRET_NAME, scopes=["email.send"])[0],
    SigningKey: lambda tenant: signing.issue(tenant, name=SECRET_NAME, scopes=["email.send"])[0],
    SenderIdentity: lambda tenant: SenderIdentityFactory(tenant=tenant, value="@hush.example.com"),
    MailServer: lambda tenant: MailServerFactory(tenant=tenant, name=SECRET_NAME),
    SmsGateway: lambda tenant: SmsGatewayFactory(tenant=tenant, name=SECRET_NAME),
    Message: _message,
    Hold: lambda tenant: holds.begin(Hold.Kind.TENANT, "", tenant_id=tenant.pk, reason=SECRET_NAME),
    Suppression: _suppression,
    SenderDomain: lambda tenant: identities.create(tenant.pk, "hush.example.com", key_bits=1024),
    RecipientList: lambda tenant: recipient_lists.create(tenant.pk, name=SECRET_NAME),
    BatchTask: _batch_task,
    Template: _template,
    Contact: lambda tenant: ContactFactory(tenant=tenant, name=SECRET_NAME, email="hush@example.org"),
    ContactGroup: lambda tenant: ContactGroupFactory(tenant=tenant, name=SECRET_NAME),
    Translation: lambda tenant: publishing.translation_of(_template(tenant), "en"),
}


def leads_to_tenant(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Does a foreign key, or a chain of them, end at a tenant?"""
    if model is Tenant:
        return True
    targets = {field.related_model for field in model._meta.get_fields() if isinstance(field, ForeignKey)}
    return any(leads_to_tenant(target, seen | {model}) for target in targets - seen - {model})


def check_registry(site: AdminSite) -> None:
    for model, model_admin in site._registry.items():
        if leads_to_tenant(model):
            assert isinstance(model_admin, Scoped), f"{type(model_admin).__name__} must derive from ScopedModelAdmin"
            for inline in model_admin.inlines:
                if leads_to_tenant(inline.model):
                    assert issubclass(inline, Scoped), f"{inline.__name__} must derive from a Scoped inline"


OWNED = sorted((model for model in admin.site._registry if leads_to_tenant(model)), key=lambda model: model.__name__)
owned = pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)


@pytest.fixture
def owner(db: None) -> Tenant:
    return TenantFactory(code="hush", name=SECRET_NAME)


@pytest.fixture
def stranger(db: None) -> Client:
    """Has every permission, works for another tenant."""
    return logged_in(make_operator("charlie", TenantFactory(code="charlies", name="Charlie Ltd")))


def state(row: Any) -> str:
    """The row and the admin's log: what must be the same after a stranger's visit."""
    rows = [type(row)._default_manager.get(pk=row.pk), *LogEntry.objects.all()]
    return serialize("json", rows)


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_tenant_owned_page_is_scoped():
    check_registry(admin.site)


def test_a_page_that_forgets_the_scope_is_found():
    site = AdminSite()
    site.register(MailServer, ModelAdmin)

    with pytest.raises(AssertionError, match="must derive from ScopedModelAdmin"):
        check_registry(site)


def test_every_tenant_owned_model_has_a_case_here():
    assert set(OWNED) == set(MAKERS)


@owned
def test_a_list_shows_a_stranger_nothing(model: type[Model], owner: Tenant, stranger: Client):
    row = MAKERS[model](owner)

    reply = stranger.get(url(model, "changelist"), follow=True)

    assert row.pk not in [shown.pk for shown in reply.context["cl"].result_list]
    assert SECRET_NAME not in reply.content.decode()


@owned
def test_a_list_shows_the_owners_people_their_rows(model: type[Model], owner: Tenant):
    row = MAKERS[model](owner)
    insider = logged_in(make_operator("iris", owner))

    reply = insider.get(url(model, "changelist"), follow=True)

    shown = reply.context["cl"]
    # The texts of templates have no list of their own: theirs leads to the templates.
    assert (row if shown.model is model else row.template) in list(shown.result_list)


@owned
def test_a_search_finds_a_stranger_nothing(model: type[Model], owner: Tenant, stranger: Client):
    row = MAKERS[model](owner)

    for query in (SECRET_NAME, str(row.pk), "hush", "hush@example.org"):
        reply = stranger.get(url(model, "changelist"), {"q": query}, follow=True)
        assert row.pk not in [shown.pk for shown in reply.context["cl"].result_list]


@owned
def test_every_address_with_an_id_treats_a_strangers_row_as_if_it_were_not_there(
    model: type[Model], owner: Tenant, stranger: Client
):
    row = MAKERS[model](owner)
    before = state(row)
    form = {"confirmed": "yes", "do": "withdraw", "post": "yes"}

    theirs, absent = (
        [getattr(stranger, method)(address, form).status_code for address in addresses for method in ("get", "post")]
        for addresses in (list(_addresses(model, row.pk)), list(_addresses(model, row.pk + 10_000)))
    )

    assert theirs == absent
    # 403: what nobody may do to any row of this kind.
    assert 404 in theirs
    assert set(theirs) <= {404, 403}
    assert state(row) == before


@owned
def test_actions_on_lists_do_not_reach_a_strangers_rows(model: type[Model], owner: Tenant, stranger: Client):
    row = MAKERS[model](owner)
    before = state(row)
    model_admin = admin.site._registry[model]

    for name in _actions(model_admin, stranger):
        form = {"action": name, "_selected_action": [row.pk], "confirmed": "yes", "post": "yes", "select_across": "1"}
        stranger.post(url(model, "changelist"), form)

    assert state(row) == before


@owned
def test_forms_offer_no_row_of_a_stranger(model: type[Model], owner: Tenant, stranger: Client):
    theirs = {id(made): made for make in MAKERS.values() for made in [_unique(make, owner)] if made is not None}

    reply = stranger.get(url(model, "add"))

    for field in _choice_fields(reply):
        offered = {(type(row), row.pk) for row in field.queryset or ()}
        assert not offered & {(type(row), row.pk) for row in theirs.values()}
    assert SECRET_NAME not in reply.content.decode()


@owned
def test_autocomplete_offers_no_row_of_a_stranger(model: type[Model], owner: Tenant, stranger: Client):
    row = MAKERS[model](owner)

    for source, field in _references_to(model):
        model_name = source._meta.model_name or ""
        query = {"app_label": source._meta.app_label, "model_name": model_name, "field_name": field.name}
        for term in ("", SECRET_NAME, "hush", str(row.pk)):
            reply = stranger.get(reverse("admin:autocomplete"), {**query, "term": term})
            if reply.status_code == 200:
                assert str(row.pk) not in [result["id"] for result in reply.json()["results"]]


def test_a_tenant_of_somebody_else_cannot_be_chosen_in_a_form(owner: Tenant, stranger: Client):
    reply = stranger.post(url(SenderIdentity, "add"), {"tenant": owner.pk, "value": "@evil.example.com"})

    assert "tenant" in reply.context["adminform"].form.errors
    assert not SenderIdentity.objects.for_tenant(owner.pk).exists()


@pytest.mark.parametrize("model", [MailServer, Template, Hold], ids=lambda model: model.__name__)
def test_only_superusers_make_rows_of_the_platform(model: type[Model], stranger: Client):
    fields = {"code": "NEW", "name": "New", "channel": "email", "kind": "domain", "value": "example.net", "reason": "x"}

    reply = stranger.post(url(model, "add"), {**fields, "tenant": ""})

    assert "tenant" in reply.context["adminform"].form.errors
    assert not model._default_manager.filter(tenant__isnull=True).exists()


def test_rows_of_the_platform_can_be_read_by_staff_and_not_changed(stranger: Client):
    template = Template(tenant=None, code="WELCOME", name="Welcome")
    template.save()

    page = stranger.get(url(Template, "change", template.pk))
    attempt = stranger.post(url(Template, "change", template.pk), {"name": "Taken over"})

    assert (page.status_code, attempt.status_code) == (200, 403)
    assert Template.objects.visible_to(0).get(pk=template.pk).name == "Welcome"


def test_users_groups_and_the_audit_log_are_for_superusers(stranger: Client):
    for name in ("auth_user_changelist", "auth_group_changelist", "admin_logentry_changelist"):
        assert stranger.get(reverse(f"admin:{name}")).status_code == 403


def test_nobody_at_all_sees_no_tenant(owner: Tenant):
    request = RequestFactory().get("/")
    request.user = Client().get("/admin/login/").wsgi_request.user

    assert not tenants_of(request.user).exists()


def _addresses(model: type[Model], pk: int) -> Iterator[str]:
    """Every address of a model's pages that names a row. Django's old address without a page name only redirects."""
    base = url(model, "changelist")
    for pattern in admin.site._registry[model].get_urls():
        route = str(pattern.pattern)
        if "object_id" in route and pattern.name is not None:
            yield base + re.sub(r"<str:part>", "html", re.sub(r"<\w+:object_id>", str(pk), route))


def _actions(model_admin: Any, client: Client) -> list[str]:
    request = RequestFactory().get("/")
    request.user = client.get(reverse("admin:index")).context["user"]
    return list(model_admin.get_actions(request))


def _references_to(model: type[Model]) -> Iterator[tuple[type[Model], ForeignKey[Any, Any]]]:
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            yield relation.related_model, relation.field  # type: ignore[union-attr, misc]


def _choice_fields(reply: Any) -> list[ModelChoiceField]:  # type: ignore[type-arg]
    if reply.status_code == 403 or reply.context is None:
        return []
    main = reply.context["adminform"].form if "adminform" in reply.context else reply.context["form"]
    forms = [main, *(inline.formset.empty_form for inline in reply.context.get("inline_admin_formsets") or [])]
    fields = [field for form in forms for field in form.fields.values()]
    return [field for field in fields if isinstance(field, ModelChoiceField)]


def _unique(make: Callable[[Tenant], Any], owner: Tenant) -> Any:
    """Translation and Template make the same template; one of them is enough here."""
    return None if make is MAKERS[Translation] else make(owner)
