"""POST /api/v1/email/server/test: through exactly that server, at once; its refusal is the answer."""

from typing import Any

import pytest

from notifications.models import MailServer, Message
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.factories import MailServerFactory, make_key
from tests.faults.harness.rules import Rule
from tests.faults.harness.sink import Sink

TEST = "/api/v1/email/server/test"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spare(seeded: None, tenant: Tenant, sink: Sink) -> MailServer:
    return MailServerFactory(tenant=tenant, name="Spare", enabled=False, port=sink.port)


def ask(api: Api, server: MailServer, *recipients: Any, **changes: Any) -> Any:
    body = {"serverId": str(server.pk), "toAddress": list(recipients) or ["ann@example.org"], **changes}
    return api.post(TEST, body, headers={"Accept-Language": "en"})


def test_the_answer_comes_when_the_server_has_taken_the_mail(api: Api, spare: MailServer, sink: Sink) -> None:
    reply = ask(api, spare, ["ann@example.org", "bob@example.org"], sendTenantId=0, sendUserId=0)

    assert (reply.status_code, reply.json()["code"], reply.json()["data"]) == (200, "S", None)
    assert "XC-E-Key" not in reply.headers
    assert sorted(received.recipients[0] for received in sink.accepted) == ["ann@example.org", "bob@example.org"]


def test_the_record_is_a_normal_one(api: Api, spare: MailServer) -> None:
    ask(api, spare)

    (record,) = api.get("/api/v1/email").json()["data"]["list"]
    assert (record["bizKey"], record["emailType"], record["urgent"], record["batch"]) == (
        "CHANNEL_TEST",
        "TEMPLATE",
        True,
        False,
    )
    assert record["sendStatus"]["value"] == "SUCCESS"
    assert record["templateParams"] == {"ann@example.org": {"channelType": "Spare"}}
    assert record["language"]["value"] == "en"


def test_a_refusal_is_bem305_with_http_200_and_the_servers_words(api: Api, spare: MailServer, sink: Sink) -> None:
    sink.obey([Rule("RCPT", reply="550 5.1.1 no such user here")])

    reply = ask(api, spare)

    assert (reply.status_code, reply.json()["code"], reply.headers["XC-E-Key"]) == (200, "BEM305", "BEM305")
    assert "no such user here" in reply.json()["msg"]
    assert Message.across_tenants.get().status == "FAILED"


def test_an_unreachable_server_is_a_refusal_too(api: Api, spare: MailServer) -> None:
    MailServer.across_tenants.filter(pk=spare.pk).update(port=1)

    assert ask(api, spare).json()["code"] == "BEM305"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"serverId": None}, 400),
        ({"serverId": "x"}, 400),
        ({"serverId": 42}, 404),
        ({"toAddress": []}, 400),
        ({"toAddress": None}, 400),
        ({"toAddress": ["nobody"]}, 400),
        ({"toAddress": [f"r{n}@example.org" for n in range(501)]}, 400),
    ],
)
def test_what_does_not_fit_sends_nothing(api: Api, spare: MailServer, changes: dict[str, Any], status: int) -> None:
    assert ask(api, spare, **changes).status_code == status
    assert not Message.across_tenants.exists()


def test_without_recipients_the_contracts_key_is_told(api: Api, spare: MailServer) -> None:
    assert ask(api, spare, toAddress=[]).json()["data"] == "xcm.gm.email.receiver.is.missing"


def test_a_platforms_server_is_tested_by_those_whose_mail_it_carries(api: Api, spare: MailServer, sink: Sink) -> None:
    usual = MailServerFactory(tenant=None, port=sink.port)
    unused = MailServerFactory(tenant=None, enabled=False, port=sink.port)

    assert ask(api, usual).json()["code"] == "S"
    assert ask(api, unused).status_code == 403
    assert len(sink.accepted) == 1


def test_a_strangers_server_is_not_there(api: Api, stranger: Api, spare: MailServer, sink: Sink) -> None:
    assert ask(stranger, spare).status_code == 404
    assert not sink.accepted


def test_it_needs_the_scope_of_sending(tenant: Tenant, spare: MailServer) -> None:
    assert ask(Api(make_key(tenant, "email.read", "server.write")), spare).status_code == 403
