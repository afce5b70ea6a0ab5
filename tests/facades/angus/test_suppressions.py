"""The list of who gets nothing over the API, and what a send says of those who are on it."""

import json
from typing import Any

import pytest

from notifications.contracts import Channel, SuppressionSource
from notifications.models import Message, Submission, Suppression
from notifications.suppression import Entry, add
from tenants.models import Tenant
from tenants.models.api_key import Scope
from tests.facades.angus.conftest import Api, custom
from tests.facades.angus.test_openapi import examples
from tests.factories import make_key

PATH = "/api/v1/suppressions"


def data(reply: Any, status: int = 200) -> Any:
    assert reply.status_code == status, reply.content
    return reply.json()["data"]


def refused(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["msg"]


def listed(api: Api, **params: Any) -> list[str]:
    return [row["address"] for row in data(api.get(PATH, params))["list"]]


def test_added_twice_is_added_once_and_shown_whole(api: Api) -> None:
    body = {
        "addresses": ["Ann@Bücher.example", "bob@example.org"],
        "category": "Newsletter",
        "note": "asked by phone",
        "expireDate": "2035-06-15 18:00:00",
    }
    assert data(api.post(PATH, body), 201) == {"added": "2", "known": "0"}
    assert data(api.post(PATH, body), 201) == {"added": "0", "known": "2"}

    page = data(api.get(PATH, {"orderBy": "address", "orderSort": "ASC"}))

    assert page["total"] == "2"
    first = page["list"][0]
    assert first == {
        "id": first["id"],
        "channel": "EMAIL",
        "address": "ann@xn--bcher-kva.example",
        "category": "newsletter",
        "source": "MANUAL",
        "note": "asked by phone",
        "createdDate": first["createdDate"],
        "expireDate": "2035-06-15 18:00:00",
    }
    assert data(api.get(f"{PATH}/{first['id']}")) == first
    assert api.get(f"{PATH}/x").status_code == 404


def test_the_list_is_filtered_in_both_ways(api: Api, tenant: Tenant) -> None:
    add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org"), Entry("anton@example.org", "newsletter")])
    add(tenant.pk, Channel.SMS, [Entry("+8613800138000")], source=SuppressionSource.IMPORT)

    assert listed(api, channel="SMS") == listed(api, source="import") == ["+8613800138000"]
    assert listed(api, address="ANN@example.org") == ["ann@example.org"]
    assert listed(api, category="Newsletter") == ["anton@example.org"]
    assert listed(api, active="false") == []
    assert len(listed(api, active="true")) == 3
    item = {"filters[0].key": "address", "filters[0].op": "MATCH_END", "filters[0].value": "AN"}
    assert listed(api, **item) == ["anton@example.org", "ann@example.org"]
    assert listed(
        api, **{**item, "filters[0].key": "channel", "filters[0].op": "NOT_EQUAL", "filters[0].value": "EMAIL"}
    )
    assert api.get(PATH, {"orderBy": "note"}).status_code == 400


def test_taken_off_by_address_or_by_id(api: Api, tenant: Tenant) -> None:
    add(tenant.pk, Channel.EMAIL, [Entry("ann@example.org"), Entry("ann@example.org", "newsletter")])
    add(tenant.pk, Channel.SMS, [Entry("+8613800138000")])

    assert data(api.post(f"{PATH}/remove", {"addresses": ["ANN@example.org"], "category": ""})) == {"removed": "1"}
    assert data(api.post(f"{PATH}/remove", {"addresses": ["ann@example.org"]})) == {"removed": "1"}
    (left,) = Suppression.objects.for_tenant(tenant.pk)
    assert data(api.post(f"{PATH}/remove", {"addresses": ["13800138000"]} | {"channel": "SMS"})) == {"removed": "1"}
    assert api.delete(f"{PATH}?ids={left.pk},9,9223372036854775807").status_code == 204
    assert listed(api) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "addresses: This field is required."),
        ({"addresses": []}, "addresses: Ensure this field has at least 1 elements."),
        ({"addresses": ["nobody"]}, "addresses: 'nobody' is not an e-mail address."),
        ({"addresses": ["ann@example.org"], "channel": "SMS"}, "addresses: 'ann@example.org' is not a phone number"),
        ({"addresses": ["ann@example.org"], "expireDate": "2020-01-01 00:00:00"}, "expireDate: that is over already."),
        ({"addresses": ["ann@example.org"], "category": "x" * 61}, "category: "),
        ({"addresses": ["ann@example.org"], "until": "2035"}, "until: there is no such member."),
        ({"addresses": ["a@example.org"] * 10_001}, "addresses: Ensure this field has no more than 10000 elements."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_stored(api: Api, body: dict[str, Any], words: str) -> None:
    status, said = refused(api.post(PATH, body))

    assert (status, said[: len(words)]) == (400, words)
    assert not Suppression.across_tenants.exists()


def test_a_file_is_imported_whole_or_not_at_all(api: Api) -> None:
    def load(text: str, query: str = "", kind: str = "text/csv; charset=utf-8") -> Any:
        return api.send_raw(f"{PATH}/import{query}", text.encode(), kind)

    good = "address,category\nann@example.org,newsletter\nbob@example.org,\n"
    assert data(load(good, "?dryRun=true")) == {"added": "2", "known": "0"}
    assert listed(api) == []
    assert data(load(good)) == {"added": "2", "known": "0"}
    assert data(load("address\n13800138000\n", "?channel=SMS")) == {"added": "1", "known": "0"}
    assert listed(api, source="IMPORT", channel="SMS") == ["+8613800138000"]

    wrong = load("address\nnobody\ncid@example.org\nno,body\n")
    assert refused(wrong) == (
        400,
        "The file cannot be read: line 2, address: 'nobody' is not an e-mail address. (2 lines are wrong)",
    )
    assert wrong.json()["data"]["problems"] == [
        {"line": "2", "column": "address", "message": "'nobody' is not an e-mail address."},
        {"line": "4", "column": "", "message": "2 cells where the first line has 1."},
    ]
    assert refused(load(good, kind="application/json"))[0] == 400
    assert refused(load(good, "?channel=FAX"))[0] == 400
    assert len(listed(api)) == 3


def test_reading_and_changing_are_two_scopes(tenant: Tenant) -> None:
    reader, writer = Api(make_key(tenant, Scope.SUPPRESSION_READ)), Api(make_key(tenant, Scope.SUPPRESSION_WRITE))

    assert [reader.get(PATH).status_code, writer.get(PATH).status_code] == [200, 403]
    for path in ("", "/remove", "/import"):
        assert reader.post(PATH + path, {}).status_code == 403
        assert writer.post(PATH + path, {}).status_code == 400
    assert reader.delete(f"{PATH}?ids=1").status_code == 403


def test_a_list_page_costs_two_queries(api: Api, tenant: Tenant, django_assert_num_queries: Any) -> None:
    add(tenant.pk, Channel.EMAIL, [Entry(f"p{n}@example.org") for n in range(5)])
    api.get(PATH)

    # Beside the one that finds the key.
    with django_assert_num_queries(3):
        api.get(PATH, {"pageSize": "3"})


class TestSend:
    def test_a_suppressed_recipient_is_named_and_its_record_says_why(self, api: Api, tenant: Tenant) -> None:
        entries = [Entry("ann@example.org", "newsletter")]
        add(tenant.pk, Channel.EMAIL, entries, source=SuppressionSource.UNSUBSCRIBE)
        news = {"category": "Newsletter", "toAddress": ["Ann@example.org", "bob@example.org"], "batch": False}

        receipt = data(api.post("/api/v1/email", custom(**news)))

        assert receipt["suppressed"] == [{"address": "Ann@example.org", "reason": "UNSUBSCRIBE"}]
        records = [data(api.get(f"/api/v1/email/{id_}")) for id_ in receipt["ids"]]
        assert [record["sendStatus"]["value"] for record in records] == ["FAILURE", "PENDING"]
        assert records[0]["failureReason"] == "Suppressed: the recipient unsubscribed."
        assert "suppressed" not in data(api.post("/api/v1/email", custom(toAddress=["ann@example.org"])))

    @pytest.mark.parametrize(
        ("offer", "category", "footer"),
        [
            ({}, "newsletter", ""),
            ({"footerLanguage": None}, "newsletter", ""),
            ({"footerLanguage": "zh_TW"}, "newsletter", "zh-TW"),
            (None, "", None),
        ],
    )
    def test_an_offer_to_unsubscribe_is_kept_with_the_call(
        self, api: Api, offer: Any, category: str, footer: str | None
    ) -> None:
        body = custom(unsubscribe=offer, toAddress=["ann@example.org", "bob@example.org"], batch=True)

        receipt = data(api.post("/api/v1/email", body))

        call = Submission.across_tenants.get(pk=receipt["submissionId"])
        assert (call.category, call.unsubscribe_footer) == (category, footer)
        assert Message.across_tenants.count() == (1 if offer is None else 2)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"category": "x" * 61}, "category: Ensure this field has no more than 60 characters."),
            ({"unsubscribe": {"footerLanguage": "tlh"}}, "unsubscribe.footerLanguage: One of these is expected: en,"),
            ({"unsubscribe": {"footer": "en"}}, "unsubscribe.footer: there is no such member."),
            ({"unsubscribe": True}, "unsubscribe: an object is expected."),
            ({"verificationCode": True, "bizKey": "SIGNUP", "category": "a"}, "category: nobody can leave"),
            ({"verificationCode": True, "bizKey": "SIGNUP", "unsubscribe": {}}, "unsubscribe: nobody can leave"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, api: Api, changes: dict[str, Any], words: str) -> None:
        status, said = refused(api.post("/api/v1/email", custom(**changes)))

        assert (status, said[: len(words)]) == (400, words)


def test_the_examples_of_the_page_work(api: Api) -> None:
    for method, path, name, body in examples("Suppressions"):
        reply = api.send_raw(path, json.dumps(body).encode(), method=method.upper())
        assert reply.json()["code"] == "S", name
