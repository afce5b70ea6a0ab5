"""The catalogue: every refusal that there is reads as something of Autional's; and what becomes of bad HTTP."""

from typing import Any

import pytest
from django.db import OperationalError

from notifications import search
from notifications.facades.autional.errors import TABLE
from notifications.models import Submission
from tenants.errors import DomainError
from tenants.models import Tenant
from tests.facades.autional.conftest import EMAIL, Api, refused
from tests.facades.refusals import CODES, REFUSALS
from tests.factories import TenantFactory, make_key


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_an_entry(cls: type[DomainError]) -> None:
    assert cls.code in TABLE, f"{cls.__name__} ({cls.code}) has no entry in facades/autional/errors.py"


def test_every_entry_is_a_refusal_that_exists() -> None:
    assert set(TABLE) == CODES


def test_codes_begin_with_their_status() -> None:
    assert all(entry.code // 1000 == entry.status and entry.status >= 400 for entry in TABLE.values())


def test_without_a_key_or_with_a_wrong_one_it_is_401(api: Api) -> None:
    missing = api.call("GET", "/communication/logs", headers={"Authorization": ""})
    wrong = api.call("GET", "/communication/logs", headers={"Authorization": "Bearer eyJh.eyJl.x"})

    assert (refused(missing), refused(wrong)) == ((401, 401001), (401, 401002))
    assert missing["WWW-Authenticate"] == 'Bearer realm="angarium"'


def test_a_key_without_the_scope_is_403(tenant: Tenant) -> None:
    api = Api(make_key(tenant, "email.read"))

    assert refused(api.post("/communication/email", EMAIL)) == (403, 403001)
    body = {"channel": "sms", "content": "x", "recipients": ["13800138000"]}
    assert refused(Api(make_key(tenant, "email.send")).post("/communication/bulk", body)) == (403, 403001)


@pytest.mark.parametrize("named", ["acme", "id", "tnt_id"])
def test_the_tenant_may_be_named_if_it_is_the_key_s(api: Api, tenant: Tenant, named: str) -> None:
    headers = {"X-Tenant-ID": named.replace("id", str(tenant.pk))}
    assert api.call("GET", "/communication/logs", headers=headers).status_code == 200


def test_another_tenant_is_403(api: Api) -> None:
    headers = {"X-Tenant-ID": str(TenantFactory().pk)}
    assert refused(api.call("GET", "/communication/logs", headers=headers)) == (403, 403004)


@pytest.mark.parametrize(
    "path",
    ["/communication/push", "/communication/providers", "/communication", "/communication/callback/aliyun"],
)
def test_what_is_not_there_is_404_in_the_envelope(api: Api, path: str) -> None:
    assert refused(api.get(path)) == (404, 404002)
    bare = api.client.post(path, headers=api.headers)
    assert refused(bare) == (404, 404002)


def test_a_method_that_is_not_there_is_405(api: Api) -> None:
    assert refused(api.call("PUT", "/communication/email", {})) == (405, 405001)


def test_bodies_that_cannot_be_read(api: Api, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 100
    send = api.client.generic
    path = "/communication/email"

    assert refused(send("POST", path, b"{", "application/json", headers=api.headers)) == (400, 400002)
    assert refused(send("POST", path, b"[]", "application/json", headers=api.headers)) == (400, 400002)
    assert refused(send("POST", path, b"a=b", "text/plain", headers=api.headers)) == (415, 415001)
    assert refused(send("POST", path, b" " * 101, "application/json", headers=api.headers)) == (413, 413001)


def test_a_used_up_quota_is_429_until_midnight(api: Api, tenant: Tenant) -> None:
    tenant.daily_quota = 1
    tenant.save(update_fields=["daily_quota"])
    assert api.post("/communication/email", EMAIL).status_code == 200

    response = api.post("/communication/email", EMAIL)

    assert refused(response) == (429, 429002)
    assert 0 < int(response["Retry-After"]) <= 86_400
    assert Submission.across_tenants.count() == 1


def test_without_a_server_there_is_no_way_out(api: Api, tenant: Tenant) -> None:
    other = Api(make_key(TenantFactory()))

    assert refused(other.post("/communication/email", EMAIL)) == (400, 400005)


def test_own_words_can_be_switched_off(api: Api, tenant: Tenant) -> None:
    tenant.allows_custom_content = False
    tenant.save(update_fields=["allows_custom_content"])

    assert refused(api.post("/communication/email", EMAIL)) == (403, 403005)


def test_a_tenant_that_is_switched_off_is_403(api: Api, tenant: Tenant) -> None:
    tenant.is_active = False
    tenant.save(update_fields=["is_active"])

    assert refused(api.get("/communication/logs")) == (403, 403003)


@pytest.mark.parametrize(
    ("failure", "answer"), [(RuntimeError("secret"), (500, 500000)), (OperationalError("secret"), (503, 503001))]
)
def test_failures_of_ours_say_nothing_about_themselves(
    api: Api, monkeypatch: pytest.MonkeyPatch, failure: Exception, answer: tuple[int, int]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(search, "list_newest", fail)
    response = api.get("/communication/logs")

    assert refused(response) == answer
    assert "secret" not in response.content.decode()
