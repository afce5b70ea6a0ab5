"""Templates that a tenant makes and deletes: nobody finds a deleted one, and what waits is still sent with it."""

import pytest

from notifications.contracts import TemplateChoice
from notifications.models import Message
from templates_app import catalogue, own_templates, render
from templates_app.errors import TemplateExists, TemplateMissing
from templates_app.own_templates import Change
from tenants.errors import LimitReached, NotFound
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    tenant = TenantFactory()
    MailServerFactory(tenant=tenant)
    return tenant


def made(tenant: Tenant, text: str = "Hello", *, code: str = "WELCOME") -> int:
    wanted = Change(columns={"name": "Welcome"}, parts={"subject": "Hi", "text": text})
    return own_templates.create(tenant.pk, code=code, language="en", wanted=wanted).pk


def listed(tenant: Tenant) -> list[int]:
    return [
        row.id for row in catalogue.list_templates(tenant.pk, lambda rows: rows.order_by("id"), offset=0, size=9)[1]
    ]


def test_a_deleted_template_is_nowhere_but_in_what_waits(tenant: Tenant) -> None:
    template_id, choice = made(tenant), TemplateChoice(code="WELCOME", language="en")
    waiting = send(tenant, content=None, template=choice).message_ids[0]

    own_templates.retire(tenant.pk, template_id)

    assert listed(tenant) == []
    with pytest.raises(NotFound):
        catalogue.resolve(tenant.pk, template_id)
    with pytest.raises(TemplateMissing):
        send(tenant, content=None, template=choice)
    message = Message.objects.for_tenant(tenant.pk).get(pk=waiting)
    assert message.template_version_id
    assert render.render(message.template_version_id, {}).text == "Hello"


def test_its_code_is_free_again(tenant: Tenant) -> None:
    own_templates.retire(tenant.pk, made(tenant))

    again = made(tenant, "New words")

    assert listed(tenant) == [again]
    assert catalogue.resolve_row(tenant.pk, again).source.text == "New words"
    with pytest.raises(TemplateExists):
        made(tenant)


def test_the_platforms_speaks_again_and_can_be_taken_over_again(tenant: Tenant, seeded: None) -> None:
    def ours() -> catalogue.TemplateRow:
        rows = catalogue.list_templates(tenant.pk, lambda rows: rows.filter(language="en"), offset=0, size=99)[1]
        return next(row for row in rows if row.code == "CHANNEL_TEST")

    of_platform = ours()
    own_templates.change(tenant.pk, of_platform.id, Change(parts={"subject": "Mine"}))
    own_templates.retire(tenant.pk, of_platform.id)
    assert (ours().is_platform, ours().source) == (True, of_platform.source)

    own_templates.change(tenant.pk, of_platform.id, Change(parts={"subject": "Mine again"}))

    assert (ours().is_platform, ours().source.subject) == (False, "Mine again")
    assert ours().source.html == of_platform.source.html


def test_neither_the_platforms_nor_a_strangers_is_deleted(tenant: Tenant, seeded: None) -> None:
    strangers = made(TenantFactory())
    of_platform = listed(tenant)[0]

    for template_id in (strangers, of_platform, 10**12, -1):
        with pytest.raises(NotFound):
            own_templates.retire(tenant.pk, template_id)


def test_a_tenant_has_only_so_many(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_templates, "MAX_TEMPLATES", 1)
    made(tenant)

    with pytest.raises(LimitReached):
        made(tenant, code="OTHER")
