"""Signing keys at the command line: printed once, and revoked by their secret id."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants import signing
from tenants.errors import CredentialInvalid
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_signing_key", *arguments, stdout=out)
    return out.getvalue()


def test_a_key_is_made_and_revoked():
    tenant = TenantFactory(code="acme")
    TenantFactory(code="other")

    secret_id, clear = run("acme", "--name", "billing", "--days", "90", "--quiet").split()

    key = signing.find_live(secret_id, now=timezone.now())
    assert (key.tenant, key.scopes, key.secret_key.reveal()) == (tenant, ["email.read", "email.send"], clear)
    assert key.expires_at is not None
    with pytest.raises(CommandError):
        run("other", "--revoke", secret_id)
    assert "revoked" in run("acme", "--revoke", secret_id)
    with pytest.raises(CredentialInvalid):
        signing.find_live(secret_id, now=timezone.now())
    with pytest.raises(CommandError):
        run("acme", "--revoke", secret_id)


def test_a_person_is_told_what_is_what():
    TenantFactory(code="acme")

    told = run("acme", "--name", "reports", "--scope", "email.read")

    assert "secret id   AKID" in told
    assert "scopes: email.read" in told


@pytest.mark.parametrize("arguments", [["acme"], ["acme", "--name", "x", "--days", "0"], ["nobody", "--name", "x"]])
def test_wrong_arguments_make_no_key(arguments):
    TenantFactory(code="acme")

    with pytest.raises(CommandError):
        run(*arguments)
