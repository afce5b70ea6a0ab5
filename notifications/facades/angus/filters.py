"""The lists of records of e-mail and SMS: their public names, and the columns they stand for (angus.md 2.5)."""

from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, FilterSet

from notifications.contracts import Lane
from notifications.facades.angus import grammar
from notifications.facades.angus.grammar import Column
from notifications.facades.angus.lists import FlagFilter, Shape, TimeFilter, WholeFilter
from notifications.facades.angus.wire import statuses_behind
from notifications.search import UNTIMED, OrderColumn
from templates_app.biz_keys import stored_spelling


class RecordFilters(FilterSet):  # type: ignore[misc]
    """One filter per equality parameter; ``field_name`` is our column."""

    id = WholeFilter(field_name="id")
    templateCode = CharFilter(field_name="template_code")
    language = CharFilter(field_name="language")
    bizKey = CharFilter(field_name="biz_key", method="with_biz_key")
    outId = CharFilter(field_name="out_id")
    verificationCode = FlagFilter(field_name="is_code")
    batch = FlagFilter(field_name="is_batch")
    sendTenantId = WholeFilter(field_name="owner")
    sendUserId = WholeFilter(field_name="user_id")
    urgent = FlagFilter(field_name="lane", method="with_urgency")
    sendStatus = CharFilter(field_name="status", method="with_send_status")
    expectedSendDate = TimeFilter(field_name="due_at")
    actualSendDate = TimeFilter(field_name="finished_at")

    def with_biz_key(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(biz_key=stored_spelling(value))

    def with_urgency(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(lane=Lane.URGENT) if value else rows.exclude(lane=Lane.URGENT)

    def with_send_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(status__in=statuses_behind(value))


class EmailFilters(RecordFilters):
    emailType = CharFilter(field_name="kind")
    html = FlagFilter(field_name="is_html")


#: The same names as filter keys.
_RECORD_COLUMNS = {
    "id": Column("id", grammar.whole, can_range=True),
    "templateCode": Column("template_code", grammar.text, can_match=True),
    "language": Column("language", grammar.text, can_match=True),
    "bizKey": Column("biz_key", grammar.biz_key),
    "outId": Column("out_id", grammar.text, can_match=True),
    "verificationCode": Column("is_code", grammar.flag),
    "batch": Column("is_batch", grammar.flag),
    "sendTenantId": Column("owner", grammar.whole),
    "sendUserId": Column("user_id", grammar.whole),
    "urgent": Column("lane", grammar.urgency),
    "sendStatus": Column("status", grammar.send_status),
    "expectedSendDate": Column("due_at", grammar.moment, can_range=True),
    "actualSendDate": Column("finished_at", grammar.moment, can_range=True, absent=UNTIMED[OrderColumn.FINISHED_AT]),
}

_ORDERS = {
    "id": OrderColumn.ID,
    "expectedSendDate": OrderColumn.DUE_AT,
    "actualSendDate": OrderColumn.FINISHED_AT,
}

EMAILS = Shape(
    parameters=EmailFilters,
    columns=_RECORD_COLUMNS | {"emailType": Column("kind", grammar.constant), "html": Column("is_html", grammar.flag)},
    orders=_ORDERS,
)
SMS = Shape(parameters=RecordFilters, columns=_RECORD_COLUMNS, orders=_ORDERS)
