"""Autional's envelope around every answer of this facade, good or bad (autional.md 3).

Oddities: ``code`` is the number 0 on success, and the SDK compares it strictly; lists have ``items`` at the top level
and no ``data``; an answer without payload has no timestamp; errors carry nothing but a code and a sentence.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from notifications.facades.autional import ids
from notifications.facades.autional.callers import check_administrator
from notifications.facades.autional.errors import CRASH, Foreign, foreign
from notifications.facades.autional.lists import Page, page_info
from notifications.facades.base import BearerAuthentication, FacadeView
from notifications.facades.refusals import ForeignTenant, PathUnknown
from tenants.auth import Principal
from tenants.errors import DomainError, QuotaExceeded

OK = {"code": 0, "message": "success"}
_CRASH_WORDS = "Internal server error. Nothing is known to be wrong with the request; try again."


class AutionalView(FacadeView):
    #: Not among the native API's pages.
    schema = None

    def one(self, data: Mapping[str, Any], *, status: int = 200) -> Response:
        return Response({**OK, "data": data, "timestamp": moment(datetime.now(UTC))}, status=status)

    def many(self, items: Sequence[Mapping[str, Any]], *, total: int, page: Page) -> Response:
        return Response({**OK, "items": items, **page_info(page, total), "timestamp": moment(datetime.now(UTC))})

    def done(self) -> Response:
        return Response(OK)

    def present_refusal(self, error: DomainError) -> Response:
        entry = foreign(error)
        response = _failure(entry, str(error))
        if entry.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="angarium"'
        wait_s = _until_midnight_s() if isinstance(error, QuotaExceeded) else error.params.get("seconds")
        wait_s = entry.retry_after_s if wait_s is None else wait_s
        if wait_s is not None:
            response["Retry-After"] = str(wait_s)
        return response

    def present_crash(self) -> Response:
        return _failure(CRASH, _CRASH_WORDS)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        named = request.META.get("HTTP_X_TENANT_ID", "").strip()
        if named and self.caller is not None and not _is_named(self.caller, named):
            raise ForeignTenant

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final


class AdminView(AutionalView):
    """What is for administrators."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_administrator(self.principal)


class OptionalBearer(BearerAuthentication):
    """As its base, but whoever sends no key is let in as nobody."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:  # type: ignore[override]
        return super().authenticate(request) if self.find_token(request) else None


class UnknownPathView(AutionalView):
    """Everything under the facade's prefixes that is nothing. Says so to anybody: there is nothing to protect."""

    authentication_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise PathUnknown(path=request.path[:100])


def moment(when: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _failure(entry: Foreign, words: str) -> Response:
    body = {"code": entry.code, "message": words, "timestamp": moment(datetime.now(UTC))}
    return Response(body, status=entry.status)


def _is_named(caller: Principal, named: str) -> bool:
    return named in (str(caller.tenant.pk), ids.show("tnt", caller.tenant.pk), caller.tenant.code)


def _until_midnight_s() -> int:
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - now).total_seconds()) + 1
