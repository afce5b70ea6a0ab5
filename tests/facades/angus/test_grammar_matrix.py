"""Every operator of the filters grammar on every key of the lists of e-mails and SMS, over three records a, b and c."""

from typing import Any

import pytest

from notifications.contracts import Lane
from notifications.facades.angus.filters import EMAILS, SMS
from notifications.facades.angus.grammar import Op
from notifications.facades.angus.lists import Shape
from notifications.facades.angus.servers_filters import SERVERS
from notifications.facades.angus.sms_templates_views import SMS_TEMPLATES
from notifications.facades.angus.templates_filters import TEMPLATES
from notifications.models import Message
from notifications.states import Status
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.factories import MailServerFactory, send

LISTS = {"/api/v1/email": ("email", EMAILS), "/api/v1/sms": ("sms", SMS)}
#: c has nothing in the columns that may be empty.
RECORDS: dict[str, dict[str, Any]] = {
    "a": {"template_code": "CODE_A", "language": "en", "biz_key": "SIGNUP", "out_id": "one-x", "kind": "TEMPLATE"}
    | {"is_html": True, "is_code": True, "is_batch": True, "user_id": 1, "lane": Lane.URGENT, "status": Status.SENT}
    | {"due_at": "2025-06-01T02:00:00Z", "finished_at": "2025-06-01T02:00:00.5Z"},
    "b": {"template_code": "CODE_B", "language": "zh_CN", "biz_key": "SIGNIN", "out_id": "two-x", "kind": "TEMPLATE"}
    | {"is_html": False, "is_code": False, "is_batch": False, "user_id": 2, "status": Status.FAILED}
    | {"due_at": "2025-06-02T02:00:00Z", "finished_at": "2025-06-02T02:00:00.5Z"},
    "c": {"template_code": None, "language": None, "biz_key": None, "out_id": "three", "kind": "CUSTOM"}
    | {"is_html": False, "is_code": False, "is_batch": False, "user_id": 3, "status": Status.PENDING}
    | {"due_at": None, "finished_at": None},
}
DAYS = "2025-06-01 10:00:00,2025-06-02 10:00:00"
OPS = ("EQUAL", "NOT_EQUAL", "IN", "NOT_IN", "IS_NULL", "IS_NOT_NULL")
RANGES = ("GREATER_THAN", "GREATER_THAN_EQUAL", "LESS_THAN", "LESS_THAN_EQUAL")
MATCHES = ("MATCH", "NOT_MATCH", "MATCH_END", "NOT_MATCH_END")

#: Key, its value, its list of values; then what OPS find with them, in their order, "-" being nothing.
EQUALITY = [
    ("id", "{b}", "{a},{b}", "b ac ab c - abc"),
    ("templateCode", "CODE_A", "CODE_A,CODE_B", "a b ab - c ab"),
    ("language", "en", "en,zh_CN", "a b ab - c ab"),
    ("bizKey", "SIGNUP", "SIGNUP,SIGNIN", "a b ab - c ab"),
    ("outId", "one-x", "one-x,two-x", "a bc ab c - abc"),
    ("emailType", "CUSTOM", "CUSTOM,TEMPLATE", "c ab abc - - abc"),
    ("html", "true", "true,false", "a bc abc - - abc"),
    ("verificationCode", "true", "true,false", "a bc abc - - abc"),
    ("batch", "true", "true,false", "a bc abc - - abc"),
    ("sendTenantId", "{tenant}", "{tenant},7", "abc - abc - - abc"),
    ("sendUserId", "2", "1,2", "b ac ab c - abc"),
    ("urgent", "true", "true,false", "a bc abc - - abc"),
    ("sendStatus", "SUCCESS", "SUCCESS,FAILURE", "a bc ab c - abc"),
    ("expectedSendDate", "2025-06-01 10:00:00", DAYS, "a b ab - c ab"),
    ("actualSendDate", "2025-06-01 10:00:00", DAYS, "a b ab - c ab"),
]
#: What RANGES find; no other key has an order.
ORDER = [
    ("id", "{b}", "c bc a ab"),
    ("expectedSendDate", "2025-06-02 10:00:00", "- b a ab"),
    ("actualSendDate", "2025-06-01 10:00:00", "b ab - a"),
]
#: What MATCHES find; no other key is text.
TEXTS = [
    ("templateCode", "DE_A", "a b - ab"),
    ("templateCode", "CODE_", "ab - ab -"),
    ("language", "n", "a b - ab"),
    ("outId", "ne", "a bc - abc"),
    ("outId", "t", "bc a bc a"),
]
#: The lists of what is configured, with a value that some rows have in each column, but for those of NEVER.
OTHERS: dict[str, tuple[Shape, dict[str, str]]] = {
    "/api/v1/email/server": (SERVERS, {"id": "1", "name": "Beta", "protocol": "SMTP"}),
    "/api/v1/email/template": (
        TEMPLATES,
        {"id": "1001", "code": "CHANNEL_TEST", "name": "Test of a mail server", "verificationCode": "true"}
        | {"subject": "Test message", "language": "en"},
    ),
    "/api/v1/sms/template": (
        SMS_TEMPLATES,
        {"id": "3001", "code": "EVENT_NOTICE", "name": "Event", "thirdCode": "SMS_1", "language": "en"}
        | {"channelId": "-1", "createdDate": "2025-01-01 00:00:00"},
    ),
}
NEVER = {"thirdCode", "createdDate"}


@pytest.fixture
def records(tenant: Tenant, settings: Any) -> dict[str, int]:
    settings.TIME_ZONE = "Asia/Shanghai"
    return {letter: send(tenant).message_ids[0] for letter in RECORDS}


def item(key: str, op: str, value: str) -> dict[str, str]:
    return {"filters[0].key": key, "filters[0].op": op, "filters[0].value": value}


def table(path: str) -> list[tuple[str, str, str, str]]:
    """Key, operator, value, letters."""
    cases = []
    for key, one, several, found in EQUALITY:
        cases += [
            (key, op, several if op.endswith("IN") else one, to) for op, to in zip(OPS, found.split(), strict=True)
        ]
    for ops, rows in ((RANGES, ORDER), (MATCHES, TEXTS)):
        cases += [(key, op, value, to) for key, value, found in rows for op, to in zip(ops, found.split(), strict=True)]
    return [case for case in cases if case[0] in LISTS[path][1].columns]


@pytest.mark.parametrize("path", LISTS)
def test_each_operator_on_each_key_finds_its_records(
    api: Api, tenant: Tenant, server: Any, records: dict[str, int], path: str
) -> None:
    channel, _ = LISTS[path]
    for letter, id_ in records.items():
        Message.across_tenants.filter(pk=id_).update(channel=channel, **RECORDS[letter])
    letters = {str(id_): letter for letter, id_ in records.items()}
    numbers = {**records, "tenant": tenant.pk}

    replies = {
        case: api.get(path, item(case[0], case[1], case[2].format(**numbers)) | {"orderSort": "ASC"}).json()
        for case in table(path)
    }

    assert {case: reply["code"] for case, reply in replies.items() if reply["code"] != "S"} == {}
    found = {case: "".join(letters[row["id"]] for row in r["data"]["list"]) or "-" for case, r in replies.items()}
    assert {case: got for case, got in found.items() if got != case[3]} == {}


@pytest.mark.parametrize("path", LISTS)
def test_each_other_operator_is_refused_by_name(api: Api, path: str) -> None:
    _, shape = LISTS[path]
    known = {(key, op) for key, op, _, _ in table(path)}
    others = [(key, op.name) for key in shape.columns for op in Op if (key, op.name) not in known]

    replies = {(key, op): api.get(path, item(key, op, "1")) for key, op in others}

    assert {(key, op) for key, op in others if op in OPS} == set()
    expected = dict.fromkeys(RANGES, "unsupported_range_filter") | dict.fromkeys(MATCHES, "unsupported_match_filter")
    assert {at: reply.headers["XC-E-Key"] for at, reply in replies.items()} == {
        (k, op): expected[op] for k, op in others
    }


@pytest.fixture
def others(seeded: None, api: Api, tenant: Tenant) -> Api:
    """Seed templates, and three mail servers."""
    for name in ("Beta", "Gamma"):
        MailServerFactory(tenant=tenant, name=name, enabled=False)
    return api


@pytest.mark.parametrize("path", OTHERS)
def test_on_the_other_lists_each_operator_and_its_opposite_divide_the_rows(others: Api, path: str) -> None:
    shape, values = OTHERS[path]
    assert values.keys() == shape.columns.keys()
    if path.endswith("server"):
        values = values | {"id": others.get(path).json()["data"]["list"][1]["id"]}

    for key, value in values.items():
        column = shape.columns[key]

        def find(op: str, *, key: str = key, value: str = value) -> set[str]:
            reply = others.get(path, item(key, op, value) | {"pageSize": "2000"}).json()
            assert reply["code"] == "S", (key, op, reply["msg"])
            return {row["id"] for row in reply["data"]["list"]}

        some, equal = find("IS_NOT_NULL"), find("EQUAL")
        assert find("IS_NULL") == find("IS_NOT_NULL", key="id") - some, key
        assert find("NOT_EQUAL") == find("NOT_IN") == some - equal, key
        assert find("IN") == equal, key
        if column.can_match:
            within, first = find("MATCH"), find("MATCH_END")
            assert equal <= first <= within, key
            assert (find("NOT_MATCH"), find("NOT_MATCH_END")) == (some - within, some - first), key
        if column.can_range:
            less = find("LESS_THAN")
            assert (find("GREATER_THAN_EQUAL"), find("LESS_THAN_EQUAL")) == (some - less, less | equal), key
            assert find("GREATER_THAN") == some - less - equal, key
        assert (equal != set()) == (key not in NEVER), key
