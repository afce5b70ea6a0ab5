"""API keys in the admin: a key is shown once, in the answer to the POST that made it, and exists nowhere else."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.auth import authenticate, issue_key
from tenants.errors import CredentialInvalid
from tenants.models import ApiKey, Tenant

pytestmark = pytest.mark.django_db
ADD = reverse("admin:tenants_apikey_add")
LIST = reverse("admin:tenants_apikey_changelist")
KEY = re.compile(r'data-testid="secret">([^<]+)<')


def create(client: Client, tenant: Tenant, **fields: Any) -> Any:
    form = {"tenant": tenant.pk, "name": "shop", "scopes": ["email.send"], "lifetime": "90", "user_id": "-1", **fields}
    return client.post(ADD, form)


def change(key: ApiKey, page: str = "change") -> str:
    return f"{LIST}{key.pk}/{page}/"


def the_key(tenant: Tenant) -> ApiKey:
    return ApiKey.objects.for_tenant(tenant.pk).get()


def test_the_key_that_is_shown_opens_the_door(operator: Client, acme: Tenant):
    reply = create(operator, acme, allowed_networks="10.0.0.0/8\n192.0.2.7")

    token = KEY.search(reply.content.decode())[1]  # type: ignore[index]
    principal = authenticate(token, remote_address="10.1.2.3", now=timezone.now())
    assert (principal.tenant, principal.scopes) == (acme, frozenset({"email.send"}))
    assert the_key(acme).allowed_networks == ["10.0.0.0/8", "192.0.2.7"]


def test_the_key_is_in_that_answer_and_nowhere_else(operator: Client, acme: Tenant, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    reply = create(operator, acme)
    token = KEY.search(reply.content.decode())[1]  # type: ignore[index]
    key = the_key(acme)

    later = [operator.get(page).content.decode() for page in (LIST, change(key), change(key, "history"), ADD)]

    assert "no-store" in reply["Cache-Control"]
    assert not [page for page in later if token in page]
    assert token not in caplog.text
    assert token not in str([cookie.OutputString() for cookie in reply.cookies.values()])
    assert not [session for session in Session.objects.all() if token in str(session.get_decoded())]
    entry = LogEntry.objects.get()
    assert token not in f"{entry.object_repr} {entry.change_message}"


@pytest.mark.parametrize(("lifetime", "days"), [("30", 30), ("90", 90), ("365", 365)])
def test_a_lifetime_becomes_an_expiry(operator: Client, acme: Tenant, lifetime: str, days: int):
    create(operator, acme, lifetime=lifetime)

    distance = the_key(acme).expires_at - timezone.now() - timedelta(days=days)  # type: ignore[operator]
    assert abs(distance) < timedelta(minutes=1)


def test_a_key_may_have_the_shape_of_a_jwt(operator: Client, acme: Tenant):
    reply = create(operator, acme, token_format="jwt")

    token = KEY.search(reply.content.decode())[1]  # type: ignore[index]
    assert token.count(".") == 2
    assert authenticate(token, remote_address="", now=timezone.now()).tenant == acme


def test_a_key_may_be_valid_until_it_is_revoked(operator: Client, acme: Tenant):
    create(operator, acme, lifetime="")

    assert the_key(acme).expires_at is None


@pytest.mark.parametrize(
    "fields",
    [{"scopes": []}, {"scopes": ["root"]}, {"name": ""}, {"allowed_networks": "not-a-network"}, {"lifetime": "99999"}],
    ids=str,
)
def test_a_bad_wish_makes_no_key(operator: Client, acme: Tenant, fields: dict[str, Any]):
    reply = create(operator, acme, **fields)

    assert reply.context["form"].errors
    assert not ApiKey.objects.for_tenant(acme.pk).exists()


def test_a_key_for_somebody_elses_tenant_is_refused(operator: Client, other: Tenant):
    reply = create(operator, other)

    assert "tenant" in reply.context["form"].errors
    assert not ApiKey.objects.for_tenant(other.pk).exists()


def test_revoking_asks_first_and_then_ends_the_key_at_once(operator: Client, acme: Tenant):
    key, token = issue_key(acme, name="shop", scopes=["email.send"])

    operator.get(change(key, "revoke"))
    still_works = authenticate(token, remote_address="10.0.0.1", now=timezone.now())
    operator.post(change(key, "revoke"), {"confirmed": "yes"})

    assert still_works.tenant == acme
    with pytest.raises(CredentialInvalid):
        authenticate(token, remote_address="10.0.0.1", now=timezone.now())
    assert LogEntry.objects.get().get_change_message() == "Revoked."


def test_name_scopes_and_networks_can_be_changed_and_nothing_else(operator: Client, acme: Tenant):
    key, _ = issue_key(acme, name="shop", scopes=["email.send"])
    before = (bytes(key.secret_hash), key.prefix, key.tenant_id)

    operator.post(
        change(key),
        {
            "name": "shop 2",
            "scopes": ["email.read"],
            "allowed_networks": "",
            "prefix": "ang_evil",
            "secret_hash": "x",
            "tenant": "1",
            "expires_at": "2099-01-01",
        },
    )

    key = the_key(acme)
    assert (key.name, key.scopes) == ("shop 2", ["email.read"])
    assert (bytes(key.secret_hash), key.prefix, key.tenant_id) == before
    assert key.expires_at is None


def test_a_revoked_key_stays_on_record_and_cannot_be_changed_or_deleted(operator: Client, acme: Tenant):
    key, _ = issue_key(acme, name="shop", scopes=["email.send"])
    operator.post(change(key, "revoke"), {"confirmed": "yes"})

    replies = [operator.post(change(key, page), {"post": "yes", "name": "x"}) for page in ("change", "delete")]

    assert {reply.status_code for reply in replies} == {403}
    assert the_key(acme).name == "shop"
    assert "Revoked" in operator.get(change(key)).content.decode()
