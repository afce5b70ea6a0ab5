"""The edge that all facades share: who is calling, what may they do, and that every failure leaves it as an answer.

A facade subclasses ``FacadeView`` and says how a refusal and a crash read in its own envelope; its views then hold
nothing but verbs: parse, call the core, present.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.functional import cached_property
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications.facades.body import Body, parse_json, read_json, read_json_and_files
from notifications.facades.refusals import BodyUnreadable, DatabaseUnavailable, MethodNotAllowed
from notifications.idempotency import Answer, answer_once
from tenants import auth
from tenants.auth import Principal
from tenants.errors import CredentialInvalid, CredentialMissing, DomainError, SealBroken

log = logging.getLogger(__name__)


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <key>``; the request's user is then a ``Principal``.

    Raises CredentialMissing, CredentialInvalid, AddressNotAllowed, TenantInactive.
    """

    def authenticate(self, request: Request) -> tuple[Principal, None]:
        token = self.find_token(request)
        if token is None:
            raise CredentialMissing
        remote_address = request.META.get("REMOTE_ADDR", "")
        return auth.authenticate(token, remote_address=remote_address, now=datetime.now(UTC)), None

    def find_token(self, request: Request) -> str | None:
        scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise CredentialInvalid
        return token.strip() or None


class _AnyAccept(BaseContentNegotiation):
    """A facade has one format; clients of the originals send all sorts of Accept headers and get that one."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class FacadeView(APIView):
    """authenticate → parse → submit → present; whatever is raised on the way becomes an answer of the facade's kind."""

    authentication_classes = [BearerAuthentication]
    content_negotiation_class = _AnyAccept
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    #: The scope that each method needs. A method that is missing here needs none, and normally has no handler either.
    scopes: ClassVar[Mapping[str, str]] = {}
    #: May files travel beside the JSON, as multipart/form-data?
    accepts_files: ClassVar[bool] = False
    #: Known once authentication succeeded; None before, and where a view lets anybody in.
    caller: Principal | None = None

    def present_refusal(self, error: DomainError) -> Response:
        """The facade's answer to something the caller can understand and change."""
        raise NotImplementedError

    def present_crash(self) -> Response:
        """The facade's answer when we are at fault. It says nothing about what happened."""
        raise NotImplementedError

    def text_language(self, request: HttpRequest) -> str:
        """The language code, in Django's spelling, of the sentences in the answer."""
        return settings.LANGUAGE_CODE

    @property
    def principal(self) -> Principal:
        """Who is calling, for handlers of views that authenticate."""
        assert self.caller is not None
        return self.caller

    @cached_property
    def body(self) -> Body:
        """Raises MediaTypeUnsupported, BodyTooLarge, BodyUnreadable."""
        read = read_json_and_files if self.accepts_files else read_json
        return read(self.request, limit_bytes=settings.MAX_BODY_BYTES)

    def read_body(self) -> Any:
        """The request's JSON. Raises MediaTypeUnsupported, BodyTooLarge, BodyUnreadable."""
        return parse_json(self.body.json)

    def answer_once(self, work: Callable[[], Response]) -> HttpResponseBase:
        """What ``work`` answers; for a request that repeats an Idempotency-Key, what it answered the first time.

        Raises IdempotencyKeyInvalid, IdempotencyMismatch, IdempotencyInFlight, and whatever ``work`` raises.
        """
        key = self.request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return work()

        def recorded() -> Answer:
            response = work()
            return Answer(status=response.status_code, body=JSONRenderer().render(response.data))

        endpoint = self.request.path.rstrip("/")
        answer = answer_once(self.principal.tenant.pk, endpoint, key, request_body=self.body.identity, work=recorded)
        response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
        if answer.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(self.text_language(request)):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.caller = request.user if isinstance(request.user, Principal) else None
        scope = self.scopes.get("GET" if request.method == "HEAD" else request.method or "")
        if scope is not None:
            self.principal.check_scope(scope)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        raise MethodNotAllowed(method=(request.method or "")[:20])

    # ``APIView.dispatch`` hands every exception of authentication and handlers to this method.
    def handle_exception(self, exc: Exception) -> Response:
        refusal = _refusal_behind(exc)
        if refusal is not None:
            return self.present_refusal(refusal)
        log.error("A request crashed: %s %s", self.request.method, self.request.path, exc_info=exc)
        return self.present_crash()


def _refusal_behind(exc: Exception) -> DomainError | None:
    """What to tell the caller, or None when the failure is ours."""
    match exc:
        case SealBroken():
            return None
        case DomainError():
            return exc
        case OperationalError() | InterfaceError():
            log.error("The database is not available: %s", type(exc.__cause__ or exc).__name__)
            return DatabaseUnavailable()
        case SuspiciousOperation():
            # Django's own limits, for example on the number of query parameters.
            return BodyUnreadable(reason="the request is malformed.")
    return None
