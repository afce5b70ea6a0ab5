"""The filters[n] grammar, over three messages that differ in everything."""

from typing import Any

import pytest

from notifications.contracts import Lane
from notifications.models import Message
from notifications.states import Status
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.factories import send

EMAIL = "/api/v1/email"

ROWS: list[dict[str, Any]] = [
    {"template_code": "VERIFY_IN", "out_id": "order-1", "biz_key": "SIGNUP", "kind": "TEMPLATE", "user_id": 1}
    | {"is_html": True, "lane": Lane.URGENT, "status": Status.SENT, "finished_at": "2025-06-01T02:00:00.5Z"},
    {"template_code": "VERIFY_OUT", "out_id": "order_2", "biz_key": "TODO_WORKORDER", "kind": "TEMPLATE", "user_id": 2}
    | {"status": Status.FAILED, "finished_at": "2025-06-02T02:00:00Z"},
    {"template_code": None, "out_id": "ORDER-1", "biz_key": None, "user_id": 3, "status": Status.PENDING},
]


@pytest.fixture
def rows(tenant: Tenant, api: Api, settings: Any) -> list[int]:
    settings.TIME_ZONE = "Asia/Shanghai"
    ids = [send(tenant).message_ids[0] for _ in ROWS]
    for message_id, columns in zip(ids, ROWS, strict=True):
        Message.across_tenants.filter(pk=message_id).update(**columns)
    return ids


def filters(*items: tuple[str, str, Any]) -> dict[str, Any]:
    names = ("key", "op", "value")
    return {
        f"filters[{n}].{name}": part
        for n, item in enumerate(items)
        for name, part in zip(names, item, strict=True)
        if part is not None
    }


def found(api: Api, rows: list[int], params: dict[str, Any]) -> list[int]:
    """The places of the rows that a list holds."""
    reply = api.get(EMAIL, params | {"orderSort": "ASC"})
    assert reply.status_code == 200, reply.json()
    return [rows.index(int(row["id"])) for row in reply.json()["data"]["list"]]


@pytest.mark.parametrize(
    ("item", "places"),
    [
        # Text
        (("outId", "EQUAL", "order-1"), [0]),
        (("outId", "EQUAL", '"order-1"'), [0]),
        (("outId", "NOT_EQUAL", "order-1"), [1, 2]),
        (("templateCode", "NOT_EQUAL", "VERIFY_IN"), [1]),
        (("outId", "MATCH", "rder"), [0, 1]),
        (("outId", "MATCH", "order_"), [1]),
        (("outId", "MATCH", "%"), []),
        (("outId", "MATCH_END", "order"), [0, 1]),
        (("outId", "MATCH_END", "rder"), []),
        (("outId", "NOT_MATCH", "order"), [2]),
        (("templateCode", "NOT_MATCH_END", "VERIFY_I"), [1]),
        (("outId", "IN", "order-1,ORDER-1"), [0, 2]),
        (("outId", "IN", "[order-1, ORDER-1]"), [0, 2]),
        (("outId", "IN", '["order-1","ORDER-1"]'), [0, 2]),
        (("outId", "IN", ["order-1", "order_2"]), [0, 1]),
        (("outId", "IN", "[]"), []),
        (("outId", "NOT_IN", "order-1"), [1, 2]),
        (("templateCode", "IS_NULL", None), [2]),
        (("templateCode", "IS_NOT_NULL", None), [0, 1]),
        (("language", "EQUAL", "tlh"), []),
        # Constants
        (("bizKey", "EQUAL", "signup"), [0]),
        (("bizKey", "EQUAL", "TODO_TICKET"), [1]),
        (("bizKey", "EQUAL", "NO_SUCH_KEY"), []),
        (("bizKey", "NOT_EQUAL", "SIGNUP"), [1]),
        (("emailType", "EQUAL", "template"), [0, 1]),
        (("emailType", "IN", "TEMPLATE,LETTER"), [0, 1]),
        (("sendStatus", "EQUAL", "FAILURE"), [1]),
        (("sendStatus", "NOT_EQUAL", "success"), [1, 2]),
        (("sendStatus", "IN", "SUCCESS,PENDING"), [0, 2]),
        (("sendStatus", "EQUAL", "LOST"), []),
        # Flags
        (("html", "EQUAL", "TRUE"), [0]),
        (("html", "NOT_EQUAL", "true"), [1, 2]),
        (("html", "EQUAL", "maybe"), []),
        (("urgent", "EQUAL", "true"), [0]),
        (("urgent", "EQUAL", "false"), [1, 2]),
        (("urgent", "IN", "true,false"), [0, 1, 2]),
        # Numbers
        (("sendUserId", "EQUAL", "2"), [1]),
        (("sendUserId", "IN", " 1 , 3 "), [0, 2]),
        (("sendUserId", "NOT_IN", "[1,3]"), [1]),
        (("sendTenantId", "EQUAL", "0"), []),
        # Times, to the second
        (("actualSendDate", "EQUAL", "2025-06-01 10:00:00"), [0]),
        (("actualSendDate", "NOT_EQUAL", '"2025-06-01 10:00:00"'), [1]),
        (("actualSendDate", "IN", "2025-06-01 10:00:00,2025-06-02 10:00:00"), [0, 1]),
        (("actualSendDate", "GREATER_THAN", "2025-06-01 10:00:00"), [1]),
        (("actualSendDate", "GREATER_THAN_EQUAL", "2025-06-01 10:00:00"), [0, 1]),
        (("actualSendDate", "LESS_THAN", "2025-06-01 10:00:00"), []),
        (("actualSendDate", "LESS_THAN_EQUAL", "2025-06-01 10:00:00"), [0]),
        (("actualSendDate", "IS_NULL", None), [2]),
        (("expectedSendDate", "IS_NOT_NULL", None), []),
        # No item at all
        (("outId", "EQUAL", None), [0, 1, 2]),
        (("outId", "EQUAL", ""), [0, 1, 2]),
        (("", "EQUAL", "x"), [0, 1, 2]),
        (("outId", "", "x"), [0, 1, 2]),
        (("pageNo", "EQUAL", "7"), [0, 1, 2]),
    ],
)
def test_an_item_finds_its_rows(api: Api, rows: list[int], item: tuple[str, str, Any], places: list[int]) -> None:
    assert found(api, rows, filters(item)) == places


def test_ids_can_be_compared(api: Api, rows: list[int]) -> None:
    between = filters(("id", "GREATER_THAN", rows[0]), ("id", "LESS_THAN_EQUAL", rows[1]))

    assert found(api, rows, between) == [1]


def test_all_items_must_hold(api: Api, rows: list[int]) -> None:
    both = filters(("emailType", "EQUAL", "TEMPLATE"), ("html", "EQUAL", "false"))

    assert found(api, rows, both) == [1]


def test_a_day_is_two_items(api: Api, rows: list[int]) -> None:
    day = filters(
        ("actualSendDate", "GREATER_THAN_EQUAL", "2025-06-02 00:00:00"),
        ("actualSendDate", "LESS_THAN_EQUAL", "2025-06-02 23:59:59"),
    )

    assert found(api, rows, day) == [1]


def test_of_equal_key_and_op_the_first_counts(api: Api, rows: list[int]) -> None:
    assert found(api, rows, filters(("outId", "EQUAL", "order-1"), ("outId", "EQUAL", "order_2"))) == [0]


def test_an_item_with_equal_beats_the_parameter_of_the_same_name(api: Api, rows: list[int]) -> None:
    assert found(api, rows, filters(("outId", "EQUAL", "order-1")) | {"outId": "order_2"}) == [0]


def test_items_and_other_parameters_hold_together(api: Api, rows: list[int]) -> None:
    assert found(api, rows, filters(("outId", "MATCH", "order")) | {"sendStatus": "FAILURE"}) == [1]


def test_gaps_in_the_numbers_do_no_harm(api: Api, rows: list[int]) -> None:
    params = {"filters[7].key": "outId", "filters[7].op": "EQUAL", "filters[7].value": "order-1"}

    assert found(api, rows, params) == [0]


@pytest.mark.parametrize(
    ("params", "key", "named"),
    [
        (filters(("keyword", "EQUAL", "x")), "unsupported_filter_field", "keyword"),
        (filters(("OutId", "EQUAL", "x")), "unsupported_filter_field", "OutId"),
        (filters(("orderBy", "EQUAL", "x")), "unsupported_filter_field", "orderBy"),
        (filters(("tenant__code", "EQUAL", "x")), "unsupported_filter_field", "tenant__code"),
        (filters(("id' OR 1=1", "EQUAL", "x")), "unsupported_filter_field", "id'"),
        ({"filters": "x"}, "unsupported_filter_field", "filters"),
        ({"filters[x].key": "id"}, "unsupported_filter_field", "filters[x]"),
        ({"filters[0].columns": "id"}, "unsupported_filter_field", "filters[0]"),
        (filters(("outId", "LIKE", "x")), "param_validation_error", "LIKE"),
        (filters(("outId", "GREATER_THAN", "x")), "unsupported_range_filter", "outId"),
        (filters(("sendUserId", "LESS_THAN", "1")), "unsupported_range_filter", "sendUserId"),
        (filters(("sendStatus", "GREATER_THAN_EQUAL", "x")), "unsupported_range_filter", "sendStatus"),
        (filters(("id", "MATCH", "1")), "unsupported_match_filter", "id"),
        (filters(("html", "MATCH_END", "t")), "unsupported_match_filter", "html"),
        (filters(("sendStatus", "NOT_MATCH", "S")), "unsupported_match_filter", "sendStatus"),
        (filters(("id", "EQUAL", "one")), "param_format_error", "one"),
        (filters(("id", "IN", "1,two")), "param_format_error", "two"),
        (filters(("id", "GREATER_THAN", "9" * 30)), "param_format_error", "999"),
        (filters(("outId", "EQUAL", "a\0b")), "param_format_error", "outId"),
        (filters(("outId", "MATCH", "a\0b")), "param_format_error", "outId"),
        (filters(("actualSendDate", "EQUAL", "2025-06-01T10:00:00")), "param_format_error", "2025-06-01T"),
        (filters(("actualSendDate", "LESS_THAN", "2025-02-30 00:00:00")), "param_format_error", "2025-02-30"),
        (filters(*[("outId", "EQUAL", "x")] * 21), "param_validation_error", "20"),
    ],
)
def test_a_bad_item_is_400_and_named(api: Api, params: dict[str, str], key: str, named: str) -> None:
    reply = api.get(EMAIL, params)

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, key)
    assert named in reply.json()["msg"]
