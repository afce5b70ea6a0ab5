"""The list of e-mails over 200,000 records: no filter on an indexed column, and no order, reads the whole table.

The rows are real, committed and analysed; each query that a page makes is explained just before it runs.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from notifications.facades.angus.filters import EMAILS
from notifications.facades.angus.grammar import Op
from notifications.models import Submission
from tenants.models import ApiKey, Tenant
from tests.facades.angus.conftest import Api
from tests.factories import TenantFactory, make_key

EMAIL = "/api/v1/email"
ROWS = 200_000
START = "2025-01-01T00:00:00+00:00"

# Half of the records are another tenant's, every fifth one was scheduled; statuses are as lopsided as in life.
_FILL = """
INSERT INTO notifications_message
    (id, tenant_id, submission_id, channel, lane, status, kind, biz_key, template_code, language, recipient, "to", cc,
     bcc, subject, is_html, is_batch, is_code, out_id, user_id, due_at, created_at, finished_at, attempts, provider_id,
     failure_reason)
SELECT n, CASE WHEN n %% 2 = 0 THEN %(other)s ELSE %(tenant)s END, %(submission)s, 'email', 10,
       CASE WHEN n %% 500 = 1 THEN 'PENDING' WHEN n %% 100 = 1 THEN 'FAILED' ELSE 'SENT' END,
       'CUSTOM', 'SIGNUP', 'CODE-' || n %% 7, 'en', 'u' || n %% 5000 || '@example.org',
       ARRAY['u' || n %% 5000 || '@example.org'], '{}', '{}', 'Hello', true, true, false, 'order-' || n / 3, n %% 50,
       CASE WHEN n %% 5 = 0 THEN %(start)s::timestamptz + n * interval '1 minute' END,
       %(start)s::timestamptz + n * interval '1 minute',
       CASE WHEN n %% 500 <> 1 THEN %(start)s::timestamptz + n * interval '1 minute' END, 1, '', ''
FROM generate_series(1, %(rows)s) n
"""

#: Key → a value as a caller writes it.
INDEXED = {
    "id": "150001",
    "outId": "order-50000",
    "sendStatus": "FAILURE",
    "actualSendDate": "2025-04-15 04:01:00",
    "expectedSendDate": "2025-04-15 04:05:00",
    "sendTenantId": "1",
}
#: Looked up in the tenant's rows one by one: each more index would cost every message that is sent.
NOT_INDEXED = {
    *("templateCode", "language", "bizKey", "emailType", "html", "verificationCode", "batch", "sendUserId", "urgent"),
}


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[Api]:
    with django_db_blocker.unblock():
        tenant, other = TenantFactory(code="history"), TenantFactory(code="history-2")
        call = Submission(tenant=tenant, facade="angus", out_id="order")
        call.save(force_insert=True)
        values: dict[str, Any] = {
            "tenant": tenant.pk,
            "other": other.pk,
            "submission": call.pk,
            "rows": ROWS,
            "start": START,
        }
        try:
            with connection.cursor() as cursor:
                # What is committed but not on disk yet is not marked as visible to all, which index-only scans need.
                cursor.execute("SET synchronous_commit TO on")
                # Whenever it likes, it would replace what _settle_down() writes down.
                cursor.execute("ALTER TABLE notifications_message SET (autovacuum_enabled = off)")
                cursor.execute(_FILL, values)
                cursor.execute("RESET synchronous_commit")
            _settle_down()
            yield Api(make_key(tenant))
        finally:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE notifications_message")
                cursor.execute("ALTER TABLE notifications_message RESET (autovacuum_enabled)")
            call.delete()
            ApiKey.across_tenants.filter(tenant=tenant).delete()
            Tenant.objects.filter(pk__in=[tenant.pk, other.pk]).delete()


def _settle_down() -> None:
    """As autovacuum leaves a table. Whoever reads anything at that moment keeps the newest rows from being marked as
    visible to all, so what the planner is told of that is written down here.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE notifications_message")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE oid = 'notifications_message'::regclass")


@contextmanager
def explained() -> Iterator[list[dict[str, Any]]]:
    """The plan of every query that reads messages."""
    plans: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "notifications_message" in sql:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (answer,) = cursor.fetchone()
            plans.extend(each["Plan"] for each in (json.loads(answer) if isinstance(answer, str) else answer))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """How a plan reads messages, as "Index Scan message_newest"."""
    if plan.get("Relation Name") == "notifications_message" or "Index Name" in plan:
        yield f"{plan['Node Type']} {plan.get('Index Name', '')}".strip()
    for child in plan.get("Plans", ()):
        yield from scans(child)


def read(history: Api, params: dict[str, Any]) -> list[str]:
    with explained() as plans:
        reply = history.get(EMAIL, params)
    assert reply.status_code == 200, reply.json()
    return [scan for plan in plans for scan in scans(plan)]


def operators(key: str) -> list[Op]:
    column = EMAILS.columns[key]
    return [
        op for op in Op if (column.can_range or "THAN" not in op.name) and (column.can_match or "MATCH" not in op.name)
    ]


def filtered(key: str, op: Op, value: str) -> dict[str, str]:
    return {"filters[0].key": key, "filters[0].op": op.name, "filters[0].value": value}


def whole_reads(plans: dict[str, list[str]]) -> dict[str, list[str]]:
    return {what: plan for what, plan in plans.items() if "Seq Scan" in plan}


def test_every_key_is_here() -> None:
    assert INDEXED.keys() | NOT_INDEXED == EMAILS.columns.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("key", INDEXED)
def test_no_operator_on_an_indexed_key_reads_the_whole_table(history: Api, key: str) -> None:
    plans = {op.name: read(history, filtered(key, op, INDEXED[key])) for op in operators(key)}

    assert any(plans.values())
    assert whole_reads(plans) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("order", EMAILS.orders)
def test_no_order_reads_or_sorts_the_whole_table(history: Api, order: str) -> None:
    asked = [(sort, page) for sort in ("ASC", "DESC") for page in (1, 500)]
    plans = {
        f"{sort}, page {page}": read(history, {"orderBy": order, "orderSort": sort, "pageNo": page, "pageSize": 100})
        for sort, page in asked
    }

    assert whole_reads(plans) == {}


@pytest.mark.django_db
def test_a_list_of_two_hundred_thousand_says_how_many_and_turns_its_last_page(history: Api) -> None:
    reply = history.get(EMAIL, {"orderSort": "ASC", "pageNo": 50, "pageSize": 2000}).json()["data"]

    assert reply["total"] == "100000"
    assert [reply["list"][0]["id"], reply["list"][-1]["id"]] == ["196001", "199999"]
