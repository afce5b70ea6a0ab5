"""What browsers are told, so that pages of any origin may call this API (angus.md 1.2). Pure.

Nothing is given away by it: who calls is known by the key in the request alone, never by a cookie that a browser adds.
The contract names all headers with ``*``; to a page that sends credentials that star means nothing, and it never means
``Authorization`` (Fetch standard, 3.2.2), so what a browser asks for is named back to it.
"""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

_METHODS = "POST, GET, PUT, DELETE, PATCH, HEAD, OPTIONS"
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?: *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
_ORIGIN = re.compile(r"[\x21-\x7e]{1,300}")
#: How long a browser may remember the answer: three days.
_MAX_AGE_S = 3 * 24 * 60 * 60


def answer_preflight() -> HttpResponse:
    """To OPTIONS, whoever asks: a browser sends no key with it."""
    return HttpResponse(status=204, headers={"Access-Control-Max-Age": str(_MAX_AGE_S)})


def permit(request: HttpRequest, response: HttpResponseBase) -> None:
    """Adds the headers without which a browser would keep the answer from the page."""
    origin = request.META.get("HTTP_ORIGIN", "")
    asked = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")[:1000]
    response["Access-Control-Allow-Origin"] = origin if _ORIGIN.fullmatch(origin) else "*"
    response["Access-Control-Allow-Credentials"] = "true"
    response["Access-Control-Allow-Methods"] = _METHODS
    response["Access-Control-Allow-Headers"] = asked if _HEADER_NAMES.fullmatch(asked) else "*"
    patch_vary_headers(response, ["Origin"])
