"""Signing keys in the admin: shown once, in the answer to the POST that made them, and ended for good."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from tenants import signing
from tenants.errors import CredentialInvalid
from tenants.models import SigningKey

pytestmark = pytest.mark.django_db
ADD = reverse("admin:tenants_signingkey_add")
LIST = reverse("admin:tenants_signingkey_changelist")
SHOWN = re.compile(r'data-testid="secret">([^<]+)<')


def create(client, tenant, **fields):
    return client.post(ADD, {"tenant": tenant.pk, "name": "shop", "scopes": ["email.send"], "lifetime": "90", **fields})


def change(key, page="change"):
    return f"{LIST}{key.pk}/{page}/"


def test_the_secret_key_is_in_one_answer_and_nowhere_else(operator, acme):
    reply = create(operator, acme)

    clear = SHOWN.search(reply.content.decode())[1]  # type: ignore[index]
    key = SigningKey.objects.for_tenant(acme.pk).get()
    assert (key.secret_key.reveal(), key.scopes) == (clear, ["email.send"])
    assert key.secret_id in reply.content.decode()
    assert "no-store" in reply["Cache-Control"]
    later = [operator.get(page).content.decode() for page in (LIST, change(key), change(key, "history"), ADD)]
    assert not [page for page in later if clear in page]
    assert clear not in str(LogEntry.objects.get().__dict__)


@pytest.mark.parametrize("fields", [{"scopes": []}, {"scopes": ["root"]}, {"name": ""}, {"lifetime": "1"}], ids=str)
def test_a_bad_wish_makes_no_key(operator, acme, fields):
    assert create(operator, acme, **fields).context["form"].errors
    assert not SigningKey.objects.for_tenant(acme.pk).exists()


def test_a_key_for_somebody_elses_tenant_is_refused(operator, other):
    assert "tenant" in create(operator, other).context["form"].errors
    assert not SigningKey.objects.for_tenant(other.pk).exists()


def test_revoking_asks_first_and_a_revoked_key_stays_as_it_is(operator, acme):
    key, _ = signing.issue(acme, name="shop", scopes=["email.send"])

    operator.get(change(key, "revoke"))
    assert signing.find_live(key.secret_id, now=timezone.now()) == key
    operator.post(change(key, "revoke"), {"confirmed": "yes"})

    with pytest.raises(CredentialInvalid):
        signing.find_live(key.secret_id, now=timezone.now())
    replies = [operator.post(change(key, page), {"post": "yes", "name": "x"}) for page in ("change", "delete")]
    assert {reply.status_code for reply in replies} == {403}
    assert LogEntry.objects.get().get_change_message() == "Revoked."


def test_name_and_scopes_can_be_changed_and_nothing_else(operator, acme):
    key, clear = signing.issue(acme, name="shop", scopes=["email.send"])

    operator.post(change(key), {"name": "shop 2", "scopes": ["email.read"], "secret_id": "x", "secret_key": "y"})

    row = SigningKey.objects.for_tenant(acme.pk).get()
    assert (row.name, row.scopes, row.secret_id) == ("shop 2", ["email.read"], key.secret_id)
    assert row.secret_key.reveal() == clear
