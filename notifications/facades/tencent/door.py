"""Tells Tencent Cloud's requests from all others, before any other middleware looks at them.

A middleware and no route: clients put into the Host header whatever their endpoint is called, scheme and path
included (tencent.md 2.6), which Django refuses; redirects, cookies and pages of errors mean nothing to them.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse

from notifications.facades.tencent.signature import ALGORITHM
from notifications.facades.tencent.views import TencentView

_VIEW = TencentView.as_view()
_IN_QUERY = re.compile(r"(?:^|&)(?:Action|SecretId|Signature)=")
_READS = ("GET", "HEAD")


class TencentDoor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_for_tencent(request):
            return self._get_response(request)
        response: HttpResponseBase = _VIEW(request)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
            # As the middleware does that is not asked.
            response["Content-Length"] = str(len(response.content))
        return response


def is_for_tencent(request: HttpRequest) -> bool:
    """By its headers wherever it goes; at "/", where nobody else takes anything, also by what it sends.

    A browser that only looks at "/" is not meant.
    """
    if _has_mark(request):
        return True
    if request.path_info != "/":
        return False
    return request.method not in _READS or bool(_IN_QUERY.search(request.META.get("QUERY_STRING", "")))


def _has_mark(request: HttpRequest) -> bool:
    return "HTTP_X_TC_ACTION" in request.META or request.META.get("HTTP_AUTHORIZATION", "").startswith(ALGORITHM)
