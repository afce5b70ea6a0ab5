"""Keys shaped like a JWT: what clients read out of them, and that nothing in them is believed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tenants.auth import authenticate, issue_key
from tenants.errors import CredentialInvalid
from tenants.models import ApiKey, Tenant
from tenants.tokens import TokenFormat
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory(code="acme")


def issue(tenant: Tenant, **facts: Any) -> str:
    return issue_key(tenant, name="sdk", scopes=["email.send"], token_format=TokenFormat.JWT, **facts)[1]


def part(token: str, place: int) -> dict[str, Any]:
    text = token.split(".")[place]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_it_has_three_parts_with_the_claims_that_clients_read(tenant: Tenant) -> None:
    token = issue(tenant, user_id=7, expires_at=NOW + timedelta(days=1))

    claims = part(token, 1)

    assert part(token, 0) == {"alg": "HS256", "typ": "JWT"}
    assert claims.pop("iat") == pytest.approx(datetime.now(UTC).timestamp(), abs=60)
    assert claims == {
        "sub": "7",
        "user_id": "7",
        "tenant_id": str(tenant.pk),
        "type": "access",
        "exp": int((NOW + timedelta(days=1)).timestamp()),
    }
    assert authenticate(token, remote_address="", now=NOW).user_id == 7


def test_one_that_never_expires_ends_in_a_far_year(tenant: Tenant) -> None:
    assert datetime.fromtimestamp(part(issue(tenant), 1)["exp"], UTC).year == 9999


def test_another_claim_or_signature_opens_nothing(tenant: Tenant) -> None:
    header, claims, signature = issue(tenant).split(".")
    forged = urlsafe_b64encode(json.dumps({"tenant_id": "1", "exp": 9e9}).encode()).decode().rstrip("=")

    for token in (f"{header}.{forged}.{signature}", f"{header}.{claims}.", f"{header}.{claims}.{signature[:-1]}"):
        with pytest.raises(CredentialInvalid):
            authenticate(token, remote_address="", now=NOW)


def test_the_command_issues_one(tenant: Tenant) -> None:
    out = StringIO()

    call_command("create_api_key", "acme", "--name", "sdk", "--format", "jwt", "--user-id", "7", "--quiet", stdout=out)

    principal = authenticate(out.getvalue().strip(), remote_address="", now=NOW)
    key = ApiKey.across_tenants.get()
    assert (principal.tenant, principal.user_id) == (tenant, 7)
    assert key.prefix.removeprefix("jwt …") == out.getvalue().split(".")[2][:8]
