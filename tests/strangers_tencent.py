"""What a stranger tries with signing keys and over Tencent Cloud's API, and gets nothing (see ``test_tenancy``)."""

from collections.abc import Callable

from notifications.models import Message
from tenants import signing
from tenants.models import SigningKey, Tenant
from tenants.models.api_key import Scope
from tests import strangers_tencent_resources
from tests.facades.tencent.client import code_of
from tests.strangers import Stranger
from tests.strangers_tencent_resources import call


def make_key(tenant: Tenant) -> SigningKey:
    return signing.issue(tenant, name="theirs", scopes=[Scope.EMAIL_SEND])[0]


def list_keys(stranger: Stranger) -> None:
    make_key(stranger.owner)
    stranger.sees_nothing_in("/api/v1/signing-keys")


def create_key(stranger: Stranger) -> None:
    status, _ = stranger.post("/api/v1/signing-keys", {"name": "mine", "scopes": ["email.send"]})
    assert status == 201
    assert not SigningKey.objects.for_tenant(stranger.owner.pk).exists()


def revoke_key(stranger: Stranger) -> None:
    theirs = make_key(stranger.owner)
    assert stranger.client.delete(f"/api/v1/signing-keys/{theirs.pk}").status_code == 404
    assert SigningKey.objects.for_tenant(stranger.owner.pk).get().revoked_at is None


def send_email(stranger: Stranger) -> None:
    params = {
        "FromEmailAddress": "noreply@example.com",
        "Subject": "Hi",
        "Destination": ["bob@example.org"],
        "Template": {"TemplateID": stranger.foreign_template(), "TemplateData": "{}"},
    }
    assert code_of(call(stranger, "SendEmail", params)) == "FailedOperation.InvalidTemplateID"
    assert Message.objects.for_tenant(stranger.owner.pk).count() == 1


_KEYS: dict[tuple[str, str], Callable[[Stranger], None]] = {
    ("GET", "api/v1/signing-keys"): list_keys,
    ("POST", "api/v1/signing-keys"): create_key,
    ("DELETE", "api/v1/signing-keys/<str:key_id>"): revoke_key,
}
#: By action; one without a case fails the test.
ACTIONS: dict[str, Callable[[Stranger], None]] = {
    "SendEmail": send_email,
    **strangers_tencent_resources.ACTIONS,
}
CASES = {(method, path + slash): case for (method, path), case in _KEYS.items() for slash in ("", "/")}
