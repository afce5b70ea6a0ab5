"""Mail servers over HTTP, changed, replaced, switched and deleted; and by whom they are not."""

from typing import Any

import pytest

from notifications.models import MailServer
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.facades.angus.server_calls import SERVER, add, password, row, shown, smtp
from tests.factories import MailServerFactory, make_key


@pytest.fixture
def api(tenant: Tenant) -> Api:
    """A tenant without any server yet."""
    return Api(make_key(tenant))


class TestChanging:
    def test_what_is_absent_or_null_stays(self, api: Api) -> None:
        server_id = add(api)

        reply = api.patch(SERVER, {"id": server_id, "name": "Other", "host": None, "sslEnabled": "false"})

        assert (reply.status_code, reply.json()["data"]) == (200, None)
        stored = row(server_id)
        assert (stored.name, stored.host, stored.implicit_tls) == ("Other", "smtp.example.com", False)
        assert password(server_id) == "planted secret"

    @pytest.mark.parametrize("kept", [{"password": "******"}, {"password": None}, {}])
    def test_the_mask_and_null_keep_the_password(self, api: Api, kept: dict[str, Any]) -> None:
        server_id = add(api)

        api.patch(SERVER, {"id": server_id, "authAccount": {"account": "new@example.com", **kept}})

        assert (row(server_id).username, password(server_id)) == ("new@example.com", "planted secret")

    @pytest.mark.parametrize(("new", "stored"), [("rotated", "rotated"), ("", None)])
    def test_a_password_is_replaced_or_forgotten(self, api: Api, new: str, stored: str | None) -> None:
        server_id = add(api)

        api.patch(SERVER, {"id": server_id, "authAccount": {"account": "a", "password": new}})

        assert password(server_id) == stored

    def test_a_password_does_not_move_to_another_host(self, api: Api) -> None:
        server_id = add(api)

        reply = api.patch(SERVER, {"id": server_id, "host": "evil.example.com"})

        assert reply.status_code == 400
        assert reply.json()["msg"].startswith("authAccount.password:")
        assert row(server_id).host == "smtp.example.com"

    def test_with_its_password_named_again_a_server_moves(self, api: Api) -> None:
        server_id = add(api)
        account = {"account": "a@example.net", "password": "for the new one"}

        reply = api.patch(SERVER, {"id": server_id, "host": "smtp.example.net", "authAccount": account})

        assert reply.status_code == 200
        assert (row(server_id).host, password(server_id)) == ("smtp.example.net", "for the new one")

    def test_an_answer_sent_back_changes_nothing(self, api: Api) -> None:
        server_id = add(api, rates={"perDay": 5}, failoverRank=1, allowedSenders=["@example.com"], fromName="A")
        before = shown(api, server_id)

        replies = [api.patch(SERVER, before), api.put(SERVER, before)]

        assert [reply.status_code for reply in replies] == [200, 200]
        assert shown(api, server_id) == before
        assert password(server_id) == "planted secret"

    def test_rates_are_replaced_whole(self, api: Api) -> None:
        server_id = add(api, rates={"perSecond": 5, "perDay": 100})

        api.patch(SERVER, {"id": server_id, "rates": {"perDay": 50}})

        assert (row(server_id).rate_per_second, row(server_id).rate_per_day) == (None, 50)

    def test_a_taken_name_is_409(self, api: Api) -> None:
        add(api)
        server_id = add(api, name="Spare")

        assert api.patch(SERVER, {"id": server_id, "name": "Main"}).status_code == 409
        assert api.put(SERVER, smtp(id=server_id)).status_code == 409
        assert row(server_id).name == "Spare"

    @pytest.mark.parametrize("body", [{"name": "x"}, {"id": None}, {"id": "x"}, {"id": 1, "protocol": "IMAP"}])
    def test_a_change_without_a_good_id_is_400(self, api: Api, body: dict[str, Any]) -> None:
        assert api.patch(SERVER, body).status_code == 400

    def test_a_change_of_nobodys_server_is_404(self, api: Api) -> None:
        assert api.patch(SERVER, {"id": 42}).status_code == 404


class TestReplacing:
    def test_everything_else_gets_its_default(self, api: Api) -> None:
        server_id = add(api, remark="old", subjectPrefix="OLD", rates={"perDay": 5})

        reply = api.put(SERVER, smtp(id=server_id, name="New", port=2525, authAccount=...))

        assert reply.json()["data"] == {"id": server_id, "key": "smtp.example.com:2525"}
        stored = row(server_id)
        assert (stored.name, stored.remark, stored.subject_prefix, stored.rate_per_day) == ("New", "", "", None)
        assert (stored.username, stored.password) == ("", None)
        assert stored.enabled

    def test_a_null_flag_is_false_and_an_absent_one_true(self, api: Api) -> None:
        server_id = add(api)

        api.put(SERVER, smtp(id=server_id, sslEnabled=None))

        assert (row(server_id).implicit_tls, row(server_id).starttls) == (False, True)

    def test_without_an_id_it_adds(self, api: Api) -> None:
        reply = api.put(SERVER, smtp())

        assert reply.status_code == 200
        assert reply.json()["data"]["id"] == str(MailServer.across_tenants.get().pk)

    def test_of_nobodys_server_is_404(self, api: Api) -> None:
        assert api.put(SERVER, smtp(id=42)).status_code == 404
        assert not MailServer.across_tenants.exists()


class TestSwitching:
    def test_enabling_one_switches_the_other_off(self, api: Api) -> None:
        first, second = add(api), add(api, name="Spare")

        reply = api.patch(f"{SERVER}/enabled", {"id": second, "enabled": "true"})

        assert (reply.status_code, reply.json()["data"]) == (200, None)
        assert (row(first).enabled, row(second).enabled) == (False, True)

    def test_switching_off_leaves_none_and_the_check_says_so(self, api: Api) -> None:
        server_id = add(api)
        before = api.get(f"{SERVER}/check")

        api.patch(f"{SERVER}/enabled", {"id": server_id, "enabled": False})

        after, of_protocol = api.get(f"{SERVER}/check"), api.get(f"{SERVER}/check", {"protocol": "SMTP"})
        assert (before.status_code, before.json()["data"]) == (200, None)
        assert (after.status_code, after.json()["data"]) == (400, "xcm.gm.no.sever.available")
        assert (of_protocol.status_code, of_protocol.json()["data"]) == (400, "xcm.gm.no.sever.available.t")

    def test_the_same_again_is_no_mistake(self, api: Api) -> None:
        server_id = add(api)

        assert api.patch(f"{SERVER}/enabled", {"id": server_id, "enabled": True}).status_code == 200
        assert row(server_id).enabled

    def test_no_server_speaks_pop3(self, api: Api) -> None:
        add(api)

        assert api.get(f"{SERVER}/check", {"protocol": "POP3"}).status_code == 400
        assert api.get(f"{SERVER}/check", {"protocol": "X"}).headers["XC-E-Key"] == "param_parsing_error"

    def test_a_server_of_the_platform_counts(self, api: Api) -> None:
        MailServerFactory(tenant=None)

        assert api.get(f"{SERVER}/check", {"protocol": "SMTP"}).status_code == 200

    @pytest.mark.parametrize("body", [{"id": 1}, {"enabled": True}, {"id": 1, "enabled": None}])
    def test_both_members_are_required(self, api: Api, body: dict[str, Any]) -> None:
        assert api.patch(f"{SERVER}/enabled", body).headers["XC-E-Key"] == "param_validation_error"


class TestDeleting:
    def test_also_the_enabled_one_goes_and_no_other_takes_its_place(self, api: Api) -> None:
        first, second = add(api), add(api, name="Spare")

        reply = api.delete(f"{SERVER}?ids={first},42")

        assert (reply.status_code, reply.content) == (204, b"")
        assert [(str(server.pk), server.enabled) for server in MailServer.across_tenants.all()] == [(second, False)]

    @pytest.mark.parametrize("query", ["", "ids=", "ids=x", "ids=" + ",".join(map(str, range(1, 12)))])
    def test_one_to_ten_ids_are_required(self, api: Api, query: str) -> None:
        assert api.delete(f"{SERVER}?{query}").status_code == 400


class TestOwners:
    def test_a_stranger_sees_and_changes_nothing(self, api: Api, stranger: Api) -> None:
        server_id = add(api)
        before = row(server_id)

        refused = [
            stranger.get(f"{SERVER}/{server_id}"),
            stranger.patch(SERVER, {"id": server_id, "name": "x"}),
            stranger.put(SERVER, smtp(id=server_id)),
            stranger.patch(f"{SERVER}/enabled", {"id": server_id, "enabled": False}),
            stranger.post(f"{SERVER}/test", {"serverId": server_id, "toAddress": ["ann@example.org"]}),
        ]

        assert [reply.status_code for reply in refused] == [404] * 5
        assert stranger.delete(f"{SERVER}?ids={server_id}").status_code == 204
        assert stranger.get(SERVER, {"id": server_id}).json()["data"] == {"total": "0", "list": []}
        assert row(server_id).modified_at == before.modified_at

    def test_the_platforms_servers_are_not_the_tenants_to_change(self, api: Api) -> None:
        server = MailServerFactory(tenant=None)

        refused = [
            api.patch(SERVER, {"id": server.pk, "name": "x"}),
            api.put(SERVER, smtp(id=server.pk)),
            api.patch(f"{SERVER}/enabled", {"id": server.pk, "enabled": False}),
            api.delete(f"{SERVER}?ids={server.pk}"),
        ]

        assert [(reply.status_code, reply.headers["XC-E-Key"]) for reply in refused] == [(403, "forbidden")] * 4
        assert MailServer.across_tenants.get().modified_at == server.modified_at

    def test_a_deletion_that_may_not_be_done_whole_is_not_done_at_all(self, api: Api) -> None:
        own, platform = add(api), MailServerFactory(tenant=None)

        api.delete(f"{SERVER}?ids={own},{platform.pk}")

        assert MailServer.across_tenants.count() == 2

    @pytest.mark.parametrize("method", ["post", "put", "patch"])
    def test_writing_needs_its_scope(self, tenant: Tenant, method: str) -> None:
        reader = Api(make_key(tenant, "email.read", "email.send"))

        reply = getattr(reader, method)(SERVER, smtp())

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (403, "insufficient_scope")

    def test_reading_needs_its_scope(self, tenant: Tenant) -> None:
        writer = Api(make_key(tenant, "server.write"))

        assert [writer.get(path).status_code for path in (SERVER, f"{SERVER}/1", f"{SERVER}/check")] == [403] * 3
