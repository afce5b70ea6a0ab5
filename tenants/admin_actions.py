"""Acting from the admin: a button that opens a question, and a POST that answers it. A GET changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.enums import ActionVariant

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Question:
    """What the confirmation page asks. ``consequences`` say in whole sentences what will have happened."""

    title: str
    text: str
    button: str
    back_url: str
    consequences: tuple[str, ...] = ()
    is_dangerous: bool = False
    #: What it is about, one line each.
    subjects: Sequence[Any] = ()


def detail_action(description: str, *, path: str, icon: str, danger: bool = False) -> Callable[[F], F]:
    """A button on a row's own page. The method itself refuses those who may not (``fetch_to_change``)."""
    return _button(description, path, icon, ActionVariant.DANGER if danger else ActionVariant.DEFAULT)


def list_action(description: str, *, path: str, icon: str) -> Callable[[F], F]:
    """A button above a list. The method itself refuses those who may not."""
    return _button(description, path, icon, ActionVariant.DEFAULT)


def unconfirmed(
    request: HttpRequest, question: Question, *, model_admin: Any, selected: Sequence[Any] = (), action_name: str = ""
) -> HttpResponse | None:
    """The page that asks, or None when the answer has come: a POST of that page."""
    if request.method == "POST" and "confirmed" in request.POST:
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question.title,
        "question": question,
        "opts": model_admin.opts,
        "selected": selected,
        "action_name": action_name,
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "tenants/confirm.html", context)


def audit(request: HttpRequest, rows: Sequence[Any], *, did: str) -> None:
    """One entry per row in the admin's log: who did what, when."""
    if rows:
        LogEntry.objects.log_actions(
            user_id=request.user.pk or 0, queryset=rows, action_flag=CHANGE, change_message=did
        )


def _button(description: str, path: str, icon: str, variant: ActionVariant) -> Callable[[F], F]:
    # Without unfold's ``permissions``: its system check looks them up in the database, which may not be there yet.
    return cast(Callable[[F], F], action(description=description, url_path=path, icon=icon, variant=variant))
