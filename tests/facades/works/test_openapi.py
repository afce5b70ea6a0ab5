"""The schema of the WORKS mail API: the read side is marked as ours, and whatever it allows is answered."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings

from notifications.facades.works import docs
from tests.facades.works.conftest import Api, attachment, mail

_SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True)).include(
    tag="WORKS mail"
)
_QUICK = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


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
    assert reply.status_code < 500, told
    assert reply.status_code in (200, 202, 204) or {"code", "description"} == set(reply.json()), told


def operations() -> dict[str, Any]:
    schema = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "WORKS mail" in operation["tags"]
    }


def test_all_but_the_send_are_marked_as_extensions() -> None:
    marks = {name: operation.get("x-angarium-extension", False) for name, operation in operations().items()}

    assert len(marks) == 7
    assert [name for name, is_marked in marks.items() if not is_marked] == ["POST /v1.0/users/{user_id}/mail"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/mailfolders", docs.FOLDERS),
        ("/mailfolders/1/children", docs.LIST),
        ("/{id}", docs.DETAIL),
        ("/{id}/attachments/1", docs.ATTACHMENT),
        ("/unread-count", docs.UNREAD),
    ],
)
def test_answers_have_the_members_that_are_described(api: Api, path: str, answer: Any) -> None:
    id_ = api.send(mail(cc="ann@example.org", attachments=[attachment(inline=True, cid="x")]))["X-Message-Id"]

    shown = api.get(path.replace("{id}", id_)).json()

    assert names_in(shown) == described_by(answer["responses"][200]) - {"nextCursor"}


def names_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    return set(value).union(*map(names_in, value.values())) if isinstance(value, dict) else set()


def described_by(field: Any) -> set[str]:
    fields = getattr(getattr(field, "child", field), "fields", {})
    return set(fields).union(*map(described_by, fields.values()))
