"""What is announced is in the OpenAPI document, in /docs, and in generated clients."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from celeriac.command.generate.document import described_tasks
from celeriac.command.generate.module import module_text
from lab.harness.servers import running_api
from tests.http.definitions.announcer import definition, names, tell, wait_for

LINE = {
    "type": "object", "required": ["order"], "properties": {"order": {"$ref": "#/$defs/Order"}}, "additionalProperties": False,
    "$defs": {"Order": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time", "x-python": "datetime"}}}},
}  # fmt: skip
MANY = [definition(f"shop.tasks.task{number}") for number in range(40)]


@pytest.fixture(params=["none", "tasks"])
def client(request: pytest.FixtureRequest, own_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """Of an API without task modules, and of one with some."""
    with running_api(tmp_path, redis_url=own_url, tasks=request.param) as api, api.client() as client:
        yield client


def document(client: httpx.Client, path: str = "/openapi.json") -> dict[str, Any]:
    """That of the API at this path, whose references all lead to something."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    read: dict[str, Any] = response.json()
    for reference in references(read):
        part: Any = read
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    return read


def references(value: Any) -> Iterator[str]:
    """Each `$ref` in this part of a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_a_route_is_described_as_long_as_it_is_announced(client: httpx.Client, own_url: str) -> None:
    before, loaded = document(client), names(client)
    tell(own_url, "shop", definition("shop.charge", input_schema=LINE, examples=[{"order": {}}]))
    wait_for(client, *loaded, "shop.charge")
    described = document(client)
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    operation = described["paths"]["/shop.charge"]["post"]
    assert operation["operationId"] == operation["x-celeriac-definition"] == "shop.charge"
    schemas = described["components"]["schemas"]
    assert schemas["shop.charge.Input"]["properties"]["order"] == {
        "$ref": "#/components/schemas/shop.charge.Order"
    }
    assert "x-python" not in json.dumps(described)
    assert schemas["SubmissionByName"]["properties"]["name"] == {"enum": ["shop.charge"]}
    tasks, shared = described_tasks(described, source="the API")
    assert "def shop_charge" in module_text(tasks, shared)
    tell(own_url, "shop")
    wait_for(client, *loaded)
    assert document(client) == before


def test_docs_show_many_definitions_one_at_a_time(client: httpx.Client, own_url: str) -> None:
    loaded = names(client)
    assert b"docExpansion" not in client.get("/docs").content
    tell(own_url, "shop", *MANY)
    wait_for(client, *loaded, *(each.name for each in MANY))
    page = client.get("/docs", params={"task": MANY[7].name}).text
    assert f"openapi.json?task={MANY[7].name}" in page
    assert page.count("<option") == len(MANY) + len(loaded)
    offered = {f"/{name}" for name in names(client)}
    assert document(client)["paths"].keys() >= offered
    paths = {
        task: document(client, f"/openapi.json?task={task}")["paths"].keys() for task in ("", MANY[7].name)
    }
    assert paths[""] & offered == set()
    assert paths[MANY[7].name] & offered == {f"/{MANY[7].name}"}
    for task in loaded & {"add"}:
        assert document(client, f"/openapi.json?task={task}")["paths"].keys() & offered == {f"/{task}"}
