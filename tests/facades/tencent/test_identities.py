"""Domains and senders: the records to publish are real, and only a domain that carries them may send."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from tenants import identities, senders
from tenants.models import SenderDomain, SenderIdentity, Tenant
from tests.facades.tencent.client import TencentApi, code_of
from tests.facades.tencent.conftest import make_api
from tests.factories import TenantFactory
from tests.fakes.dns_server import DnsServer, dns_server

DOMAIN = "mail.example.com"


@pytest.fixture
def dns(settings: Settings) -> Iterator[DnsServer]:
    with dns_server() as server:
        settings.DNS_SERVERS = [server.address]
        settings.SPF_MECHANISMS = ["include:spf.example.net"]
        yield server


def create(api: TencentApi, domain: str = DOMAIN, **params: Any) -> dict[str, Any]:
    return api.call("CreateEmailIdentity", {"EmailIdentity": domain, **params})


def publish(dns: DnsServer, answer: dict[str, Any]) -> None:
    for attribute in answer["Attributes"]:
        dns.publish(attribute["SendDomain"], attribute["ExpectedValue"])


def verify(api: TencentApi, domain: str = DOMAIN, **params: Any) -> dict[str, Any]:
    return api.call("UpdateEmailIdentity", {"EmailIdentity": domain, **params})


def verified(api: TencentApi, dns: DnsServer) -> None:
    publish(dns, create(api))
    assert verify(api)["VerifiedForSendingStatus"] is True


def add_sender(api: TencentApi, address: str, **params: Any) -> str:
    return code_of(api.call("CreateEmailAddress", {"EmailAddress": address, **params}))


def test_a_domain_is_created_published_and_verified(api, dns):
    made = create(api, TagList=[{"TagKey": "team", "TagValue": "news"}])

    spf, dkim = made["Attributes"]
    assert (made["IdentityType"], made["VerifiedForSendingStatus"], made["DKIMOption"]) == ("DOMAIN", False, 0)
    assert spf == {
        "Type": "TXT",
        "SendDomain": DOMAIN,
        "ExpectedValue": "v=spf1 include:spf.example.net ~all",
        "CurrentValue": "",
        "Status": False,
    }
    assert dkim["SendDomain"].endswith(f"._domainkey.{DOMAIN}")
    assert dkim["ExpectedValue"].startswith("v=DKIM1; k=rsa; p=MIGf")
    publish(dns, made)

    after = verify(api, NewAPI=True)

    assert after["VerifiedForSendingStatus"] is True
    assert [attribute["Status"] for attribute in after["Attributes"]] == [True, True, False]
    assert after["Attributes"][1]["CurrentValue"] == dkim["ExpectedValue"]
    assert after["Attributes"][2]["SendDomain"] == f"_dmarc.{DOMAIN}"
    found = api.call("GetEmailIdentity", {"EmailIdentity": DOMAIN})
    assert found["VerifiedForSendingStatus"] is True
    assert found["TagList"] == [{"TagKey": "team", "TagValue": "news"}]


def test_another_key_length_is_another_key(api, dns, tenant):
    verified(api, dns)

    after = verify(api, DKIMOption=1)

    assert (after["DKIMOption"], after["VerifiedForSendingStatus"]) == (1, False)
    assert SenderDomain.objects.for_tenant(tenant.pk).get().key_bits == 2048
    publish(dns, after)
    assert verify(api, DKIMOption=1)["VerifiedForSendingStatus"] is True


def test_domains_are_listed(api, stranger):
    create(api, "b.example.com")
    create(api, "a.example.com", TagList=[{"TagKey": "team", "TagValue": "news"}])
    create(stranger, "c.example.com")

    found = api.call("ListEmailIdentities")

    assert [row["IdentityName"] for row in found["EmailIdentities"]] == ["a.example.com", "b.example.com"]
    assert found["Total"] == 2
    assert found["EmailIdentities"][1] == {
        "IdentityName": "b.example.com",
        "IdentityType": "DOMAIN",
        "SendingEnabled": False,
        "CurrentReputationLevel": 0,
        "DailyQuota": 0,
        "SendIp": [],
        "TagList": [],
        "DKIMOption": 0,
    }
    tagged = api.call("ListEmailIdentities", {"TagList": [{"TagKey": "team", "TagValue": "news"}]})
    assert tagged["Total"] == 1
    assert [
        row["IdentityName"] for row in api.get("ListEmailIdentities", {"Limit": 1, "Offset": 1})["EmailIdentities"]
    ] == ["b.example.com"]


def test_senders_come_and_go(api, dns):
    verified(api, dns)

    assert add_sender(api, f"news@{DOMAIN}", EmailSenderName="News") == ""
    (sender,) = api.call("ListEmailAddress")["EmailSenders"]
    assert sender.pop("CreatedTimestamp") > 1_700_000_000
    assert sender == {"EmailAddress": f"news@{DOMAIN}", "EmailSenderName": "News", "SmtpPwdType": 0}

    assert code_of(api.call("DeleteEmailAddress", {"EmailAddress": f"news@{DOMAIN}"})) == ""
    assert api.call("ListEmailAddress")["EmailSenders"] == []


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("InvalidParameterValue.InvalidEmailIdentity", {"EmailIdentity": "no domain"}),
        ("InvalidParameterValue.InvalidEmailIdentity", {"EmailIdentity": ""}),
        ("InvalidParameterValue", {"EmailIdentity": DOMAIN, "DKIMOption": 2}),
        ("InvalidParameterValue", {"EmailIdentity": DOMAIN, "TagList": [{"TagKey": "x" * 128, "TagValue": "x"}]}),
        ("MissingParameter", {"EmailIdentity": DOMAIN, "TagList": [{"TagKey": "x"}]}),
        ("MissingParameter", {}),
    ],
)
def test_what_is_no_domain(api, code, params):
    assert code_of(api.call("CreateEmailIdentity", params)) == code


def test_repeat_creation(api):
    create(api)

    assert code_of(create(api, DOMAIN.upper())) == "InvalidParameterValue.RepeatCreation"


def test_created_by_other(api, stranger, dns):
    claimed = create(stranger)
    verified(api, dns)
    publish(dns, claimed)

    assert code_of(verify(stranger)) == "InvalidParameterValue.CreatedByOther"
    assert code_of(create(make_api(TenantFactory()))) == "InvalidParameterValue.CreatedByOther"


def test_exceed_domain_limit(api, monkeypatch):
    monkeypatch.setattr(identities, "MAX_DOMAINS", 1)
    create(api)

    assert code_of(create(api, "b.example.com")) == "OperationDenied.ExceedDomainLimit"


def test_a_name_server_that_fails(api, dns):
    create(api)
    dns.broken.add(DOMAIN)

    assert code_of(verify(api)) == "ResourceUnavailable"


def test_not_exist_domain_also_for_a_stranger_s(api, stranger, dns, tenant):
    verified(api, dns)
    assert add_sender(api, f"news@{DOMAIN}") == ""

    for action in ("GetEmailIdentity", "UpdateEmailIdentity", "DeleteEmailIdentity"):
        answer = stranger.call(action, {"EmailIdentity": DOMAIN})
        assert code_of(answer) == "InvalidParameterValue.NotExistDomain"
    assert add_sender(stranger, f"mine@{DOMAIN}") == "InvalidParameterValue.NotExistDomain"
    gone = stranger.call("DeleteEmailAddress", {"EmailAddress": f"news@{DOMAIN}"})
    assert code_of(gone) == "InvalidParameterValue.NoSuchSender"
    assert stranger.call("ListEmailAddress")["EmailSenders"] == []
    assert SenderIdentity.objects.for_tenant(tenant.pk).count() == 1


def test_each_fault_of_a_sender(api, dns):
    verified(api, dns)
    create(api, "later.example.com")
    for number in range(senders.MAX_PER_DOMAIN - 1):
        add_sender(api, f"s{number}@{DOMAIN}")

    assert add_sender(api, f"s1@{DOMAIN}") == "InvalidParameterValue.RepeatEmailAddress"
    assert add_sender(api, "news@later.example.com") == "OperationDenied.DomainNotVerified"
    assert add_sender(api, "news@other.example.com") == "InvalidParameterValue.NotExistDomain"
    assert add_sender(api, "news") == "InvalidParameterValue.IllegalEmailAddress"
    assert add_sender(api, f"x@{DOMAIN}", EmailSenderName="x" * 101) == "InvalidParameterValue.IllegalSenderName"
    assert add_sender(api, f"last@{DOMAIN}") == ""
    assert add_sender(api, f"more@{DOMAIN}") == "OperationDenied.ExceedSenderLimit"


def test_sender_with_domain_is_not_empty(api, dns, tenant: Tenant):
    verified(api, dns)
    add_sender(api, f"news@{DOMAIN}")

    answer = api.call("DeleteEmailIdentity", {"EmailIdentity": DOMAIN})
    assert code_of(answer) == "OperationDenied.SenderWithDomainIsNotEmpty"

    api.call("DeleteEmailAddress", {"EmailAddress": f"news@{DOMAIN}"})
    assert code_of(api.call("DeleteEmailIdentity", {"EmailIdentity": DOMAIN})) == ""
    assert not SenderDomain.objects.for_tenant(tenant.pk).exists()
