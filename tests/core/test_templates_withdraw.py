"""Templates that a tenant takes out of use, in either channel, and how versions are known to it."""

import pytest

from notifications import search
from notifications.models import Message
from templates_app import catalogue, own_templates
from templates_app.models import Translation
from templates_app.own_templates import Change
from tenants.errors import NotFound
from tests.factories import MailServerFactory, TenantFactory, by_template, end, make_template, send

pytestmark = pytest.mark.django_db


def make(tenant_id: int, channel: str) -> int:
    wanted = Change(columns={"name": "Ours"}, parts={"subject": "", "text": "Hello"})
    return own_templates.create(tenant_id, code="OURS", language="en", wanted=wanted, channel=channel).pk


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_template_is_withdrawn_and_published_again(channel: str) -> None:
    tenant_id = TenantFactory().pk
    id_ = make(tenant_id, channel)

    assert len(own_templates.version_ids(tenant_id, id_, channel=channel)) == 1
    own_templates.withdraw(tenant_id, id_, channel=channel)
    row = catalogue.resolve_row(tenant_id, id_, channel=channel)
    assert (row.version, row.source.text) == (None, "Hello")
    count, (listed,) = catalogue.list_templates(tenant_id, lambda rows: rows, offset=0, size=9, channel=channel)
    assert (count, listed) == (1, row)

    own_templates.publish(tenant_id, id_, 1, channel=channel)
    row = catalogue.resolve_row(tenant_id, id_, channel=channel)
    (version,) = catalogue.list_versions(tenant_id, id_, channel=channel)
    assert (row.version, row.created_at, row.changed_at) == (1, version.created_at, version.created_at)


def test_nobody_withdraws_the_platforms_or_a_strangers(seeded: None) -> None:
    tenant_id = TenantFactory().pk
    platforms = Translation.objects.filter(template__channel="email").first()
    assert platforms is not None

    for id_ in (platforms.pk, make(TenantFactory().pk, "email")):
        with pytest.raises(NotFound):
            own_templates.withdraw(tenant_id, id_)


def test_versions_are_known_by_the_id_of_their_template(seeded: None) -> None:
    tenant, stranger = TenantFactory(), TenantFactory()
    platforms = Translation.objects.filter(template__channel="email", published__isnull=False).first()
    assert platforms is not None
    assert platforms.published_id is not None
    own_templates.change(tenant.pk, platforms.pk, Change(parts={"html": "<p>Mine</p>"}))
    mine = Translation.objects.get(template__tenant=tenant, language=platforms.language)
    assert mine.published_id is not None
    versions = [platforms.published_id, mine.published_id]

    assert catalogue.public_ids(tenant.pk, versions) == dict.fromkeys(versions, platforms.pk)
    assert catalogue.public_ids(stranger.pk, versions) == {platforms.published_id: platforms.pk}


def test_a_message_that_waits_holds_on_to_its_version() -> None:
    tenant = MailServerFactory().tenant
    make_template(tenant, "SIGNUP", subject="Hi", text="Hello")
    (id_,) = send(tenant, **by_template("SIGNUP")).message_ids
    version: int = Message.across_tenants.values_list("template_version_id", flat=True).get(pk=id_)

    assert search.is_waiting(tenant, [version])
    assert not search.is_waiting(TenantFactory(), [version])
    end(Message.across_tenants.filter(pk=id_), "SENT")
    assert not search.is_waiting(tenant, [version])
