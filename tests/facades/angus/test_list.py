"""Lists: pages, order, equality parameters, and what a page costs."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import search
from notifications.contracts import Content, Lane
from notifications.models import Message
from notifications.states import Status
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom
from tests.factories import fitting, send

EMAIL = "/api/v1/email"
MOMENT = datetime.fromisoformat("2025-06-01T02:00:00.500000+00:00")


def ids(reply: Any) -> list[int]:
    assert reply.status_code == 200, reply.json()
    return [int(row["id"]) for row in reply.json()["data"]["list"]]


def make(tenant: Tenant, **columns: Any) -> int:
    """A message with these columns, whichever way it came by them."""
    (message_id,) = send(tenant).message_ids
    Message.across_tenants.filter(pk=message_id).update(**fitting(columns))
    return message_id


@pytest.fixture
def five(api: Api, tenant: Tenant) -> list[int]:
    return [send(tenant).message_ids[0] for _ in range(5)]


def test_an_empty_list_is_zero_and_nothing(api: Api) -> None:
    assert api.get(EMAIL).json()["data"] == {"total": "0", "list": []}


def test_the_newest_come_first(api: Api, five: list[int]) -> None:
    reply = api.get(EMAIL)

    assert ids(reply) == five[::-1]
    assert reply.json()["data"]["total"] == "5"


def test_pages_follow_one_another(api: Api, five: list[int]) -> None:
    pages = [api.get(EMAIL, {"pageNo": number, "pageSize": 2}) for number in (1, 2, 3, 4)]

    assert [ids(page) for page in pages] == [[five[4], five[3]], [five[2], five[1]], [five[0]], []]
    assert {page.json()["data"]["total"] for page in pages} == {"5"}


def test_a_page_has_ten_rows_unless_said(api: Api, tenant: Tenant) -> None:
    for _ in range(11):
        send(tenant)

    assert len(ids(api.get(EMAIL))) == 10


@pytest.mark.parametrize(
    ("params", "order"),
    [
        ({"orderBy": "id", "orderSort": "ASC"}, [0, 1, 2]),
        ({"orderBy": "id", "orderSort": "DESC"}, [2, 1, 0]),
        ({"orderSort": "ASC"}, [0, 1, 2]),
        ({"orderBy": "actualSendDate", "orderSort": "ASC"}, [2, 0, 1]),
        ({"orderBy": "actualSendDate"}, [0, 2, 1]),
        ({"orderBy": "expectedSendDate", "orderSort": "ASC"}, [1, 0, 2]),
    ],
)
def test_the_order_is_the_one_asked_for_with_empty_times_last(
    api: Api, tenant: Tenant, params: dict[str, str], order: list[int]
) -> None:
    made = [
        make(tenant, finished_at="2025-06-02T00:00:00Z", due_at="2025-07-02T00:00:00Z"),
        make(tenant, finished_at=None, due_at="2025-07-01T00:00:00Z"),
        make(tenant, finished_at="2025-06-01T00:00:00Z", due_at=None),
    ]

    assert ids(api.get(EMAIL, params)) == [made[n] for n in order]


@pytest.mark.parametrize(("sort", "places"), [("ASC", "bda ce"), ("DESC", "adb ec")])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_pages_in_the_order_of_a_time_go_on_to_the_rows_without_one(
    api: Api, tenant: Tenant, sort: str, places: str, size: int
) -> None:
    days = {"a": 3, "b": 1, "c": None, "d": 2, "e": None}
    made = {make(tenant, finished_at=day and f"2025-06-0{day}T00:00:00Z"): letter for letter, day in days.items()}

    params = {"orderBy": "actualSendDate", "orderSort": sort, "pageSize": size}
    pages = [ids(api.get(EMAIL, params | {"pageNo": number})) for number in range(1, 7)]

    assert [made[id_] for page in pages for id_ in page] == list(places.replace(" ", ""))
    assert [len(page) for page in pages] == [max(0, min(size, 5 - size * n)) for n in range(6)]


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"pageNo": 0}, "param_validation_error"),
        ({"pageNo": 100_001}, "param_validation_error"),
        ({"pageNo": "one"}, "param_validation_error"),
        ({"pageSize": 0}, "param_validation_error"),
        ({"pageSize": 2001}, "param_validation_error"),
        ({"orderSort": "UP"}, "param_validation_error"),
        ({"infoScope": "ALL"}, "param_validation_error"),
        ({"orderBy": "x" * 101}, "param_validation_error"),
        ({"orderBy": "subject"}, "unsupported_order_by"),
        ({"orderBy": "ID"}, "unsupported_order_by"),
        ({"orderBy": "-id"}, "unsupported_order_by"),
        ({"orderBy": "tenant__code"}, "unsupported_order_by"),
        ({"id": "x"}, "param_validation_error"),
        ({"html": "maybe"}, "param_validation_error"),
        ({"sendUserId": "1.5"}, "param_validation_error"),
        ({"actualSendDate": "yesterday"}, "param_validation_error"),
        ({"outId": "a\0b"}, "param_validation_error"),
    ],
)
def test_a_bad_parameter_is_400(api: Api, params: dict[str, Any], key: str) -> None:
    reply = api.get(EMAIL, params)

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (400, key)


MATCHING: list[tuple[dict[str, Any], str, Any]] = [
    ({"template_code": "A"}, "templateCode", "A"),
    ({"language": "en"}, "language", "en"),
    ({"biz_key": "SIGNUP"}, "bizKey", "SIGNUP"),
    ({"biz_key": "TODO_WORKORDER"}, "bizKey", "TODO_TICKET"),
    ({"biz_key": "BIND_EMAIL"}, "bizKey", "BIND_EMAIL"),
    ({"out_id": "order-1"}, "outId", "order-1"),
    ({"kind": "TEMPLATE"}, "emailType", "TEMPLATE"),
    ({"is_html": True}, "html", "true"),
    ({"is_code": True}, "verificationCode", "TRUE"),
    ({"is_batch": True}, "batch", "true"),
    ({"user_id": 5}, "sendUserId", "5"),
    ({"lane": Lane.URGENT}, "urgent", "true"),
    ({"due_at": MOMENT.replace(microsecond=0)}, "expectedSendDate", "2025-06-01 10:00:00"),
    ({"finished_at": MOMENT}, "actualSendDate", "2025-06-01T10:00:00"),
    *[({"status": status}, "sendStatus", "FAILURE") for status in (Status.FAILED, Status.PARTIAL, Status.CANCELLED)],
    ({"status": Status.DELIVERED}, "sendStatus", "SUCCESS"),
]


@pytest.mark.parametrize(("columns", "name", "value"), MATCHING)
def test_an_equality_parameter_finds_the_one_that_has_the_value(
    api: Api, tenant: Tenant, settings: Any, columns: dict[str, Any], name: str, value: str
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    make(tenant)
    wanted = make(tenant, **columns)

    assert ids(api.get(EMAIL, {name: value})) == [wanted]


@pytest.mark.parametrize("name", ["html", "verificationCode", "batch", "urgent"])
def test_a_flag_finds_those_that_are_not_too(api: Api, tenant: Tenant, name: str) -> None:
    wanted = make(tenant)
    make(tenant, is_html=True, is_code=True, is_batch=True, lane=Lane.URGENT)

    assert ids(api.get(EMAIL, {name: "false"})) == [wanted]


def test_waiting_and_uncertain_messages_are_pending(api: Api, tenant: Tenant) -> None:
    wanted = [make(tenant), make(tenant, status=Status.UNCERTAIN)]
    make(tenant, status=Status.SENT)

    assert ids(api.get(EMAIL, {"sendStatus": "PENDING", "orderSort": "ASC"})) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sendStatus", "LOST"),
        ("sendStatus", "success"),
        ("bizKey", "NO_SUCH_KEY"),
        ("bizKey", "BIND_MOBILE"),
        ("emailType", "LETTER"),
        ("language", "tlh"),
        ("id", "9" * 30),
        ("id", "-1"),
        ("sendTenantId", "0"),
    ],
)
def test_a_value_that_nothing_has_finds_nothing(api: Api, tenant: Tenant, name: str, value: str) -> None:
    make(tenant)

    assert api.get(EMAIL, {name: value}).json()["data"] == {"total": "0", "list": []}


def test_an_empty_parameter_is_no_condition(api: Api, tenant: Tenant) -> None:
    wanted = make(tenant)

    assert ids(api.get(EMAIL, {"sendStatus": "", "html": "", "id": "", "orderBy": "", "pageNo": ""})) == [wanted]


def test_all_conditions_must_hold(api: Api, tenant: Tenant) -> None:
    make(tenant, is_html=True)
    wanted = make(tenant, is_html=True, out_id="order-1")

    assert ids(api.get(EMAIL, {"html": "true", "outId": "order-1"})) == [wanted]


def count_queries(api: Api, **params: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get(EMAIL, params).status_code == 200
    return len(queries)


def test_a_page_costs_six_queries_however_long_it_is(api: Api, tenant: Tenant) -> None:
    api.post(EMAIL, custom(attachments=[{"name": "a.txt", "content": "SGk="}]))
    count_queries(api)  # once a minute the key's last use is written, and that is not the page's cost
    with_one = count_queries(api)
    for n in range(20):
        send(tenant, f"u{n}@example.org", content=Content(subject="s", html="<p>x</p>"))

    with_many = count_queries(api, pageSize=50)

    # The key, the count, the ids, the rows, the content, the files.
    assert (with_one, with_many) == (6, 6)


def test_bodies_are_read_once_per_call_and_not_for_mails_with_a_code(api: Api, tenant: Tenant) -> None:
    make(tenant, is_code=True)

    (row,) = api.get(EMAIL).json()["data"]["list"]

    assert row["content"] == ""


def test_a_total_beyond_the_limit_never_hides_a_page(
    api: Api, five: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "COUNT_LIMIT", 2)

    last = api.get(EMAIL, {"pageNo": 3, "pageSize": 2})

    assert ids(last) == [five[0]]
    assert last.json()["data"]["total"] == "5"


def test_mails_of_own_words_are_found_by_their_language(api: Api) -> None:
    api.post(EMAIL, custom(language="en"))
    api.post(EMAIL, custom(language="zh_CN"))

    (row,) = api.get(EMAIL, {"language": "zh_CN"}).json()["data"]["list"]

    assert row["language"]["value"] == "zh_CN"
