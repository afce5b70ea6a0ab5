"""Requests as Django reads them, but for headers that it cannot read: those it leaves to whoever answers."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class _Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError):
            # A charset that nobody knows (RFC 2231), which Django 5.2 lets escape before any middleware can answer.
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    request_class = _Request
