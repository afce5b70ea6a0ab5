"""Signing keys over the API: the secret is in one answer, nobody gives what they have not, and revoked is revoked."""

import json

import pytest

from tenants.models import SigningKey
from tenants.models.api_key import Scope
from tests.facades.angus.conftest import Api
from tests.facades.tencent.client import TencentApi, code_of
from tests.factories import make_key

PATH = "/api/v1/signing-keys"


def test_a_new_pair_signs_until_it_is_revoked(api, tenant):
    answer = api.post(PATH, {"name": "shop", "scopes": ["email.send"]})

    made = answer.json()["data"]
    client = TencentApi(made["secretId"], made["secretKey"])
    assert answer.status_code == 201
    assert (made["name"], made["scopes"], len(made["secretKey"])) == ("shop", ["email.send"], 32)
    assert code_of(client.call("SendEmail")) == "MissingParameter"

    assert api.delete(f"{PATH}/{made['id']}").status_code == 204
    assert api.delete(f"{PATH}/{made['id']}").status_code == 204
    assert code_of(client.call("SendEmail")) == "AuthFailure.SecretIdNotFound"
    listed = api.get(PATH)
    assert made["secretKey"] not in listed.content.decode()
    (row,) = listed.json()["data"]["list"]
    assert row["revokedDate"]
    assert row["lastUsedDate"]


def test_nobody_gives_what_they_have_not(tenant, server):
    narrow = Api(make_key(tenant, Scope.KEY_WRITE, Scope.EMAIL_READ))

    assert narrow.post(PATH, {"name": "x", "scopes": ["email.send"]}).json()["ext"]["eKey"] == "insufficient_scope"
    assert narrow.post(PATH, {"name": "x", "scopes": ["email.read"]}).status_code == 201
    assert Api(make_key(tenant, Scope.EMAIL_SEND)).get(PATH).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "scopes": ["email.send"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["fly"]},
        {"name": "x", "scopes": ["email.send"], "expireDate": "2020-01-01 00:00:00"},
        {"name": "x", "scopes": ["email.send"], "secretKey": "mine"},
    ],
    ids=json.dumps,
)
def test_what_is_wrong_with_a_wish_is_told(api, tenant, body):
    assert api.post(PATH, body).status_code == 400
    assert not SigningKey.objects.for_tenant(tenant.pk).exists()
