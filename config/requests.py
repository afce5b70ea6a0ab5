"""Requests as Django reads them, but for what it cannot read, which it leaves to whoever answers, or does not read."""

import time
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponseBase
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

#: Of a body that nobody wanted.
_PATIENCE_S = 10.0
_PIECE_BYTES = 64 * 1024


class _Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError):
            # A charset that nobody knows (RFC 2231), which Django 5.2 lets escape before any middleware can answer.
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    request_class = _Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        response = super().__call__(environ, start_response)
        # Other servers let nobody read to the end: there is none.
        if environ.get("wsgi.input_terminated"):
            _take_in_the_rest(environ["wsgi.input"])
        return response


def _take_in_the_rest(body: Any) -> None:
    """Of a body that was refused before it was read: to a key that nobody knows, or too large.

    Whoever is still sending it would otherwise meet a closed connection, and never hear why. gunicorn (27) itself takes
    in 128 kB. A server closes the connection after the answer when this gives up.
    """
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while body.read(_PIECE_BYTES) and time.monotonic() < deadline:
            pass
    except (OSError, ValueError, ParseException):
        return  # the caller is gone, or its body is broken
