"""The list of messages: newest first, never counted, always the same number of queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications.admin import pages
from notifications.models import Message
from notifications.models.ids import first_id_at
from tenants.models import Tenant
from tests.admin.conftest import listed, logged_in, make_operator
from tests.admin.messages import make_messages
from tests.factories import TenantFactory, send

pytestmark = pytest.mark.django_db
URL = reverse("admin:notifications_message_changelist")


def queries(client: Client, **query: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(URL, query).status_code == 200
    return [entry["sql"] for entry in captured.captured_queries]


def test_the_list_begins_with_the_newest(root: Client, acme: Tenant):
    ids = make_messages(acme, 3)

    assert listed(root, URL) == ids[::-1]


def test_pages_lead_to_the_oldest_and_back_without_gap_or_repetition(root: Client, acme: Tenant, other: Tenant):
    everything = sorted([*make_messages(acme, 70), *make_messages(other, 61)], reverse=True)

    down, url = [], URL
    while url:
        page = root.get(url).context["cl"]
        down.append([row.pk for row in page.result_list])
        last, url = page, page.older_url and URL + page.older_url
    up = [down[-1]]
    while last.newer_url:
        last = root.get(URL + last.newer_url).context["cl"]
        up.append([row.pk for row in last.result_list])

    assert [id_ for page in down for id_ in page] == everything
    assert up[::-1] == down


def test_an_operator_of_two_tenants_reads_both_in_one_order(acme: Tenant, other: Tenant):
    third = TenantFactory()
    ids = [make_messages(tenant, 1)[0] for tenant in (acme, other, third, acme, other)]
    both = logged_in(make_operator("bea", acme, other))

    assert listed(both, URL) == [ids[4], ids[3], ids[1], ids[0]]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "SENT"},
        {"status": "problems"},
        {"lane": "0"},
        {"template": "WELCOME", "channel": "email"},
        {"q": "ann@example.org"},
        {"accepted_from": "2024-01-01", "accepted_to": "2030-01-01"},
    ],
    ids=str,
)
def test_a_page_costs_the_same_whatever_it_shows(root: Client, acme: Tenant, other: Tenant, query: dict[str, str]):
    make_messages(acme, 1)
    make_messages(other, 1, status="FAILED", lane=0, template_code="WELCOME")
    few = queries(root, **query)
    make_messages(acme, 40, status="FAILED", lane=0, template_code="WELCOME")
    make_messages(other, 60)

    many = queries(root, **query)

    assert len(many) == len(few) <= 14


def test_no_query_of_the_list_counts_messages_or_skips_over_them(root: Client, acme: Tenant):
    make_messages(acme, 120)

    sent = queries(root, status="SENT", lane="1") + queries(root) + queries(root, q="ann")

    about_messages = [sql for sql in sent if "notifications_message" in sql]
    assert about_messages
    assert not [sql for sql in about_messages if "COUNT(" in sql or "OFFSET" in sql]
    assert not [sql for sql in about_messages if "LIMIT" not in sql and '"id" IN (' not in sql]


def test_lists_do_not_load_variables_or_secrets(root: Client, acme: Tenant):
    make_messages(acme, 1)

    sent = queries(root)

    assert not [sql for sql in sent if '"notifications_message"."params"' in sql or '."secrets"' in sql]


def test_the_number_of_messages_is_told_up_to_a_limit(root: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("notifications.admin.message_list.COUNT_LIMIT", 60)
    monkeypatch.setattr(pages, "COUNT_LIMIT", 60)
    make_messages(acme, 60)
    exact = root.get(URL).context["cl"].found
    make_messages(acme, 1)

    assert (exact, root.get(URL).context["cl"].found) == ("60 messages", "More than 60 messages")


def test_filters_narrow(root: Client, acme: Tenant, other: Tenant):
    [failed] = make_messages(acme, 1, status="FAILED", lane=0)
    [bulk] = make_messages(other, 1, lane=2, template_code="WELCOME", biz_key="SIGNUP")
    [sms] = make_messages(acme, 1, channel="sms")

    assert listed(root, URL, status="FAILED") == [failed]
    assert listed(root, URL, status="problems") == [failed]
    assert listed(root, URL, tenant=other.pk) == [bulk]
    assert listed(root, URL, lane="2") == [bulk]
    assert listed(root, URL, channel="sms") == [sms]
    assert listed(root, URL, template="WELCOME") == [bulk]
    assert listed(root, URL, template="SIGNUP", tenant=acme.pk) == []
    assert listed(root, URL, status="SENT", channel="email") == [bulk]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "NOPE"},
        {"tenant": "x"},
        {"tenant": "9" * 30},
        {"lane": "9"},
        {"template": "\0"},
        {"q": "\0"},
        {"q": "9" * 30},
        {"before": "x"},
        {"after": "9" * 30},
        {"accepted_from": "2026-13-45"},
        {"accepted_to": "9999-12-31"},
    ],
    ids=str,
)
def test_nonsense_in_the_address_is_answered_calmly(root: Client, acme: Tenant, query: dict[str, str]):
    make_messages(acme, 1)

    assert root.get(URL, query).status_code == 200


@pytest.mark.parametrize("lookup", ["recipient__contains", "tenant__name__startswith", "params__x"])
def test_only_the_filters_may_narrow(root: Client, lookup: str):
    assert root.get(URL, {lookup: "a"}).status_code == 400


def test_days_are_days_of_the_operators_time_zone(root: Client, acme: Tenant):
    ids = {}
    for name, moment in {
        "before": datetime(2026, 3, 1, 15, 59, tzinfo=UTC),
        "first": datetime(2026, 3, 1, 16, 0, tzinfo=UTC),
        "last": datetime(2026, 3, 2, 15, 59, tzinfo=UTC),
        "after": datetime(2026, 3, 2, 16, 0, tzinfo=UTC),
    }.items():
        [ids[name]] = make_messages(acme, 1, id=first_id_at(moment) + 5)

    with timezone.override("Asia/Shanghai"):
        shown = listed(root, URL, accepted_from="2026-03-02", accepted_to="2026-03-02")

    assert shown == [ids["last"], ids["first"]]


def test_an_id_carries_its_time(acme: Tenant):
    [made] = send(acme).message_ids
    created = Message.objects.for_tenant(acme.pk).get(pk=made).created_at

    assert first_id_at(created - timedelta(seconds=1)) <= made < first_id_at(created + timedelta(seconds=1))


def test_search_finds_by_id_by_out_id_and_by_the_beginning_of_an_address(root: Client, acme: Tenant, other: Tenant):
    [ann] = make_messages(acme, 1, recipient="ann.lee@example.org", out_id="order-7")
    [bob] = make_messages(other, 1, recipient="bob@example.org", out_id="88")

    assert listed(root, URL, q=str(ann)) == [ann]
    assert listed(root, URL, q="order-7") == [ann]
    assert listed(root, URL, q="88") == [bob]
    assert listed(root, URL, q="BOB@example.org") == [bob]
    assert listed(root, URL, q="ann.") == [ann]
    assert listed(root, URL, q="lee@") == []
    assert listed(root, URL, q="order") == []
    assert listed(root, URL, q="order-7", status="FAILED") == []


def test_what_was_not_looked_at_can_be_looked_at_next(root: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "WINDOW", 60)
    [rare] = make_messages(acme, 1, lane=0)
    make_messages(acme, 100)

    seen = []
    url = f"{URL}?lane=0"
    while url:
        page = root.get(url).context["cl"]
        seen.append([row.pk for row in page.result_list])
        url = page.older_url and URL + page.older_url

    assert seen[0] == []
    assert seen[-1] == [rare]
    assert len(seen) <= 3


def test_a_whole_address_is_found_however_old_the_message_is(
    root: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "WINDOW", 60)
    [old] = make_messages(acme, 1, recipient="old@example.org")
    make_messages(acme, 100)

    assert listed(root, URL, q="old@example.org") == [old]
    assert listed(root, URL, q="old@example.org", status="SENT") == [old]
    assert listed(root, URL, q="old@") == []
