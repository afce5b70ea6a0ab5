"""What reaches us before any of our code runs: headers that Django itself cannot read."""

import io
from typing import Any

import pytest

from config.requests import Handler

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "content_type", ["application/json; charset*=x''y", "application/json; a*=utf-9'en'%ff", "text/plain; charset=\x00"]
)
def test_a_content_type_that_nobody_can_read_is_a_media_type_that_nobody_takes(content_type: str) -> None:
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/email",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        "wsgi.url_scheme": "http",
    }

    start: Any = lambda status, headers: told.append(status)  # noqa: E731 - the protocol is a callable
    Handler()(environ, start)

    assert told == ["401 Unauthorized"]
