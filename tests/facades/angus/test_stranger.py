"""Another tenant's application, with every scope, sees and touches nothing."""

import pytest

from notifications.models import Message
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom

EMAIL = "/api/v1/email"


@pytest.fixture
def message_id(api: Api) -> str:
    ids: list[str] = api.post(EMAIL, custom(outId="order-1", bizKey="SIGNUP")).json()["data"]["ids"]
    return ids[0]


def test_a_stranger_does_not_find_the_record(stranger: Api, message_id: str) -> None:
    of_another, of_nobody = stranger.get(f"{EMAIL}/{message_id}"), stranger.get(f"{EMAIL}/{int(message_id) + 1}")

    assert of_another.status_code == of_nobody.status_code == 404
    assert of_another.json()["ext"] == of_nobody.json()["ext"]


@pytest.mark.parametrize("name", ["id", "outId", "bizKey", "sendTenantId", ""])
def test_a_stranger_lists_nothing_whatever_it_asks_for(
    stranger: Api, message_id: str, tenant: Tenant, name: str
) -> None:
    values = {"id": message_id, "outId": "order-1", "bizKey": "SIGNUP", "sendTenantId": str(tenant.pk)}

    reply = stranger.get(EMAIL, {name: values[name]} if name else {})

    assert reply.json()["data"] == {"total": "0", "list": []}


@pytest.mark.parametrize("path", [EMAIL, "/innerapi/v1/email"])
def test_a_stranger_cannot_send_as_the_tenant(stranger: Api, tenant: Tenant, path: str) -> None:
    stranger.post(path, custom(sendTenantId=tenant.pk))

    assert not Message.objects.for_tenant(tenant.pk).exists()


def test_a_stranger_cannot_act_for_the_tenant_by_header(stranger: Api, tenant: Tenant, message_id: str) -> None:
    reply = stranger.get(f"{EMAIL}/{message_id}", headers={"XC-Opt-Tenant-Id": str(tenant.pk)})

    assert reply.status_code == 403
