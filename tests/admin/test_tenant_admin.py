"""Tenants, their people and the addresses they send as."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tenants.models import Membership, SenderIdentity, Tenant
from tests.admin.conftest import listed, logged_in, make_operator
from tests.factories import SenderIdentityFactory

pytestmark = pytest.mark.django_db
TENANTS = reverse("admin:tenants_tenant_changelist")
SENDERS = reverse("admin:tenants_senderidentity_changelist")


def form(*users: User, **fields: Any) -> dict[str, Any]:
    inline = {"memberships-TOTAL_FORMS": len(users), "memberships-INITIAL_FORMS": 0}
    members = {f"memberships-{n}-user": user.pk for n, user in enumerate(users)}
    return {
        "name": "Acme",
        "code": "acme-2",
        "default_language": "en",
        "is_active": "on",
        **inline,
        **members,
        **fields,
    }


def test_a_tenant_is_added_with_its_limits_and_people(root: Client, superuser: User):
    root.post(f"{TENANTS}add/", form(superuser, held_lanes=["0", "2"], daily_quota="1000", rate_per_second="2.5"))

    tenant = Tenant.objects.get(code="acme-2")
    assert (tenant.held_lanes, tenant.daily_quota, tenant.rate_per_second) == ([0, 2], 1000, 2.5)
    assert Membership.objects.get(tenant=tenant).user == superuser


def test_the_code_of_a_tenant_does_not_change(root: Client, acme: Tenant):
    root.post(f"{TENANTS}{acme.pk}/change/", form(code="other", name="Acme II"))

    acme.refresh_from_db()
    assert (acme.code, acme.name) == ("acme", "Acme II")


def test_a_person_is_a_member_once(root: Client, acme: Tenant, superuser: User):
    reply = root.post(f"{TENANTS}{acme.pk}/change/", form(superuser, superuser))

    assert reply.status_code == 200
    assert not Membership.objects.exists()


def test_a_tenant_is_never_deleted(root: Client, acme: Tenant):
    assert root.post(f"{TENANTS}{acme.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Tenant.objects.filter(pk=acme.pk).exists()


def test_staff_cannot_let_themselves_or_others_into_a_tenant(operator: Client, acme: Tenant, superuser: User):
    reply = operator.post(f"{TENANTS}{acme.pk}/change/", form(superuser))

    assert reply.status_code == 302
    assert not Membership.objects.filter(user=superuser).exists()


def test_a_membership_opens_a_tenant_and_its_end_closes_it(acme: Tenant, other: Tenant):
    user = make_operator("mia", acme, other)
    client = logged_in(user)
    both = listed(client, TENANTS)
    Membership.objects.filter(user=user, tenant=other).delete()

    assert (sorted(both), listed(client, TENANTS)) == (sorted([acme.pk, other.pk]), [acme.pk])


def test_a_person_without_tenants_sees_an_empty_admin(db: None, acme: Tenant):
    client = logged_in(make_operator("nobody"))

    assert client.get(reverse("admin:index")).status_code == 200
    assert listed(client, TENANTS) == []
    assert listed(client, reverse("admin:notifications_message_changelist")) == []


@pytest.mark.parametrize("value", ["billing@example.com", "@example.com"])
def test_an_address_or_a_domain_may_send(operator: Client, acme: Tenant, value: str):
    operator.post(f"{SENDERS}add/", {"tenant": acme.pk, "value": value, "display_name": ""})

    assert SenderIdentity.objects.for_tenant(acme.pk).get().value == value


@pytest.mark.parametrize("value", ["example.com", "a b@example.com", "@localhost", "a@b@example.com"])
def test_what_is_neither_is_refused(operator: Client, acme: Tenant, value: str):
    reply = operator.post(f"{SENDERS}add/", {"tenant": acme.pk, "value": value, "display_name": ""})

    assert "value" in reply.context["adminform"].form.errors


@pytest.mark.parametrize("page", ["add", "change"])
def test_the_same_sender_twice_is_refused_in_words(operator: Client, acme: Tenant, page: str):
    SenderIdentityFactory(tenant=acme, value="@example.com")
    second = SenderIdentityFactory(tenant=acme, value="@example.org")
    address = f"{SENDERS}add/" if page == "add" else f"{SENDERS}{second.pk}/change/"

    reply = operator.post(address, {"tenant": acme.pk, "value": "@EXAMPLE.com", "display_name": ""})

    assert "value" in reply.context["adminform"].form.errors
