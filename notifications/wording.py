"""What messages said, and what was answered to them: for lists that show more than rows of ``search``. Read-only."""

from collections.abc import Collection, Iterable

from notifications.contracts import Channel
from notifications.models import DeliveryAttempt
from notifications.search import MessageRow
from notifications.verification import MASK, VARIABLE
from templates_app import render
from templates_app.errors import RenderFailed


def contents(rows: Iterable[MessageRow]) -> dict[int, str]:
    """Each body as its recipient reads it, codes masked; HTML where there is any. Empty where it cannot be rendered."""
    return {row.id: _content(row) for row in rows}


def replies(tenant_id: int, message_ids: Collection[int]) -> dict[int, str]:
    """What the server said to the latest attempt at each, in its own words. One query."""
    attempts = DeliveryAttempt.objects.for_tenant(tenant_id).filter(message_id__in=message_ids)
    newest = attempts.order_by("message_id", "-id").distinct("message_id")
    return dict(newest.values_list("message_id", "words"))


def _content(row: MessageRow) -> str:
    if row.channel == Channel.SMS:
        return row.subject
    if row.template_version_id is None:
        return row.content or ""
    masked = {VARIABLE: MASK} if row.is_code else {}
    try:
        rendered = render.render(row.template_version_id, {**row.params, **masked})
    except RenderFailed:
        return ""
    return rendered.html or rendered.text
