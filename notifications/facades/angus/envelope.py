"""AngusGM's envelope and headers, around every answer of this facade, good or bad (angus.md 1.2-1.5, seed-era names).

Oddities: numbers are strings, null members are left out of payloads but not out of the envelope, times are local
without a zone, and ``XC-E-Key`` marks every error but a 401.
"""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.facades.angus import browsers
from notifications.facades.angus.errors import CRASH, Foreign, foreign
from notifications.facades.angus.locale import CHINESE, requested_language
from notifications.facades.angus.sentences import crash_sentence, sentence, success_sentence
from notifications.facades.base import BearerAuthentication, FacadeView
from notifications.facades.refusals import ForeignTenant, PathUnknown
from templates_app.errors import TemplateRefused
from tenants.auth import Principal
from tenants.errors import DomainError, FileRefused

DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
#: Tells the web processes apart, and nothing about their machines.
_INSTANCE_ID = uuid4().hex[:16]
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class TokenAuthentication(BearerAuthentication):
    """As its base, but the token may also come as ``?access_token=`` (angus.md 1.1)."""

    def find_token(self, request: Request) -> str | None:
        return super().find_token(request) or request.query_params.get("access_token")


class AngusView(FacadeView):
    authentication_classes = [TokenAuthentication]

    @property
    def tenant_id(self) -> int:
        return self.principal.tenant.pk

    def success(self, data: Any = None, *, status: int = 200) -> Response:
        return Response(_envelope("S", success_sentence(), data=_payload(data), ext={}), status=status)

    def nothing(self) -> Response:
        """Deletions answer without an envelope."""
        return Response(status=204)

    def entry_of(self, error: DomainError) -> Foreign:
        """How the refusal reads in the catalogue of this view."""
        return foreign(error)

    def present_refusal(self, error: DomainError) -> Response:
        entry = self.entry_of(error)
        response = _failure(entry, sentence(error), data=_details(error) or entry.data)
        if entry.status == 401:
            # RFC 6750, 3.1: a request without credentials is told the scheme and no error.
            problem = "" if entry.e_key == "unauthorized" else f', error="{entry.e_key}"'
            response["WWW-Authenticate"] = f'Bearer realm="angarium"{problem}'
        wait_s = error.params.get("seconds", entry.retry_after_s)
        if wait_s is not None:
            response["Retry-After"] = str(wait_s)
        return response

    def present_crash(self) -> Response:
        return _failure(CRASH, crash_sentence())

    def text_language(self, request: HttpRequest) -> str:
        return "zh-hans" if requested_language(request) == CHINESE else "en"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_preflight = request.method == "OPTIONS"
        response = browsers.answer_preflight() if is_preflight else super().dispatch(request, *args, **kwargs)
        browsers.permit(request, response)
        for name, value in _headers(request, self.caller).items():
            response[name] = value
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        named = request.META.get("HTTP_XC_OPT_TENANT_ID", "").strip()
        if named and self.caller is not None and named != str(self.caller.tenant.pk):
            raise ForeignTenant


class UnknownPathView(AngusView):
    """Everything under the facade's prefixes that is nothing. Says so to anybody: there is nothing to protect."""

    authentication_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise PathUnknown(path=request.path[:100])


def local(moment: datetime) -> str:
    """A moment as AngusGM writes it: in the server's zone, to the second."""
    return timezone.localtime(moment).strftime(DATE_FORMAT)


def _details(error: DomainError) -> dict[str, Any] | None:
    """What editors mark in a text, and people in a file; AngusGM has neither that could be wrong."""
    if isinstance(error, TemplateRefused):
        return {"problems": [{"line": str(line), "message": reason} for line, reason in error.problems]}
    if isinstance(error, FileRefused) and (wrong := error.params.get("errors")):
        return {"problems": [{"line": str(e.line), "column": e.column, "message": e.reason} for e in wrong]}
    return None


def _failure(entry: Foreign, words: str, *, data: Any = None) -> Response:
    response = Response(_envelope(entry.code, words, data=data, ext={"eKey": entry.e_key}), status=entry.status)
    if entry.status != 401:
        response["XC-E-Key"] = entry.e_key
    return response


def _envelope(code: str, words: str, *, data: Any, ext: dict[str, str]) -> dict[str, Any]:
    return {"code": code, "msg": words, "data": data, "datetime": local(timezone.now()), "ext": ext}


def _payload(value: Any) -> Any:
    """Numbers as strings, null members left out, moments as local time; all the way down."""
    match value:
        case bool() | str() | None:
            return value
        case int() | float():
            return str(value)
        case datetime():
            return local(value)
        case dict():
            return {str(name): _payload(member) for name, member in value.items() if member is not None}
        case list() | tuple():
            return [_payload(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form in AngusGM's payloads")


def _headers(request: HttpRequest, caller: Principal | None) -> dict[str, str]:
    wanted = request.META.get("HTTP_XC_REQUEST_ID", "")
    headers = {
        "XC-Service-Id": "angarium",
        "XC-Instance-Id": _INSTANCE_ID,
        "XC-Request-Id": wanted if _REQUEST_ID.fullmatch(wanted) else uuid4().hex,
        # A token in the address would make a shared cache keep one caller's mail for the next.
        "Cache-Control": "no-store",
    }
    if caller is not None:
        headers["XC-Auth-Client-Id"] = str(caller.key_id)
        headers["XC-Auth-Tenant-Id"] = str(caller.tenant.pk)
        if caller.user_id != -1:
            headers["XC-Auth-User-Id"] = str(caller.user_id)
    return headers
