"""Whatever is thrown at the endpoints, the answer is the caller's fault or a success, never ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.facades.angus.bodies import SendBody
from notifications.facades.angus.filters import EMAILS
from notifications.facades.angus.grammar import Op
from tests.facades.angus.conftest import Api, custom

quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
MEMBER_NAMES = st.sampled_from(sorted(SendBody().fields))
PARAMETER_NAMES = st.sampled_from(
    ("id", "pageNo", "pageSize", "orderBy", "orderSort", "sendStatus", "bizKey", "html", "urgent", "sendUserId")
) | st.sampled_from(
    ("expectedSendDate", "actualSendDate", "language", "outId", "filters[0].key", "tenant__code", "id__in", "lang")
)
QUERY_TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "' OR 1=1 --",
        "id__gt",
        "-id",
        "\0",
        'id"; DROP TABLE',
        "..",
        "9" * 30,
        "-1",
        "0",
        "true",
        "2030-01-01 00:00:00",
        "$regex",
    ]
)


@quick
@given(body=st.binary(max_size=200))
def test_garbage_bytes_never_crash(api: Api, body: bytes) -> None:
    assert 400 <= api.send_raw("/api/v1/email", body).status_code < 500


@quick
@given(body=VALUES)
def test_garbage_json_never_crashes(api: Api, body: Any) -> None:
    assert 400 <= api.post("/api/v1/email", body).status_code < 500


@quick
@given(changes=st.dictionaries(MEMBER_NAMES, VALUES, min_size=1, max_size=3))
def test_a_good_body_with_garbage_members_never_crashes(api: Api, changes: dict[str, Any]) -> None:
    reply = api.send_raw("/api/v1/email", json.dumps(custom(**changes)).encode())

    assert reply.status_code < 500
    assert reply.json()["code"] in ("S", "E0", "BEM4001")


@quick
@given(params=st.dictionaries(PARAMETER_NAMES, QUERY_TEXT, min_size=1, max_size=4))
def test_garbage_parameters_never_crash(api: Api, params: dict[str, str]) -> None:
    assert api.get("/api/v1/email", params).status_code in (200, 400)


@quick
@given(
    key=st.sampled_from(sorted(EMAILS.columns)) | QUERY_TEXT,
    op=st.sampled_from(list(Op.__members__)) | QUERY_TEXT,
    value=QUERY_TEXT | st.lists(QUERY_TEXT, max_size=3),
)
def test_garbage_filters_never_crash(api: Api, key: str, op: str, value: Any) -> None:
    params = {"filters[0].key": key, "filters[0].op": op, "filters[0].value": value}

    assert api.get("/api/v1/email", params).status_code in (200, 400)


@quick
@given(message_id=st.text(min_size=1, max_size=30) | st.integers().map(str))
def test_garbage_ids_are_not_found(api: Api, message_id: str) -> None:
    reply = api.get(f"/api/v1/email/{quote(message_id, safe='')}")

    assert reply.status_code in (200, 404)


@pytest.mark.parametrize(
    "name", ["id__gt", "tenant__code", "submission__options", "id;", "filter", "keyword", "tenantId"]
)
def test_parameters_that_nobody_knows_change_nothing(api: Api, name: str) -> None:
    api.post("/api/v1/email", custom())

    assert api.get("/api/v1/email", {name: "0"}).json()["data"]["total"] == "1"
