"""The page behind the link in a mail: GET shows, POST changes, and a mail service's single POST (RFC 8058) is enough.

Scanners follow every link, so GET and HEAD never change anything. No cookies, no scripts, nothing from elsewhere: the
link itself says who is asking.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from notifications import unsubscribe
from notifications.unsubscribe import ONE_CLICK, State, Subscription
from notifications.unsubscribe_words import DEFAULT, WORDS, Words, direction, find_language

#: A mail service posts thirty bytes.
_MAX_BODY_BYTES = 10_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


# Nothing of the browser is trusted here, so there is nothing to forge.
@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        subscription = unsubscribe.find(token)
        return _page(request, subscription) if subscription else _bad_link(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        if _is_too_large(request):
            return HttpResponse(status=413)
        subscription = unsubscribe.find(token)
        if subscription is None:
            return _bad_link(request)
        if request.POST.get("subscribe"):
            unsubscribe.rejoin(subscription)
            return _page(request, subscription, is_back=True)
        if request.POST.get(ONE_CLICK[0]) != ONE_CLICK[1]:
            return _page(request, subscription, status=400)
        unsubscribe.leave(subscription)
        return _page(request, subscription)


def _page(
    request: HttpRequest, subscription: Subscription, *, is_back: bool = False, status: int = 200
) -> HttpResponse:
    words = WORDS[_language(request)]
    state = unsubscribe.state(subscription)
    if state is not State.SUBSCRIBED:
        title, sentence = words.unsubscribed, words.done
    elif is_back:
        title, sentence = words.subscribed, words.undone
    else:
        title, sentence = words.unsubscribe, words.promise
    context = {
        "title": title,
        "sentence": _named(sentence, subscription),
        "category": subscription.category,
        "one_click": ONE_CLICK,
        "may_leave": state is State.SUBSCRIBED and not is_back,
        "may_return": state is State.LEFT,
    }
    return _render(request, words, context, status=status)


def _bad_link(request: HttpRequest) -> HttpResponse:
    words = WORDS[_language(request)]
    return _render(request, words, {"title": words.bad_link, "sentence": words.advice}, status=404)


def _render(request: HttpRequest, words: Words, context: dict[str, Any], *, status: int) -> HttpResponse:
    language = _language(request)
    context |= {"words": words, "language": language, "direction": direction(language)}
    html = render_to_string("notifications/unsubscribe.html", context)
    return HttpResponse(html, status=status, headers=_HEADERS | {"Content-Language": language})


def _named(sentence: str, subscription: Subscription) -> str:
    """Names in a text of the other direction keep their own, and do not break its order."""
    names = {"address": subscription.address, "sender": subscription.sender}
    return format_html(
        sentence, **{name: format_html("<bdi><strong>{}</strong></bdi>", text) for name, text in names.items()}
    )


def _is_too_large(request: HttpRequest) -> bool:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return not declared.isdecimal() or int(declared[:9]) > _MAX_BODY_BYTES


def _language(request: HttpRequest) -> str:
    """The reader's, else that of the sentence whose link it was."""
    return next((language for tag in _tags(request) if (language := find_language(tag))), DEFAULT)


def _tags(request: HttpRequest) -> Iterator[str]:
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        yield tag
    yield request.GET.get("lang", "")
