"""Mail servers over HTTP: what is sent becomes a row, and what is shown has no secret."""

from typing import Any

import pytest

from notifications.models import MailServer
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.facades.angus.server_calls import SERVER, add, row, shown, smtp
from tests.factories import MailServerFactory, make_key


@pytest.fixture
def api(tenant: Tenant) -> Api:
    """A tenant without any server yet."""
    return Api(make_key(tenant))


class TestAdding:
    def test_the_answer_is_201_with_id_and_key(self, api: Api) -> None:
        reply = api.post(SERVER, smtp())

        assert reply.status_code == 201
        stored = MailServer.across_tenants.get()
        assert reply.json()["data"] == {"id": str(stored.pk), "key": "smtp.example.com:465"}

    def test_flags_that_are_left_out_are_true(self, api: Api) -> None:
        stored = row(add(api, startTlsEnabled=None))

        assert (stored.starttls, stored.implicit_tls, stored.auth_enabled) == (True, True, True)
        assert stored.verify_certificate

    def test_scalars_may_be_strings_and_enums_objects(self, api: Api) -> None:
        stored = row(add(api, port="587", sslEnabled="false", protocol={"value": "smtp"}, enabled="true"))

        assert (stored.port, stored.implicit_tls, stored.protocol) == (587, False, "SMTP")

    def test_the_first_one_is_enabled_and_the_next_is_not_whatever_is_said(self, api: Api) -> None:
        first, second = add(api, enabled=False), add(api, name="Spare", enabled=True)

        assert (row(first).enabled, row(second).enabled) == (True, False)

    def test_a_taken_name_is_409_but_in_other_letters_it_is_free(self, api: Api) -> None:
        add(api)

        reply = api.post(SERVER, smtp())

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (409, "resource_already_exists")
        add(api, name="MAIN")

    def test_names_of_other_tenants_are_free(self, api: Api, stranger: Api) -> None:
        add(api)

        assert stranger.post(SERVER, smtp()).status_code == 201

    def test_the_eleventh_is_bem103_with_http_200(self, api: Api) -> None:
        for number in range(10):
            add(api, name=f"server {number}")

        reply = api.post(SERVER, smtp())

        assert (reply.status_code, reply.json()["code"]) == (200, "BEM103")
        assert reply.headers["XC-E-Key"] == "quota_error"
        assert MailServer.across_tenants.count() == 10

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"name": ...}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"protocol": ...}, "protocol"),
            ({"protocol": "POP3"}, "protocol"),
            ({"host": ...}, "host"),
            ({"host": "x" * 201}, "host"),
            ({"host": "a b"}, "host"),
            ({"host": "smtp.example.com\r\nQUIT"}, "host"),
            ({"port": ...}, "port"),
            ({"port": 0}, "port"),
            ({"port": 65_536}, "port"),
            ({"port": "x"}, "port"),
            ({"remark": "x" * 201}, "remark"),
            ({"subjectPrefix": "x" * 81}, "subjectPrefix"),
            ({"subjectPrefix": "x\r\nBcc: v@example.org"}, "subjectPrefix"),
            ({"authAccount": "noreply"}, "authAccount"),
            ({"authAccount": {"password": "x"}}, "authAccount.account"),
            ({"authAccount": {"account": "x" * 101}}, "authAccount.account"),
            ({"authAccount": {"account": "x", "password": "******"}}, "authAccount.password"),
            ({"authAccount": {"account": "x", "token": "y"}}, "authAccount.token"),
            ({"fromAddress": "nobody"}, "fromAddress"),
            ({"fromName": "A\nB"}, "fromName"),
            ({"allowedSenders": ["@"]}, "allowedSenders"),
            ({"allowedSenders": "x@example.org"}, "allowedSenders"),
            ({"rates": {"perSecond": "nan"}}, "rates.perSecond"),
            ({"rates": {"perSecond": 0}}, "rates.perSecond"),
            ({"rates": {"perDay": 0}}, "rates.perDay"),
            ({"failoverRank": -1}, "failoverRank"),
            ({"maxConnections": 0}, "maxConnections"),
            ({"options": [1]}, "options"),
            ({"options": {"x": "y" * 10_000}}, "options"),
            ({"credentials": "key"}, "credentials"),
            ({"kind": "SERVICE"}, "service"),
            ({"kind": "SERVICE", "service": "nowhere"}, "service"),
            ({"kind": "SERVICE", "service": "mailgun", "options": {"debug": True}}, "options"),
            ({"kind": "CARRIER_PIGEON"}, "kind"),
            ({"nonsense": 1}, "nonsense"),
        ],
    )
    def test_what_does_not_fit_is_400_and_named(self, api: Api, changes: dict[str, Any], named: str) -> None:
        reply = api.post(SERVER, smtp(**changes))

        assert (reply.status_code, reply.json()["code"]) == (400, "E0")
        assert reply.json()["msg"].startswith(f"{named}:")
        assert not MailServer.across_tenants.exists()


class TestShowing:
    def test_a_server_is_shown_in_the_contracts_types_without_its_password(self, api: Api) -> None:
        server_id = add(api, remark="Frankfurt", subjectPrefix="ACME")

        assert shown(api, server_id) == {
            "id": server_id,
            "name": "Main",
            "protocol": {"value": "SMTP", "message": "SMTP"},
            "remark": "Frankfurt",
            "enabled": True,
            "host": "smtp.example.com",
            "port": "465",
            "startTlsEnabled": True,
            "sslEnabled": True,
            "authEnabled": True,
            "authAccount": {"account": "noreply@example.com", "password": "******"},
            "subjectPrefix": "ACME",
            "kind": "SMTP",
            "verifyCertificate": True,
            "maxConnections": "10",
            "platform": False,
        }

    def test_an_email_service_is_shown_without_its_credentials(self, api: Api) -> None:
        server_id = add(
            api,
            host=...,
            port=...,
            authAccount=...,
            kind="service",
            service="mailgun",
            options={"sender_domain": "mg.example.com"},
            credentials={"api_key": "planted secret"},
            fromAddress="noreply@mg.example.com",
            fromName="ACME",
            allowedSenders=["@mg.example.com", "billing@example.com"],
            failoverRank=2,
            rates={"perSecond": "0.5", "perDay": 1000},
            verifyCertificate=True,
        )

        told = shown(api, server_id)

        assert {name: told[name] for name in ("kind", "service", "options", "credentials", "failoverRank")} == {
            "kind": "SERVICE",
            "service": "mailgun",
            "options": {"sender_domain": "mg.example.com"},
            "credentials": "******",
            "failoverRank": "2",
        }
        assert told["rates"] == {"perSecond": "0.5", "perDay": "1000"}
        assert told["allowedSenders"] == ["@mg.example.com", "billing@example.com"]
        assert (told["fromAddress"], told["fromName"]) == ("noreply@mg.example.com", "ACME")
        secret = row(server_id).credentials
        assert secret is not None
        assert secret.reveal() == '{"api_key": "planted secret"}'

    def test_no_answer_has_a_secret(self, api: Api) -> None:
        server_id = add(api)

        answers = [
            api.get(SERVER),
            api.get(f"{SERVER}/{server_id}"),
            api.put(SERVER, {**smtp(), "id": server_id}),
            api.patch(SERVER, {"id": server_id, "port": "x"}),
        ]

        assert not [answer for answer in answers if "planted secret" in answer.content.decode()]

    def test_the_platforms_servers_are_shown_without_their_login(self, api: Api) -> None:
        server = MailServerFactory(tenant=None, username="root@platform.example", options={"url": "inner"})

        told = shown(api, str(server.pk))

        assert told["platform"] is True
        assert (told["host"], told["port"], told["fromAddress"]) == ("127.0.0.1", "9", "noreply@example.com")
        assert not {"authAccount", "options", "credentials"} & set(told)

    def test_a_missing_one_is_404_and_named(self, api: Api) -> None:
        reply = api.get(f"{SERVER}/42")

        assert (reply.status_code, reply.json()["msg"]) == (404, "MailServer not found: [42]")

    @pytest.mark.parametrize("path", ["0", "-1", "x", "9" * 19, "9" * 30])
    def test_what_is_no_id_is_404(self, api: Api, path: str) -> None:
        assert api.get(f"{SERVER}/{path}").status_code == 404


class TestListing:
    @pytest.fixture(autouse=True)
    def servers(self, api: Api) -> list[str]:
        return [add(api, name=name) for name in ("Alpha", "Beta", "Gamma")]

    def names(self, api: Api, **params: Any) -> list[str]:
        data = api.get(SERVER, params).json()["data"]
        assert data["total"] == str(len(data["list"]))
        return [each["name"] for each in data["list"]]

    def test_the_newest_comes_first_and_the_platforms_are_among_them(self, api: Api) -> None:
        MailServerFactory(tenant=None, name="Platform")
        MailServerFactory(name="Somebody else's")

        assert self.names(api) == ["Platform", "Gamma", "Beta", "Alpha"]

    def test_order_and_equality(self, api: Api, servers: list[str]) -> None:
        assert self.names(api, orderBy="name", orderSort="ASC") == ["Alpha", "Beta", "Gamma"]
        assert self.names(api, name="Beta") == ["Beta"]
        assert self.names(api, id=servers[0]) == ["Alpha"]
        assert self.names(api, protocol="POP3") == []

    @pytest.mark.parametrize(
        ("key", "op", "value", "found"),
        [
            ("name", "MATCH", "a", ["Gamma", "Beta", "Alpha"]),
            ("name", "MATCH_END", "Ga", ["Gamma"]),
            ("name", "IN", "Alpha,Beta", ["Beta", "Alpha"]),
            ("protocol", "EQUAL", "smtp", ["Gamma", "Beta", "Alpha"]),
            ("protocol", "EQUAL", "IMAP", []),
        ],
    )
    def test_filters(self, api: Api, key: str, op: str, value: str, found: list[str]) -> None:
        assert self.names(api, **{"filters[0].key": key, "filters[0].op": op, "filters[0].value": value}) == found

    def test_pages(self, api: Api) -> None:
        data = api.get(SERVER, {"pageNo": 2, "pageSize": 2}).json()["data"]

        assert (data["total"], [each["name"] for each in data["list"]]) == ("3", ["Alpha"])

    @pytest.mark.parametrize(
        ("params", "e_key"),
        [
            ({"orderBy": "password"}, "unsupported_order_by"),
            (
                {"filters[0].key": "password", "filters[0].op": "EQUAL", "filters[0].value": "x"},
                "unsupported_filter_field",
            ),
            (
                {"filters[0].key": "name", "filters[0].op": "LESS_THAN", "filters[0].value": "x"},
                "unsupported_range_filter",
            ),
            ({"pageSize": 2001}, "param_validation_error"),
        ],
    )
    def test_what_a_list_cannot_do_is_400(self, api: Api, params: dict[str, str], e_key: str) -> None:
        reply = api.get(SERVER, params)

        assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, e_key)

    def test_a_page_costs_a_fixed_number_of_queries(self, api: Api, django_assert_num_queries: Any) -> None:
        api.get(SERVER)

        with django_assert_num_queries(3):
            api.get(SERVER)
