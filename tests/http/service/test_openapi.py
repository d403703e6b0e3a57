"""The OpenAPI document is fresh, valid and true."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from redis import Redis

from celeriac.contract.catalog import load_implementations
from celeriac_api.openapi import derived
from lab.harness.checkout import ROOT
from lab.harness.servers import API
from tests.support.door import document, in_state, run, submit
from tests.support.keys import Locked

DOCUMENT: dict[str, Any] = json.loads(derived())
NAMES = list(load_implementations("tasks"))
JSON = {"Content-Type": "application/json"}
UNKNOWN = "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"


@dataclass(frozen=True)
class Doors:
    """The APIs that give between them every answer that there is."""

    works: httpx.Client
    cut_off: httpx.Client
    faulty: httpx.Client
    locked: Locked
    redis: Redis


@pytest.fixture(scope="module")
def doors(
    client: httpx.Client, cut_off: httpx.Client, faulty: API, locked: Locked, redis: Redis
) -> Iterator[Doors]:
    """All of them."""
    with faulty.client() as faulty_client:
        yield Doors(client, cut_off, faulty_client, locked, redis)


Way = Callable[[Doors, str], httpx.Response]


def ready(doors: Doors) -> str:
    """The id of a task that succeeded."""
    return str(run(doors.works, "add", x=4, y=5)["task_id"])


def failed(doors: Doors) -> str:
    """The id of a task that failed."""
    return str(run(doors.works, "fail", message="x")["task_id"])


def gone(doors: Doors) -> str:
    """The id of a task whose result was deleted."""
    task_id = ready(doors)
    doors.redis.delete(f"celery-task-meta-{task_id}")
    return task_id


def forgotten(doors: Doors) -> str:
    """The id of a task that was forgotten."""
    task_id = ready(doors)
    assert doors.works.delete(f"/tasks/{task_id}").status_code == 204
    return task_id


def unserved(doors: Doors) -> str:
    """The id of a task that nobody takes."""
    return str(submit(doors.works, "unserved")["task_id"])


def running(doors: Doors) -> str:
    """The id of a task that runs until it is cancelled."""
    task = submit(doors.works, "hold", until="/nowhere/at/all")
    return str(in_state(doors.works, task, "running")["task_id"])


def posted(client: httpx.Client, path: str, body: bytes | None = None, /, **headers: str) -> httpx.Response:
    """A submission with the documented example, or with this body."""
    return client.post(
        path, content=json.dumps(example(path)) if body is None else body, headers=JSON | headers
    )


def asked(client: httpx.Client, path: str, task_id: str, **headers: str) -> httpx.Response:
    """A GET of this task."""
    return client.get(path.replace("{task_id}", task_id), headers=headers)


def deleted(client: httpx.Client, path: str, task_id: str, **headers: str) -> httpx.Response:
    """A DELETE of this task."""
    return client.delete(path.replace("{task_id}", task_id), headers=headers)


def told(
    client: httpx.Client, path: str, task_id: str, body: bytes = b"", /, **headers: str
) -> httpx.Response:
    """A POST about this task."""
    return client.post(path.replace("{task_id}", task_id), content=body, headers=JSON | headers)


def queue_of(path: str, queue: str) -> str:
    """The path for this queue."""
    return path.replace("{queue}", queue)


def begun(client: httpx.Client, path: str) -> httpx.Response:
    """The beginning of a stream that has no end."""
    with client.stream("GET", path) as response:
        next(response.iter_lines())
        return response


def put(
    client: httpx.Client, path: str, task_id: str, body: bytes | None = None, /, **headers: str
) -> httpx.Response:
    """A submission under this id, of the documented example, or with this body."""
    content = json.dumps(example(path, "put")) if body is None else body
    return client.put(path.replace("{task_id}", task_id), content=content, headers=JSON | headers)


def example(path: str, method: str = "post") -> Any:
    """The first documented example of the body of a submission."""
    content = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]
    return (content.get("examples") or content["schema"]["examples"])[0]


def refused(method: str, key: str, doors: Doors, path: str) -> httpx.Response:
    """What this key comes to, which is not enough."""
    with doors.locked.asked(method, path, key) as response:
        response.read()
        return response


FAULT = {"X-Fault": "early"}
SUBMISSION: dict[int, Way] = {
    202: lambda doors, path: posted(doors.works, path),
    200: lambda doors, path: posted(doors.works, path, Prefer="wait=30"),
    400: lambda doors, path: posted(doors.works, path, b"{"),
    413: lambda doors, path: posted(doors.works, path, b" " * 2**21),
    415: lambda doors, path: doors.works.post(path, content=b"{}", headers={"Content-Type": "text/plain"}),
    422: lambda doors, path: posted(doors.works, path, b'{"no such member": 1}'),
    500: lambda doors, path: posted(doors.faulty, path, **FAULT),
    503: lambda doors, path: posted(doors.cut_off, path),
}
LIST: dict[int, Way] = {
    200: lambda doors, path: doors.works.get(path),
    422: lambda doors, path: doors.works.get(path, params={"limit": "all"}),
    500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    503: lambda doors, path: doors.cut_off.get(path),
}
PART: dict[int, Way] = {
    200: lambda doors, path: asked(doors.works, path, ready(doors)),
    404: lambda doors, path: asked(doors.works, path, UNKNOWN),
    410: lambda doors, path: asked(doors.works, path, forgotten(doors)),
    422: lambda doors, path: asked(doors.works, path + "?x=1", UNKNOWN),
    500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
    503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
}
LOOK: dict[int, Way] = {
    200: lambda doors, path: doors.works.get(path),
    422: lambda doors, path: doors.works.get(path, params={"x": 1}),
    500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    503: lambda doors, path: doors.cut_off.get(path),
}
QUEUE: dict[int, Way] = {
    200: lambda doors, path: doors.works.post(queue_of(path, unserved(doors) and "unserved")),
    404: lambda doors, path: doors.works.post(queue_of(path, "gpu")),
    422: lambda doors, path: doors.works.post(queue_of(path, "unserved"), params={"x": 1}),
    500: lambda doors, path: doors.faulty.post(queue_of(path, "unserved"), headers=FAULT),
    503: lambda doors, path: doors.cut_off.post(queue_of(path, "unserved")),
}
# For each route and each status that it documents: how to get it.
WAYS: dict[tuple[str, str], dict[int, Way]] = {
    ("get", "/livez"): {
        200: lambda doors, path: doors.works.get(path),
        422: lambda doors, path: doors.works.get(path, params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    },
    ("get", "/readyz"): {
        200: lambda doors, path: doors.works.get(path),
        422: lambda doors, path: doors.works.get(path, params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.get(path),
    },
    ("get", "/tasks/{task_id}"): {
        200: lambda doors, path: asked(doors.works, path, ready(doors)),
        304: lambda doors, path: asked(doors.works, path, ready(doors), **{"If-None-Match": "*"}),
        404: lambda doors, path: asked(doors.works, path, UNKNOWN),
        410: lambda doors, path: asked(doors.works, path, gone(doors)),
        422: lambda doors, path: asked(doors.works, path + "?wait=soon", UNKNOWN),
        500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks/{task_id}/result"): {
        200: lambda doors, path: asked(doors.works, path, ready(doors)),
        202: lambda doors, path: asked(doors.works, path, submit(doors.works, "unserved")["task_id"]),
        404: lambda doors, path: asked(doors.works, path, UNKNOWN),
        409: lambda doors, path: asked(doors.works, path, failed(doors)),
        410: lambda doors, path: asked(doors.works, path, gone(doors)),
        422: lambda doors, path: asked(doors.works, path + "?wait=soon", UNKNOWN),
        500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks/{task_id}/input"): PART,
    ("post", "/tasks"): {
        **SUBMISSION,
        404: lambda doors, path: posted(doors.works, path, b'{"name": "nobody", "input": {}}'),
    },
    ("put", "/tasks/{task_id}"): {
        202: lambda doors, path: put(doors.works, path, str(uuid4())),
        200: lambda doors, path: put(doors.works, path, str(uuid4()), Prefer="wait=30"),
        400: lambda doors, path: put(doors.works, path, UNKNOWN, b"{"),
        404: lambda doors, path: put(doors.works, path, UNKNOWN, b'{"name": "nobody", "input": {}}'),
        410: lambda doors, path: put(doors.works, path, forgotten(doors)),
        413: lambda doors, path: put(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: put(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        422: lambda doors, path: put(doors.works, path, unserved(doors)),
        500: lambda doors, path: put(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: put(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks"): LIST,
    ("get", "/tasks/{task_id}/events"): PART,
    ("get", "/events"): {**LOOK, 200: lambda doors, path: begun(doors.works, path)},
    ("get", "/queues"): LOOK,
    ("get", "/workers"): LOOK,
    ("get", "/metrics"): LOOK,
    ("get", "/catalog"): LOOK,
    ("get", "/queues/{queue}"): {
        200: lambda doors, path: doors.works.get(queue_of(path, "unserved")),
        404: lambda doors, path: doors.works.get(queue_of(path, "gpu")),
        422: lambda doors, path: doors.works.get(queue_of(path, "unserved"), params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(queue_of(path, "unserved"), headers=FAULT),
        503: lambda doors, path: doors.cut_off.get(queue_of(path, "unserved")),
    },
    ("post", "/queues/{queue}/purge"): QUEUE,
    ("post", "/queues/{queue}/pause"): QUEUE,
    ("post", "/queues/{queue}/resume"): QUEUE,
    ("get", "/queues/{queue}/rejected"): LIST,
    ("post", "/tasks/{task_id}/cancel"): {
        200: lambda doors, path: told(doors.works, path, unserved(doors)),
        202: lambda doors, path: told(doors.works, path, running(doors), b'{"terminate": true}'),
        400: lambda doors, path: told(doors.works, path, UNKNOWN, b"{"),
        404: lambda doors, path: told(doors.works, path, UNKNOWN),
        409: lambda doors, path: told(doors.works, path, ready(doors)),
        410: lambda doors, path: told(doors.works, path, forgotten(doors)),
        413: lambda doors, path: told(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: told(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        422: lambda doors, path: told(doors.works, path, UNKNOWN, b'{"terminate": 1}'),
        500: lambda doors, path: told(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: told(doors.cut_off, path, UNKNOWN),
    },
    ("post", "/tasks/{task_id}/retry"): {
        202: lambda doors, path: told(doors.works, path, ready(doors)),
        400: lambda doors, path: told(doors.works, path, UNKNOWN, b"{"),
        413: lambda doors, path: told(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: told(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        404: lambda doors, path: told(doors.works, path, UNKNOWN),
        409: lambda doors, path: told(doors.works, path, unserved(doors)),
        410: lambda doors, path: told(doors.works, path, forgotten(doors)),
        422: lambda doors, path: told(doors.works, path + "?x=1", UNKNOWN),
        500: lambda doors, path: told(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: told(doors.cut_off, path, UNKNOWN),
    },
    ("delete", "/tasks/{task_id}"): {
        204: lambda doors, path: deleted(doors.works, path, ready(doors)),
        404: lambda doors, path: deleted(doors.works, path, UNKNOWN),
        409: lambda doors, path: deleted(doors.works, path, unserved(doors)),
        422: lambda doors, path: deleted(doors.works, path + "?x=1", UNKNOWN),
        500: lambda doors, path: deleted(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: deleted(doors.cut_off, path, UNKNOWN),
    },
    **{("post", f"/{name}"): SUBMISSION for name in NAMES},
}
# Each route that needs a scope refuses whoever has no key, and whoever lacks the scope.
for (method, path), ways in WAYS.items():
    for security in DOCUMENT["paths"][path][method]["security"]:
        lacking = [f"lacks-{scope}" for scope in security["bearer"]]
        WAYS[method, path] = ways | {
            status: partial(refused, method, key)
            for status, key in zip((401, 403), ("none", *lacking), strict=False)
        }
DOCUMENTED = {
    (method, path): {int(status) for status in operation["responses"]}
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


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
    assert kinds == {response.headers["content-type"].partition(";")[0]}
    if response.headers["content-type"].startswith("text/"):
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
