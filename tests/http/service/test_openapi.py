"""The OpenAPI document is fresh, valid and true."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from redis import Redis

from celeriac.contract.catalog import load_implementations
from celeriac.settings import Settings
from celeriac_api.app import build_app
from celeriac_api.openapi import derived
from lab.harness.checkout import ROOT
from lab.harness.servers import API
from tests.http.access.keys import Locked
from tests.http.batches.ways import BATCHES
from tests.http.files.ways import FILES
from tests.http.flow.ways import LIMITS
from tests.http.service import ways as usual
from tests.http.service.schedule_ways import SCHEDULES
from tests.http.service.ways import DOCUMENT, NAMES, Doors
from tests.http.webhooks.ways import WEBHOOKS
from tests.support.door import document, run

WAYS = usual.WAYS | BATCHES | SCHEDULES | LIMITS | WEBHOOKS | FILES

DOCUMENTED = {
    (method, path): {int(status) for status in operation["responses"]}
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture(scope="module")
def doors(
    client: httpx.Client, cut_off: httpx.Client, faulty: API, locked: Locked, redis: Redis
) -> Iterator[Doors]:
    """All of them."""
    with faulty.client() as faulty_client:
        yield Doors(client, cut_off, faulty_client, locked, redis)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The document of the tests' tasks, whose types are many."""
    return build_app(Settings.read({}), load_implementations("tests.tasks")).openapi()


def test_the_committed_file_is_the_description_of_the_code() -> None:
    assert (ROOT / "openapi.json").read_text(encoding="utf-8") == derived(), (
        "run `make openapi` and commit it"
    )


def test_the_description_that_is_served_has_every_route_of_the_catalog(client: httpx.Client) -> None:
    served = document(client.get("/openapi.json"))
    assert served["paths"].keys() >= DOCUMENT["paths"].keys() | {"/give_back", "/unserved"}


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_documented_status_has_a_way_to_it_here_and_no_other() -> None:
    assert {route: set(ways) for route, ways in WAYS.items()} == DOCUMENTED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [(method, path, status) for (method, path), ways in WAYS.items() for status in ways],
)
def test_a_documented_answer_is_given_as_it_is_documented(
    method: str, path: str, status: int, doors: Doors
) -> None:
    response = WAYS[method, path][status](doors, path)
    assert response.status_code == status, response.text
    documented = DOCUMENT["paths"][path][method]["responses"][str(status)]
    content = documented.get("content", {})
    if status in (204, 304):
        assert (content, response.content) == ({}, b"")
        return
    kinds = {kind.partition(";")[0] for kind in content}
    if method != "get":
        kinds.discard("text/event-stream")  # for who asks for it: tests/http/submit/test_submit_stream.py
    kind = response.headers["content-type"].partition(";")[0]
    if "*/*" in kinds and kind.startswith("image/"):  # a file: tests/http/files/test_out.py
        return
    assert kinds - {"*/*"} == {kind}
    if response.headers["content-type"].startswith(("text/", "application/x-ndjson")):
        return
    schema = {**content[response.headers["content-type"]]["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(document(response))
    missing = {name for name in documented.get("headers", {}) if name not in response.headers}
    assert missing <= {"Preference-Applied", "Retry-After", "Idempotent-Replayed"}


def test_a_list_of_tasks_is_one_of_whole_documents_or_of_those_without_results(client: httpx.Client) -> None:
    run(client, "add", x=4, y=5)
    of_both = DOCUMENT["components"]["schemas"]["TaskPage"]["properties"]["items"]["items"]["anyOf"]
    for query, fits in (("", [True, False]), ("?omit=result", [False, True])):
        items = document(client.get(f"/tasks{query}"))["items"]
        schemas = [{**schema, "components": DOCUMENT["components"]} for schema in of_both]
        for item in items:
            assert [Draft202012Validator(schema).is_valid(item) for schema in schemas] == fits


@pytest.mark.parametrize("name", NAMES)
def test_every_example_of_a_task_s_input_is_accepted(name: str, client: httpx.Client) -> None:
    content = DOCUMENT["paths"][f"/{name}"]["post"]["requestBody"]["content"]["application/json"]
    examples = content["schema"].get("examples") or content["examples"]
    assert examples
    for one in examples:
        assert client.post(f"/{name}", json=one).status_code == 202


def test_every_example_fits_the_schema_that_it_stands_in() -> None:
    found = list(examples_in(DOCUMENT))
    assert len(found) >= len(NAMES) + 3
    for schema, one in found:
        Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_task_is_described_by_its_own_docstring_and_types(name: str) -> None:
    definition = load_implementations("tasks")[name].definition
    operation = DOCUMENT["paths"][f"/{name}"]["post"]
    assert (operation["operationId"], operation["summary"]) == (name, definition.summary)
    reference = operation["requestBody"]["content"]["application/json"]["schema"]
    title = reference.get("$ref", "").rpartition("/")[2]
    schema = DOCUMENT["components"]["schemas"].get(title, reference)
    assert list(schema["properties"]) == list(definition.input_schema["properties"])
    assert schema["additionalProperties"] is False


def test_a_submission_answers_with_the_name_and_the_result_of_its_definition(
    described: dict[str, Any],
) -> None:
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    schemas = described["components"]["schemas"]
    for name, implementation in load_implementations("tests.tasks").items():
        operation = described["paths"][f"/{name}"]["post"]
        assert operation["x-celeriac-definition"] == name
        for status in ("200", "202"):
            answer = operation["responses"][status]["content"]["application/json"]["schema"]["$ref"]
            shared, own = schemas[answer.rpartition("/")[2]]["allOf"]
            assert shared == {"$ref": "#/components/schemas/TaskDocument"}
            assert own["properties"]["name"] == {"const": name}
            result, null = own["properties"]["result"]["anyOf"]
            assert null == {"type": "null"}
            expected = implementation.definition.output_schema
            assert "$defs" in expected or result == expected
    person = {"$ref": "#/components/schemas/Person"}  # the same as input and as result
    assert schemas["GiveBackInput"]["properties"]["person"] == person
    assert schemas["GiveBackTask"]["allOf"][1]["properties"]["result"]["anyOf"][0] == person


def test_a_decimal_has_a_format_and_bytes_are_base64_as_defaults_too(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    number, string = ({"type": kind, "format": "decimal"} for kind in ("number", "string"))
    assert schemas["GuessableInput"]["properties"]["amount"]["anyOf"] == [number, string, {"type": "null"}]
    result = schemas["ResultsOfManyTypesTask"]["allOf"][1]["properties"]["result"]["anyOf"][0]
    assert string in result["prefixItems"]
    assert schemas["WithDefaultsInput"]["properties"]["raw"]["default"] == "AA=="


def test_every_operation_has_a_name_and_a_summary_of_its_own() -> None:
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and operation["tags"] for operation in operations)


def test_the_page_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for file in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f'"static/docs/{file}"' in page.text
        assert len(client.get(f"/static/docs/{file}").content) > 10_000


def examples_in(value: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every schema with examples, and each of them."""
    if isinstance(value, dict):
        if isinstance(value.get("examples"), list):
            for one in value["examples"]:
                yield {name: part for name, part in value.items() if name != "examples"}, one
        for part in value.values():
            yield from examples_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from examples_in(part)
