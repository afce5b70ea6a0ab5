"""The schema and its page: what a developer reads before the first call, without any network but ours."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from notifications.facades.angus.bodies import SendBody
from notifications.models import MailServer
from tenants.models import Tenant
from tests.facades.angus.conftest import Api
from tests.factories import MailServerFactory
from tests.faults.harness.sink import Sink


@pytest.fixture(scope="module")
def schema() -> Any:
    reply = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert reply.status_code == 200
    return json.loads(reply.content)


def examples(*tags: str) -> Iterator[tuple[str, str, str, Any]]:
    """(method, path, name, body) of every example of a request under these tags."""
    for path, operations in SchemaGenerator().get_schema(request=None, public=True)["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if set(tags) & set(operation["tags"]):
                yield from ((method, path, name, each["value"]) for name, each in content.get("examples", {}).items())


def resolve(schema: Any, node: Any) -> Any:
    return resolve(schema, schema["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]]) if "$ref" in node else node


def body_schema(schema: Any) -> Any:
    operation = schema["paths"]["/api/v1/email"]["post"]
    return resolve(schema, operation["requestBody"]["content"]["application/json"]["schema"])


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))

    assert (tmp_path / "schema.yaml").stat().st_size > 0


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/email", {"get", "post", "delete"}),
        ("/api/v1/email/{message_id}", {"get"}),
        ("/api/v1/email/verificationCode/check", {"get"}),
        ("/api/v1/email/server", {"get", "post", "put", "patch", "delete"}),
        ("/api/v1/email/server/{server_id}", {"get"}),
        ("/api/v1/email/server/enabled", {"patch"}),
        ("/api/v1/email/server/check", {"get"}),
        ("/api/v1/email/server/test", {"post"}),
        ("/api/v1/email/template", {"get", "post"}),
        ("/api/v1/email/template/{template_id}", {"get", "patch"}),
        ("/api/v1/email/template/{template_id}/draft", {"put"}),
        ("/api/v1/email/template/{template_id}/publish", {"post"}),
        ("/api/v1/email/template/{template_id}/preview", {"post"}),
        ("/api/v1/email/template/{template_id}/version", {"get"}),
        ("/api/v1/email/template/{template_id}/version/{number}", {"get"}),
        ("/api/v1/suppressions", {"get", "post", "delete"}),
        ("/api/v1/suppressions/import", {"post"}),
        ("/innerapi/v1/email", {"post"}),
        ("/innerapi/v1/email/verificationCode/check", {"get"}),
    ],
)
def test_the_paths_of_the_contract_are_described(schema: Any, path: str, methods: set[str]) -> None:
    assert methods <= set(schema["paths"][path])


def test_every_operation_asks_for_the_bearer_key(schema: Any) -> None:
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path in schema["paths"].values():
        for operation in path.values():
            assert operation["security"] == [{"bearer": []}]


def test_every_member_of_a_send_is_described(schema: Any) -> None:
    properties = body_schema(schema)["properties"]

    assert set(properties) == set(SendBody().fields)
    assert not [name for name, of_member in properties.items() if "description" not in of_member]
    assert set(body_schema(schema)["required"]) == {"type", "html", "verificationCode"}


def test_the_examples_of_a_send_are_accepted(schema: Any, api: Api) -> None:
    content = schema["paths"]["/api/v1/email"]["post"]["requestBody"]["content"]["application/json"]

    replies = [api.post("/api/v1/email", example["value"]) for example in content["examples"].values()]

    assert len(replies) == 4
    assert {reply.status_code for reply in replies} == {200}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(("method", "path", "name", "body"), list(examples("Mail servers", "Templates")))
def test_the_examples_of_servers_and_templates_work(
    api: Api, tenant: Tenant, server: MailServer, method: str, path: str, name: str, body: Any
) -> None:
    with Sink() as sink:
        MailServerFactory(pk=7001, tenant=tenant, name="Spare", enabled=False, port=sink.port, host="127.0.0.1")
        if name == "The same, with its password kept":
            # What is replaced has one.
            api.patch(
                "/api/v1/email/server",
                {"id": 7001, "host": body["host"], "authAccount": {"account": "a", "password": "x"}},
            )

        reply = api.send_raw(path.replace("{template_id}", "1009"), json.dumps(body).encode(), method=method.upper())

        assert reply.json()["code"] == "S", reply.content.decode()


def test_the_page_loads_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/docs/").content.decode()
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert assets
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert all(finders.find(asset.removeprefix("/static/")) for asset in assets if asset.startswith("/static/"))
