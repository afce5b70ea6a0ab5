"""Recipient lists and batch tasks in the admin: what was uploaded and what became of it. The API makes both."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from notifications import batches
from notifications.models import BatchTask, RecipientList
from tenants.admin_actions import Question, audit, detail_action, unconfirmed
from tenants.admin_look import Tone, badge, line, moment, muted
from tenants.admin_scoping import ScopedModelAdmin

State = BatchTask.State
_TONES = {
    State.WAITING: Tone.QUIET,
    State.SENDING: Tone.BUSY,
    State.PAUSED: Tone.WARN,
    State.FAILED: Tone.BAD,
    State.SENT: Tone.GOOD,
    State.STOPPED: Tone.QUIET,
}


class _OnRecord(ScopedModelAdmin):
    """Made by calls of the API; looked at here."""

    list_select_related = ("tenant",)
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def render_change_form(self, request: HttpRequest, context: Any, **options: Any) -> HttpResponse:
        # Nothing on the page can be changed, so there is nothing to save.
        context |= dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        answer: HttpResponse = super().render_change_form(request, context, **options)
        return answer


@admin.register(RecipientList)
class RecipientListAdmin(_OnRecord):
    list_display = ("name", "tenant", "valid_count", "invalid_count", "created")
    search_fields = ("name",)
    search_help_text = "Name"
    empty_text = "Lists of recipients that applications upload, to send the same mail to all of them."
    fields = ("name", "tenant", "description", "valid_count", "invalid_count", "created")

    @admin.display(description="Created", ordering="created_at")
    def created(self, row: RecipientList) -> SafeString:
        return moment(row.created_at)


@admin.register(BatchTask)
class BatchTaskAdmin(_OnRecord):
    list_display = (
        "subject_shown",
        "state_shown",
        "to",
        "tenant",
        "kind",
        "messages_shown",
        "left",
        "next_run",
    )
    list_filter = ("state", "kind")
    search_fields = ("subject", "list_name")
    search_help_text = "Subject or list"
    empty_text = "Mail to a whole list of recipients: at once, at a time, or again and again. Applications order it."
    fields = (
        "subject", "tenant", "state_shown", "problem", "sender", "to", "kind", "begins", "interval", "next_run",
        "run_count", "messages_shown", "left",
    )  # fmt: skip
    actions_detail = ("stop",)

    def offers(self, path: str, row: BatchTask) -> bool:
        return row.next_run_at is not None

    @detail_action("Stop", path="stop", icon="cancel", danger=True)
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        task = self.fetch_to_change(request, object_id)
        page = reverse("admin:notifications_batchtask_change", args=[task.pk])
        question = Question(
            title="Stop this task?",
            text="It does not run any more. Messages of runs that have begun still leave; cancel those by themselves.",
            button="Stop it",
            back_url=page,
            subjects=(str(task),),
            is_dangerous=True,
        )
        asked = unconfirmed(request, question, model_admin=self)
        if asked is not None:
            return asked
        batches.stop(task)
        audit(request, [task], did="Stopped.")
        messages.success(request, "Stopped.")
        return HttpResponseRedirect(page)

    @admin.display(description="Subject", ordering="subject")
    def subject_shown(self, row: BatchTask) -> SafeString:
        return line(row.subject)

    @admin.display(description="State", ordering="state")
    def state_shown(self, row: BatchTask) -> SafeString:
        state = State(row.state)
        return badge(str(state.label), _TONES[state], title=row.error)

    @admin.display(description="Last refusal")
    def problem(self, row: BatchTask) -> str | SafeString:
        return row.error or muted("none")

    @admin.display(description="Recipient list", ordering="list_name")
    def to(self, row: BatchTask) -> SafeString:
        return line(row.list_name)

    @admin.display(description="Begins", ordering="begins_at")
    def begins(self, row: BatchTask) -> SafeString:
        return moment(row.begins_at)

    @admin.display(description="Messages", ordering="request_count")
    def messages_shown(self, row: BatchTask) -> int:
        return row.request_count

    @admin.display(description="Still waiting", ordering="waiting_count")
    def left(self, row: BatchTask) -> int:
        return row.waiting_count

    @admin.display(description="Next run", ordering="next_run_at")
    def next_run(self, row: BatchTask) -> SafeString:
        return moment(row.next_run_at, empty="none")
