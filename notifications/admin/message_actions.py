"""What operators do to messages: cancel, send again. Each asks first, goes through the outbox, and is audited."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from notifications import outbox
from notifications.models import Message
from tenants.admin_actions import Question, audit, unconfirmed
from tenants.admin_scoping import ScopedModelAdmin

PERMISSION = "notifications.change_message"
_SUBJECTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Deed:
    """``act`` takes a tenant id and message ids and returns the ids that it changed; the others had moved on."""

    act: Callable[..., frozenset[int]]
    name: str
    title: str
    text: str
    button: str
    did: str
    too_late: str
    is_dangerous: bool = False


CANCEL = Deed(
    act=outbox.cancel,
    name="cancel_selected",
    title="Cancel before it leaves?",
    text="Messages that are still waiting are stopped for good. What a worker is sending right now goes out.",
    button="Cancel it",
    did="Cancelled.",
    too_late="nothing to cancel: it has left, is leaving, or had ended before.",
    is_dangerous=True,
)
REQUEUE = Deed(
    act=outbox.requeue,
    name="requeue_selected",
    title="Send again?",
    text="Failed, expired, partly sent and uncertain messages go back to the queue and leave as soon as a server takes"
    " them. Recipients reached before are not sent to again; after an uncertain attempt one may get it twice.",
    button="Send again",
    did="Sent again.",
    too_late="cannot be sent again: it is waiting already, or it arrived.",
)


class ActsOnMessages(ScopedModelAdmin):
    """The two actions, for one message (a page of its own) and for those ticked in the list."""

    def cancel_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._act_on_one(request, object_id, CANCEL)

    def requeue_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._act_on_one(request, object_id, REQUEUE)

    @admin.action(description="Cancel", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._act_on_selected(request, queryset, CANCEL)

    @admin.action(description="Send again", permissions=["change"])
    def requeue_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._act_on_selected(request, queryset, REQUEUE)

    def _act_on_one(self, request: HttpRequest, object_id: int, deed: Deed) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        message = self.fetch(request, str(object_id))
        page = reverse("admin:notifications_message_change", args=[message.pk])
        asked = unconfirmed(request, _question(deed, [message], back_url=page), model_admin=self)
        if asked is not None:
            return asked
        _act(request, deed, [message])
        return HttpResponseRedirect(page)

    def _act_on_selected(self, request: HttpRequest, queryset: Any, deed: Deed) -> HttpResponse | None:
        # Ticked rows only: "all of all pages" would be the whole history.
        ticked = [id_ for id_ in request.POST.getlist(ACTION_CHECKBOX_NAME) if id_.isdigit()]
        chosen = list(queryset.filter(pk__in=ticked[: self.list_per_page]).order_by("-id"))
        question = _question(deed, chosen, back_url=reverse("admin:notifications_message_changelist"))
        asked = unconfirmed(request, question, model_admin=self, selected=chosen, action_name=deed.name)
        if asked is not None:
            return asked
        _act(request, deed, chosen)
        return None


def _question(deed: Deed, chosen: Sequence[Message], *, back_url: str) -> Question:
    subjects = [f"{message.recipient} · {message.subject or 'no subject'}" for message in chosen[:_SUBJECTS_SHOWN]]
    if len(chosen) > _SUBJECTS_SHOWN:
        subjects.append(f"and {len(chosen) - _SUBJECTS_SHOWN} more")
    return Question(
        title=deed.title,
        text=deed.text,
        subjects=subjects,
        button=deed.button if len(chosen) == 1 else f"{deed.button.split()[0]} {len(chosen)} messages",
        back_url=back_url,
        is_dangerous=deed.is_dangerous,
    )


def _act(request: HttpRequest, deed: Deed, chosen: Sequence[Message]) -> None:
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for message in chosen:
        by_tenant[message.tenant_id].append(message.pk)
    changed = frozenset[int]().union(
        *(deed.act(tenant_id=tenant_id, message_ids=ids) for tenant_id, ids in by_tenant.items())
    )
    audit(request, [message for message in chosen if message.pk in changed], did=deed.did)
    if changed:
        messages.success(request, f"{len(changed)} of {len(chosen)}: {deed.did}" if len(chosen) > 1 else deed.did)
    left = len(chosen) - len(changed)
    if left:
        messages.warning(request, f"{left} of {len(chosen)}: {deed.too_late}" if len(chosen) > 1 else deed.too_late)
