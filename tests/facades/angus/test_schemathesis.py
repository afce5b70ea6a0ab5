"""Whatever the schema allows, and what it does not, is answered without a crash: every operation, fuzzed."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings

from tests.facades.angus.conftest import Api

#: Other facades have envelopes, and tests, of their own.
_SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True)).exclude(
    tag="WORKS mail"
)
_QUICK = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


#: The contract's own 500s: no SMS channel, no SMS template.
_MEANT = {"BSM000", "BSM030"}


@pytest.mark.usefixtures("seeded")
@_SCHEMA.parametrize()
@_QUICK
def test_no_operation_crashes(case: Any, api: Api) -> None:
    wanted = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    parts = urlsplit(str(wanted.url))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {name: str(value) for name, value in wanted.headers.items() if name.lower() != "content-length"}
    body = wanted.body if isinstance(wanted.body, bytes) else str(wanted.body or "").encode()

    reply = api.client.generic(str(wanted.method), path, body, headers={**headers, **api.headers})

    told = f"{wanted.method} {wanted.url} {body[:500]!r}: {reply.content.decode()}"
    assert reply.status_code < 500 or reply.json()["code"] in _MEANT, told
    assert reply.status_code == 204 or {"code", "msg", "data", "datetime", "ext"} == set(reply.json()), told
