"""The one view: read the call, verify it, find the action, do it, answer. Always HTTP 200 (tencent.md 1)."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.facades.base import FacadeView
from notifications.facades.refusals import PathUnknown
from notifications.facades.tencent.action import Action, Parameters
from notifications.facades.tencent.actions import ACTIONS, NOT_OFFERED
from notifications.facades.tencent.call import language_of, read_call, read_parameters, spoken
from notifications.facades.tencent.caller import authenticate
from notifications.facades.tencent.errors import CRASH, OnRecord, TencentError, foreign
from notifications.facades.tencent.sentences import crash_sentence, sentence, sentence_of
from notifications.idempotency import Answer, answer_once
from tenants.errors import DomainError

_TRACE_ID = re.compile(r"[\x21-\x7e]{1,128}")
_SHOWN = 60


class TencentView(FacadeView):
    # The signature is verified in ``_answer``: this API names what is missing before it asks who is calling.
    authentication_classes = []
    http_method_names = ["get", "post"]

    def get(self, request: Request) -> HttpResponseBase:
        return self._answer(request)

    def post(self, request: Request) -> HttpResponseBase:
        return self._answer(request)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.request_id = str(uuid4())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            # The door stands before the redirect, which no client of this API follows.
            raise TencentError("UnsupportedProtocol")
        if request.path != "/":
            raise PathUnknown(path=request.path[:_SHOWN])

    def text_language(self, request: HttpRequest) -> str:
        return language_of(request)

    def present_refusal(self, error: DomainError) -> Response:
        return Response(self._failure(foreign(error), sentence_of(error)))

    def present_crash(self) -> Response:
        return Response(self._failure(CRASH, crash_sentence()))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, TencentError):
            return Response(self._failure(exc.code, sentence(exc)))
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        trace_id = request.META.get("HTTP_X_TC_TRACEID", "")
        if _TRACE_ID.fullmatch(trace_id):
            # The Node SDK shows it with its errors.
            final["X-TC-TraceId"] = trace_id
        return final

    def _answer(self, request: Request) -> HttpResponseBase:
        call = read_call(request)
        # A form tells the language only now.
        translation.activate(spoken(call.common.get("Language", "")))
        action = _find_action(call.action)
        self.caller = authenticate(call, now=datetime.now(UTC))
        if len(call.wire.body) > action.limit_bytes:
            raise TencentError(action.too_large)
        params = read_parameters(call, action.parameters)
        self.principal.check_scope(action.scope)
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return Response(self._perform(action, params))
        return self._perform_once(call.action, key, params, lambda: self._perform(action, params))

    def _perform(self, action: Action, params: Parameters) -> dict[str, Any]:
        try:
            return self._success(action.handle(self.principal, params))
        except OnRecord as refusal:
            # Caught here, for what is on record must not be rolled back with the claim of an Idempotency-Key.
            return self._failure(refusal.code, sentence(refusal))

    def _perform_once(
        self, action: str, key: str, params: Parameters, work: Callable[[], dict[str, Any]]
    ) -> HttpResponse:
        """As the base's ``answer_once``; but all actions share an address, and v1 signs each request anew."""

        def recorded() -> Answer:
            return Answer(status=200, body=JSONRenderer().render(work()))

        identity = json.dumps(params, sort_keys=True).encode()
        answer = answer_once(self.principal.tenant.pk, action, key, request_body=identity, work=recorded)
        response = HttpResponse(answer.body, content_type="application/json")
        if answer.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _success(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"Response": {**fields, "RequestId": self.request_id}}

    def _failure(self, code: str, message: str) -> dict[str, Any]:
        return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": self.request_id}}


def _find_action(name: str) -> Action:
    if name in NOT_OFFERED:
        raise TencentError("UnsupportedOperation", action=name)
    if name not in ACTIONS:
        raise TencentError("InvalidAction", action=name[:_SHOWN])
    return ACTIONS[name]
